// Instruction-set levels, chosen at run time. Every level gives the same bits; a higher one is faster.
#ifndef WEFT_CORE_CPU_H_
#define WEFT_CORE_CPU_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weft {

enum class Isa : uint8_t { kBaseline, kAvx2, kAvx512 };  // in ascending order of capability

absl::string_view Name(Isa isa);  // "baseline", "avx2", "avx512"
absl::StatusOr<Isa> ParseIsa(absl::string_view name);

// What the processor and the operating system support, without any cap.
Isa DetectIsa();
// DetectIsa(), capped by the environment variable WEFT_ISA. InvalidArgument if that is set (and not empty) to anything
// but a level's name, so that a binary can say so.
absl::StatusOr<Isa> IsaFromEnvironment();
// The same, DetectIsa() in place of an error. Read once per process.
Isa DefaultIsa();
// All levels up to DetectIsa(), ascending: what a test runs through.
std::vector<Isa> HostIsas();

}  // namespace weft

#endif  // WEFT_CORE_CPU_H_
