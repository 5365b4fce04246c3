// What a tile kernel of an elementwise op is called with. Apart from op_def.h so that kernel files, which are compiled
// for one instruction set each, include neither Abseil nor the standard containers.
#ifndef WEFT_GRAPH_IR_TILE_H_
#define WEFT_GRAPH_IR_TILE_H_

#include <cstdint>

namespace weft {

struct TileArgs {
  void* out;
  const void* in[4];
  int64_t n;             // a multiple of 64; all pointers hold at least n elements
  const double* params;  // TileKernel::params
};
// out may be equal to an input of the same element size; otherwise no overlap.
using TileFn = void (*)(const TileArgs& args);

}  // namespace weft

#endif  // WEFT_GRAPH_IR_TILE_H_
