// The table of float32 tile kernels that each instruction set's file defines. No Abseil, no containers.
#ifndef WEFT_OPS_ELEMENTWISE_TILE_F32_TABLE_H_
#define WEFT_OPS_ELEMENTWISE_TILE_F32_TABLE_H_

#include "graph/ir/tile.h"
#include "ops/elementwise/op_list.h"
#include "ops/elementwise/straight.h"

namespace weft {

// What a chain may be made of: t = first(a, b), then one or two of next(t, c) or next(t).
enum ChainFirst : int { kFirstAdd, kFirstSub, kFirstMul, kNumChainFirst };
enum ChainNext : int { kNextAdd, kNextSub, kNextReverseSub, kNextMul, kNextRelu, kNextSquare, kNumChainNext };
inline constexpr int kNumComparisons = kGreaterEqualOp - kEqualOp + 1;

struct TileF32Table {
  // By ElementwiseOp. Operands float32; result float32, or bool of comparisons and predicates. kSelectOp: branches and
  // result of any dtype of 4 bytes. kCastOp is null: see below.
  TileFn ops[kNumElementwiseOps];
  TileFn u8_to_f32;  // bools too
  TileFn i32_to_f32;
  TileFn f32_to_i32;
  TileFn f32_to_bool;
  // Several ops in one pass, each rounded as alone. Operands: a, b, then those of the next ops that have one.
  TileFn chain2[kNumChainFirst][kNumChainNext];
  TileFn chain3[kNumChainFirst][kNumChainNext][kNumChainNext];
  // select(a <compare> b, c, d), by the comparison's ElementwiseOp - kEqualOp.
  TileFn select_if[kNumComparisons];
  // Whole programs, by their place in kStraightTexts.
  StraightFn straight[kNumStraight];
};

const TileF32Table& TileF32Baseline();
const TileF32Table& TileF32Avx2();
const TileF32Table& TileF32Avx512();

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_TILE_F32_TABLE_H_
