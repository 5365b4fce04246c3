// The kernel of a straight program, for one instruction set. Included by tile_f32.h only.
#ifndef WEFT_OPS_ELEMENTWISE_STRAIGHT_F32_H_
#define WEFT_OPS_ELEMENTWISE_STRAIGHT_F32_H_

#include <cstdint>
#include <utility>

#include "ops/elementwise/straight.h"

namespace weft::tile {

template <class Arch, int kOp>
WEFT_SIMD_INLINE F32<Arch> StraightStep(F32<Arch> a, [[maybe_unused]] F32<Arch> b) {
#define WEFT_UNARY(Function, name, Class, Diff, ulp, cycles, formula) WEFT_UNARY_STEP_##Class(Function)
#define WEFT_UNARY_STEP_Bool(Function)
#define WEFT_UNARY_STEP_Float(Function) \
  if constexpr (kOp == k##Function##Op) return tile::Function(a);
#define WEFT_UNARY_STEP_Numeric(Function) WEFT_UNARY_STEP_Float(Function)
#define WEFT_BINARY(Function, name, Class, Diff, commutative, ulp, cycles, formula) WEFT_BINARY_STEP_##Class(Function)
#define WEFT_BINARY_STEP_Bool(Function)
#define WEFT_BINARY_STEP_Float(Function) \
  if constexpr (kOp == k##Function##Op) return tile::Function(a, b);
#define WEFT_BINARY_STEP_Numeric(Function) WEFT_BINARY_STEP_Float(Function)
#include "ops/elementwise/elementwise_ops.inc"
#undef WEFT_UNARY_STEP_Bool
#undef WEFT_UNARY_STEP_Float
#undef WEFT_UNARY_STEP_Numeric
#undef WEFT_BINARY_STEP_Bool
#undef WEFT_BINARY_STEP_Float
#undef WEFT_BINARY_STEP_Numeric
}

// A program's values for one vector of elements. Every index is a constant, so they are registers.
template <class Arch, int kIndex>
struct StraightValues {
  static constexpr const StraightProgram& kProgram = kStraight<kIndex>;
  F32<Arch> inputs[kProgram.num_inputs];
  F32<Arch> results[kProgram.num_ops];

  template <int i, bool kSecond>
  WEFT_SIMD_INLINE F32<Arch> Operand(const F32<Arch>* constants) const {
    constexpr StraightOperand kOperand = kSecond ? kProgram.ops[i].b : kProgram.ops[i].a;
    if constexpr (kOperand.kind == 'i') return inputs[kOperand.index];
    if constexpr (kOperand.kind == 'c') return constants[kOperand.index];
    if constexpr (kOperand.kind == 't') return results[kOperand.index];
    if constexpr (kOperand.kind == 0 && kSecond) return F32<Arch>::Zero();  // of an op with one operand
  }
  template <int... i>
  WEFT_SIMD_INLINE void Compute(const F32<Arch>* constants, std::integer_sequence<int, i...>) {
    ((results[i] = StraightStep<Arch, kProgram.ops[i].op>(Operand<i, false>(constants), Operand<i, true>(constants))),
     ...);
  }
};

template <class Arch, int kIndex>
void StraightTile(const StraightArgs& args) {
  static constexpr const StraightProgram& kProgram = kStraight<kIndex>;
  F32<Arch> constants[kProgram.num_constants + 1];
  WEFT_UNROLL
  for (int c = 0; c < kProgram.num_constants; ++c) constants[c] = F32<Arch>::Broadcast(args.constants[c]);
  const float* in[kProgram.num_inputs];
  WEFT_UNROLL
  for (int k = 0; k < kProgram.num_inputs; ++k) in[k] = args.in[k];
  for (int64_t i = 0; i < args.n; i += Arch::kLanes) {
    StraightValues<Arch, kIndex> values;
    WEFT_UNROLL
    for (int k = 0; k < kProgram.num_inputs; ++k) values.inputs[k] = F32<Arch>::Load(in[k] + i * args.step[k]);
    values.Compute(constants, std::make_integer_sequence<int, kProgram.num_ops>());
    WEFT_UNROLL
    for (int k = 0; k < kProgram.num_outputs; ++k) values.results[kProgram.outputs[k]].Store(args.out[k] + i);
  }
}

template <class Arch, int... kIndex>
constexpr void EnterStraight(StraightFn* table, std::integer_sequence<int, kIndex...>) {
  ((table[kIndex] = &StraightTile<Arch, kIndex>), ...);
}

}  // namespace weft::tile

#endif  // WEFT_OPS_ELEMENTWISE_STRAIGHT_F32_H_
