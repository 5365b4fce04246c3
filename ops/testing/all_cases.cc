#include "ops/testing/all_cases.h"

#include "ops/conv/cases.h"
#include "ops/dense/cases.h"
#include "ops/elementwise/cases.h"
#include "ops/norm/cases.h"
#include "ops/pool/cases.h"
#include "ops/random/cases.h"
#include "ops/reduce/cases.h"
#include "ops/shape/cases.h"
#include "ops/softmax/cases.h"

namespace weft {

std::vector<OpCase> AllCases() {
  std::vector<OpCase> cases;
  AddElementwiseCases(cases);
  AddShapeCases(cases);
  AddReduceCases(cases);
  AddSoftmaxCases(cases);
  AddRandomCases(cases);
  AddDenseCases(cases);
  AddNormCases(cases);
  AddConvCases(cases);
  AddPoolCases(cases);
  return cases;
}

}  // namespace weft
