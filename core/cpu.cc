#include "core/cpu.h"

#include <algorithm>
#include <cstdlib>

#include "core/status.h"

namespace weft {

absl::string_view Name(Isa isa) {
  switch (isa) {
    case Isa::kBaseline:
      return "baseline";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
  }
  return "<invalid isa>";
}

absl::StatusOr<Isa> ParseIsa(absl::string_view name) {
  for (Isa isa : {Isa::kBaseline, Isa::kAvx2, Isa::kAvx512}) {
    if (name == Name(isa)) return isa;
  }
  return InvalidArgument("unknown instruction set \"", name.substr(0, 32), "\", expected baseline, avx2 or avx512");
}

Isa DetectIsa() {
  // The builtin reads XCR0 too: a level counts only if the operating system saves its registers.
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return Isa::kBaseline;
  // Every processor with bw, dq and vl has cd; xsimd's avx512 levels are compiled with it.
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return Isa::kAvx512;
  }
  return Isa::kAvx2;
}

absl::StatusOr<Isa> IsaFromEnvironment() {
  const char* cap = std::getenv("WEFT_ISA");
  if (cap == nullptr || *cap == '\0') return DetectIsa();
  absl::StatusOr<Isa> isa = ParseIsa(cap);
  if (!isa.ok()) return Annotate(isa.status(), "environment variable WEFT_ISA");
  return std::min(*isa, DetectIsa());
}

Isa DefaultIsa() {
  static const Isa isa = IsaFromEnvironment().value_or(DetectIsa());
  return isa;
}

std::vector<Isa> HostIsas() {
  std::vector<Isa> isas;
  for (Isa isa : {Isa::kBaseline, Isa::kAvx2, Isa::kAvx512}) {
    if (isa <= DetectIsa()) isas.push_back(isa);
  }
  return isas;
}

}  // namespace weft
