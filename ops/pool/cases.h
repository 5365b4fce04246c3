// The family's cases: see ops/testing/op_case.h.
#ifndef WEFT_OPS_POOL_CASES_H_
#define WEFT_OPS_POOL_CASES_H_

#include <vector>

#include "ops/testing/op_case.h"

namespace weft {

void AddPoolCases(std::vector<OpCase>& cases);

}  // namespace weft

#endif  // WEFT_OPS_POOL_CASES_H_
