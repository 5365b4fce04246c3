#ifndef WEFT_OPS_NORM_CASES_H_
#define WEFT_OPS_NORM_CASES_H_

#include <vector>

#include "ops/testing/op_case.h"

namespace weft {

// Compositions: for the sweeps they are cases of ops that they record.
void AddNormCases(std::vector<OpCase>& cases);

}  // namespace weft

#endif  // WEFT_OPS_NORM_CASES_H_
