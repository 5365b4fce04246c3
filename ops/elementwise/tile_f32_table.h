// The table of float32 tile kernels that each instruction set's file defines. No Abseil, no containers.
#ifndef WEFT_OPS_ELEMENTWISE_TILE_F32_TABLE_H_
#define WEFT_OPS_ELEMENTWISE_TILE_F32_TABLE_H_

#include "graph/ir/tile.h"
#include "ops/elementwise/op_list.h"

namespace weft {

struct TileF32Table {
  // By ElementwiseOp. Operands float32; result float32, or bool of comparisons and predicates. kSelectOp: branches and
  // result of any dtype of 4 bytes. kCastOp is null: see below.
  TileFn ops[kNumElementwiseOps];
  TileFn u8_to_f32;  // bools too
  TileFn i32_to_f32;
  TileFn f32_to_i32;
  TileFn f32_to_bool;
};

const TileF32Table& TileF32Baseline();
const TileF32Table& TileF32Avx2();
const TileF32Table& TileF32Avx512();

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_TILE_F32_TABLE_H_
