// Tile kernels of the elementwise ops: one function per op and dtype that runs n elements (a multiple of 64) held in
// L1.
//
// float32 kernels exist once per instruction set (tile_f32.h is their body); integers, bools and the rarer conversions
// are portable loops. float64 has none: it runs on the reference.
#ifndef WEFT_OPS_ELEMENTWISE_TILES_H_
#define WEFT_OPS_ELEMENTWISE_TILES_H_

#include "core/cpu.h"
#include "graph/ir/op_def.h"
#include "ops/elementwise/op_list.h"
#include "ops/elementwise/tile_f32_table.h"

namespace weft {

// ElementwiseTrait::select of each op.
template <ElementwiseOp op>
TileKernel SelectTile(const TileRequest& request);

// The float32 kernels of an instruction set.
const TileF32Table& TileF32For(Isa isa);

// The kernel of `op` for operands of this dtype other than float32 (for select: of its branches), or null.
TileFn PortableTile(ElementwiseOp op, DType dtype);
// Conversions that no TileF32Table has, or null.
TileFn PortableCast(DType from, DType to);

// ---- for tile programs
// n elements of `size` bytes (1, 4 or 8) copied; REQUIRES: one operand.
TileFn CopyTile(int64_t size);
// n elements of `size` bytes set to the one at `value`.
void FillTile(void* out, const void* value, int64_t size, int64_t n);

#define WEFT_DECLARE_SELECT(Function) \
  extern template TileKernel SelectTile<k##Function##Op>(const TileRequest& request);
#define WEFT_UNARY(Function, op, Class, Diff, ulp, cycles, formula) WEFT_DECLARE_SELECT(Function)
#define WEFT_BINARY(Function, op, Class, Diff, commutative, ulp, cycles, formula) WEFT_DECLARE_SELECT(Function)
#define WEFT_COMPARE(Function, op, commutative, cycles, formula) WEFT_DECLARE_SELECT(Function)
#define WEFT_PREDICATE(Function, op, cycles, formula) WEFT_DECLARE_SELECT(Function)
#define WEFT_SPECIAL(Function, op, cycles) WEFT_DECLARE_SELECT(Function)
#include "ops/elementwise/elementwise_ops.inc"
#undef WEFT_DECLARE_SELECT

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_TILES_H_
