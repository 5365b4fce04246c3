#include "ops/testing/family_sweep.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/cpu.h"
#include "ops/testing/gradient_sweep.h"
#include "ops/testing/kernel_sweep.h"

namespace weft {
namespace {

std::vector<OpCase> Cases(AddCases add) {
  std::vector<OpCase> cases;
  add(cases);
  return cases;
}

// A failure begins with the op's name. One that names no op is everyone's.
std::string OfFamily(const OpRegistry& registry, absl::string_view family, const std::vector<std::string>& failures) {
  std::string own;
  const std::vector<const OpDef*> ops = registry.ops();
  if (std::none_of(ops.begin(), ops.end(), [&](const OpDef* op) { return op->family == family; })) {
    absl::StrAppend(&own, "the registry has no op of family '", family, "'\n");
  }
  for (const std::string& failure : failures) {
    const OpDef* op = registry.Find(failure.substr(0, failure.find_first_of("/:")));
    if (op == nullptr || op->family == family) absl::StrAppend(&own, failure, "\n");
  }
  return own;
}

}  // namespace

std::string SweepFamilyGradients(const OpRegistry& registry, absl::string_view family, AddCases add) {
  return OfFamily(registry, family, SweepGradients(registry, Cases(add)));
}

std::string SweepFamilyKernels(const OpRegistry& registry, absl::string_view family, AddCases add) {
  return OfFamily(registry, family, SweepKernels(registry, Cases(add), HostIsas()));
}

}  // namespace weft
