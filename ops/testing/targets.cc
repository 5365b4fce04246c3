#include "ops/testing/targets.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "core/cpu.h"

namespace weft {

Target TargetOf(Isa isa, int shares) {
  Target target;
  target.isa = isa;
  target.threads = shares;
  target.force_shares = true;
  return target;
}

std::vector<Target> TargetsToTest() {
  std::vector<Target> targets;
  for (Isa isa : HostIsas()) {
    for (int shares : {1, 2, 3, 8}) targets.push_back(TargetOf(isa, shares));
  }
  return targets;
}

std::string Describe(const Target& target) { return absl::StrCat(Name(target.isa), ", ", target.threads, " shares"); }

Tensor RandomTensor(absl::Span<const int64_t> dims, uint32_t seed, float low, float high) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> uniform(low, high);
  Tensor t = *Tensor::Create(DType::kFloat32, dims);
  for (float& x : t.mutable_data<float>()) x = uniform(engine);
  return t;
}

}  // namespace weft
