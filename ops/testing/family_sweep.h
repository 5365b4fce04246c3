// The sweeps over the cases of one family, for the tests beside it.
#ifndef WEFT_OPS_TESTING_FAMILY_SWEEP_H_
#define WEFT_OPS_TESTING_FAMILY_SWEEP_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "graph/ir/registry.h"
#include "ops/testing/op_case.h"

namespace weft {

// <family>/cases.h
using AddCases = void (*)(std::vector<OpCase>& cases);

// What SweepGradients, resp. SweepKernels at every level of the host, say of this family's ops: "" if nothing is wrong,
// else a line each. The registry may have ops of other families, for which there are no cases here.
std::string SweepFamilyGradients(const OpRegistry& registry, absl::string_view family, AddCases add);
std::string SweepFamilyKernels(const OpRegistry& registry, absl::string_view family, AddCases add);

}  // namespace weft

#endif  // WEFT_OPS_TESTING_FAMILY_SWEEP_H_
