// The test cases of this family's ops (ops/testing/op_case.h).
#ifndef WEFT_OPS_SOFTMAX_CASES_H_
#define WEFT_OPS_SOFTMAX_CASES_H_

#include <vector>

#include "ops/testing/op_case.h"

namespace weft {

void AddSoftmaxCases(std::vector<OpCase>& cases);

}  // namespace weft

#endif  // WEFT_OPS_SOFTMAX_CASES_H_
