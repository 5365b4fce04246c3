// Target: what a program is optimized and compiled for. Explicit, so that nothing depends on the host by accident.
#ifndef WEFT_GRAPH_EXEC_TARGET_H_
#define WEFT_GRAPH_EXEC_TARGET_H_

#include <cstdint>

#include "core/cpu.h"

namespace weft {

struct Target {
  Isa isa = Isa::kBaseline;
  int threads = 1;              // most shares that a kernel is cut into; the results do not depend on it
  int64_t l1_bytes = 32 << 10;  // per core
  int64_t l2_bytes = 1 << 20;
  // Cut every kernel into as many shares as it has rows for (up to `threads`), however small the work: for tests.
  bool force_shares = false;

  // DefaultIsa() and `threads` (0: all processors this process may use).
  static Target Host(int threads = 0);
};

}  // namespace weft

#endif  // WEFT_GRAPH_EXEC_TARGET_H_
