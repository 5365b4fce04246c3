// The cases of all ops that Weft ships.
#ifndef WEFT_OPS_TESTING_ALL_CASES_H_
#define WEFT_OPS_TESTING_ALL_CASES_H_

#include <vector>

#include "ops/testing/op_case.h"

namespace weft {

std::vector<OpCase> AllCases();

}  // namespace weft

#endif  // WEFT_OPS_TESTING_ALL_CASES_H_
