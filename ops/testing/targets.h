// What kernels are run for in tests.
#ifndef WEFT_OPS_TESTING_TARGETS_H_
#define WEFT_OPS_TESTING_TARGETS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "core/tensor.h"
#include "graph/exec/target.h"

namespace weft {

// This level, with so many shares whatever the work.
Target TargetOf(Isa isa, int shares);
// All ISA levels of the host, each with 1, 2, 3 and 8 forced shares.
std::vector<Target> TargetsToTest();
std::string Describe(const Target& target);  // "avx2, 3 shares"

// Float32 elements uniform in [low, high).
Tensor RandomTensor(absl::Span<const int64_t> dims, uint32_t seed, float low = -1, float high = 1);

}  // namespace weft

#endif  // WEFT_OPS_TESTING_TARGETS_H_
