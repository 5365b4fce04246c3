// The float32 tile kernels, written once over the instruction set. Included by tile_f32_<isa>.cc only.
#ifndef WEFT_OPS_ELEMENTWISE_TILE_F32_H_
#define WEFT_OPS_ELEMENTWISE_TILE_F32_H_

#include <cstdint>

#include "core/simd/math.h"
#include "core/simd/vec.h"
#include "ops/elementwise/tile_f32_table.h"

namespace weft::tile {

using simd::F32;
using simd::I32;
using simd::M32;

// ---- the body of each op, on vectors: named as its recording function

#define WEFT_TILE_SAME1(Function)                    \
  template <class Arch>                              \
  WEFT_SIMD_INLINE F32<Arch> Function(F32<Arch> x) { \
    return simd::Function(x);                        \
  }
#define WEFT_TILE_SAME2(Function)                                 \
  template <class Arch>                                           \
  WEFT_SIMD_INLINE F32<Arch> Function(F32<Arch> a, F32<Arch> b) { \
    return simd::Function(a, b);                                  \
  }
#define WEFT_TILE_COMPARE(Function, Simd)                         \
  template <class Arch>                                           \
  WEFT_SIMD_INLINE M32<Arch> Function(F32<Arch> a, F32<Arch> b) { \
    return simd::Simd(a, b);                                      \
  }

WEFT_TILE_SAME1(Neg)
WEFT_TILE_SAME1(Abs)
WEFT_TILE_SAME1(Sqrt)
WEFT_TILE_SAME1(Rsqrt)
WEFT_TILE_SAME1(Exp)
WEFT_TILE_SAME1(Expm1)
WEFT_TILE_SAME1(Log)
WEFT_TILE_SAME1(Log1p)
WEFT_TILE_SAME1(Sin)
WEFT_TILE_SAME1(Cos)
WEFT_TILE_SAME1(Tanh)
WEFT_TILE_SAME1(Sigmoid)
WEFT_TILE_SAME1(Erf)
WEFT_TILE_SAME1(Erfinv)
WEFT_TILE_SAME1(Softplus)
WEFT_TILE_SAME1(Relu)
WEFT_TILE_SAME1(Floor)
WEFT_TILE_SAME1(Ceil)
WEFT_TILE_SAME2(Add)
WEFT_TILE_SAME2(Sub)
WEFT_TILE_SAME2(Mul)
WEFT_TILE_SAME2(Div)
WEFT_TILE_SAME2(Mod)
WEFT_TILE_SAME2(Pow)
WEFT_TILE_COMPARE(Equal, Eq)
WEFT_TILE_COMPARE(NotEqual, Ne)
WEFT_TILE_COMPARE(Less, Lt)
WEFT_TILE_COMPARE(LessEqual, Le)
WEFT_TILE_COMPARE(Greater, Gt)
WEFT_TILE_COMPARE(GreaterEqual, Ge)

template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Sign(F32<Arch> x) {
  const F32<Arch> zero = F32<Arch>::Zero();
  const F32<Arch> one = F32<Arch>::Broadcast(1.0f);
  return simd::Select(simd::Gt(x, zero), one, simd::Select(simd::Lt(x, zero), simd::Neg(one), x));
}
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Square(F32<Arch> x) {
  return simd::Mul(x, x);
}
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Round(F32<Arch> x) {
  return simd::RoundHalfEven(x);
}
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Minimum(F32<Arch> a, F32<Arch> b) {
  return simd::Min(a, b);
}
template <class Arch>
WEFT_SIMD_INLINE F32<Arch> Maximum(F32<Arch> a, F32<Arch> b) {
  return simd::Max(a, b);
}
template <class Arch>
WEFT_SIMD_INLINE M32<Arch> IsNan(F32<Arch> x) {
  return simd::IsNan(x);
}
template <class Arch>
WEFT_SIMD_INLINE M32<Arch> IsFinite(F32<Arch> x) {
  return simd::Lt(simd::Abs(x), F32<Arch>::Broadcast(__builtin_inff()));
}

#undef WEFT_TILE_SAME1
#undef WEFT_TILE_SAME2
#undef WEFT_TILE_COMPARE

// ---- the loops

// Vectors per iteration: a few, so that loads of cheap bodies overlap. Expensive bodies overlap out of order anyway,
// and would only grow.
template <class Arch, int cycles>
inline constexpr int kStep = cycles > 6 ? 1 : 4;

template <class Arch, int cycles, class Body>
WEFT_SIMD_INLINE void Loop(int64_t n, Body body) {
  constexpr int64_t kStride = int64_t{Arch::kLanes} * kStep<Arch, cycles>;
  for (int64_t i = 0; i < n; i += kStride) {
    WEFT_UNROLL
    for (int j = 0; j < kStep<Arch, cycles>; ++j) body(i + j * Arch::kLanes);
  }
}

WEFT_SIMD_INLINE const float* In(const TileArgs& args, int i) { return static_cast<const float*>(args.in[i]); }
WEFT_SIMD_INLINE float* Out(const TileArgs& args) { return static_cast<float*>(args.out); }

#define WEFT_UNARY(Function, op, Class, Diff, ulp, cycles, formula) WEFT_UNARY_##Class(Function, cycles)
#define WEFT_UNARY_Bool(Function, cycles)
#define WEFT_UNARY_Float(Function, cycles)                                                                    \
  template <class Arch>                                                                                       \
  void Function##Tile(const TileArgs& args) {                                                                 \
    const float* x = In(args, 0);                                                                             \
    float* y = Out(args);                                                                                     \
    Loop<Arch, cycles>(                                                                                       \
        args.n, [=](int64_t i)                                                                                \
                    __attribute__((always_inline)) { tile::Function(F32<Arch>::Load(x + i)).Store(y + i); }); \
  }
#define WEFT_UNARY_Numeric(Function, cycles) WEFT_UNARY_Float(Function, cycles)
#define WEFT_BINARY(Function, op, Class, Diff, commutative, ulp, cycles, formula) WEFT_BINARY_##Class(Function, cycles)
#define WEFT_BINARY_Bool(Function, cycles)
#define WEFT_BINARY_Float(Function, cycles)                                            \
  template <class Arch>                                                                \
  void Function##Tile(const TileArgs& args) {                                          \
    const float *a = In(args, 0), *b = In(args, 1);                                    \
    float* y = Out(args);                                                              \
    Loop<Arch, cycles>(                                                                \
        args.n, [=](int64_t i) __attribute__((always_inline)) {                        \
          tile::Function(F32<Arch>::Load(a + i), F32<Arch>::Load(b + i)).Store(y + i); \
        });                                                                            \
  }
#define WEFT_BINARY_Numeric(Function, cycles) WEFT_BINARY_Float(Function, cycles)
#define WEFT_COMPARE(Function, op, commutative, cycles, formula)                                  \
  template <class Arch>                                                                           \
  void Function##Tile(const TileArgs& args) {                                                     \
    const float *a = In(args, 0), *b = In(args, 1);                                               \
    uint8_t* y = static_cast<uint8_t*>(args.out);                                                 \
    Loop<Arch, cycles>(                                                                           \
        args.n, [=](int64_t i) __attribute__((always_inline)) {                                   \
          simd::StoreBool(tile::Function(F32<Arch>::Load(a + i), F32<Arch>::Load(b + i)), y + i); \
        });                                                                                       \
  }
#define WEFT_PREDICATE(Function, op, cycles, formula)                     \
  template <class Arch>                                                   \
  void Function##Tile(const TileArgs& args) {                             \
    const float* x = In(args, 0);                                         \
    uint8_t* y = static_cast<uint8_t*>(args.out);                         \
    Loop<Arch, cycles>(                                                   \
        args.n, [=](int64_t i) __attribute__((always_inline)) {           \
          simd::StoreBool(tile::Function(F32<Arch>::Load(x + i)), y + i); \
        });                                                               \
  }
#include "ops/elementwise/elementwise_ops.inc"

// params: min, max.
template <class Arch>
void ClipTile(const TileArgs& args) {
  const float* x = In(args, 0);
  float* y = Out(args);
  const F32<Arch> low = F32<Arch>::Broadcast(static_cast<float>(args.params[0]));
  const F32<Arch> high = F32<Arch>::Broadcast(static_cast<float>(args.params[1]));
  Loop<Arch, 1>(
      args.n, [=](int64_t i) __attribute__((always_inline)) {
        simd::Min(simd::Max(F32<Arch>::Load(x + i), low), high).Store(y + i);
      });
}

template <class Arch>
void SelectTile(const TileArgs& args) {
  const uint8_t* condition = static_cast<const uint8_t*>(args.in[0]);
  const float *a = In(args, 1), *b = In(args, 2);
  float* y = Out(args);
  Loop<Arch, 1>(
      args.n, [=](int64_t i) __attribute__((always_inline)) {
        simd::Select(simd::LoadBool<Arch>(condition + i), F32<Arch>::Load(a + i), F32<Arch>::Load(b + i)).Store(y + i);
      });
}

template <class Arch>
void U8ToF32Tile(const TileArgs& args) {
  const uint8_t* x = static_cast<const uint8_t*>(args.in[0]);
  float* y = Out(args);
  Loop<Arch, 1>(
      args.n, [=](int64_t i) __attribute__((always_inline)) { simd::LoadU8<Arch>(x + i).Store(y + i); });
}

template <class Arch>
void I32ToF32Tile(const TileArgs& args) {
  const int32_t* x = static_cast<const int32_t*>(args.in[0]);
  float* y = Out(args);
  Loop<Arch, 1>(
      args.n, [=](int64_t i)
                  __attribute__((always_inline)) { simd::ConvertToF32(I32<Arch>::Load(x + i)).Store(y + i); });
}

template <class Arch>
void F32ToI32Tile(const TileArgs& args) {
  const float* x = In(args, 0);
  int32_t* y = static_cast<int32_t*>(args.out);
  Loop<Arch, 1>(
      args.n, [=](int64_t i)
                  __attribute__((always_inline)) { simd::ConvertToI32(F32<Arch>::Load(x + i)).Store(y + i); });
}

template <class Arch>
void F32ToBoolTile(const TileArgs& args) {
  const float* x = In(args, 0);
  uint8_t* y = static_cast<uint8_t*>(args.out);
  Loop<Arch, 1>(
      args.n, [=](int64_t i) __attribute__((always_inline)) {
        simd::StoreBool(simd::Ne(F32<Arch>::Load(x + i), F32<Arch>::Zero()), y + i);
      });
}

// ---- several ops in one pass: half the time of cheap ops goes into loads and stores

template <int first, class Arch>
WEFT_SIMD_INLINE F32<Arch> First(F32<Arch> a, F32<Arch> b) {
  if constexpr (first == kFirstAdd) return simd::Add(a, b);
  if constexpr (first == kFirstSub) return simd::Sub(a, b);
  if constexpr (first == kFirstMul) return simd::Mul(a, b);
}

template <int next>
inline constexpr bool kHasOperand = next < kNextRelu;

// c: the elements of its operand; not read if it has none.
template <int next, class Arch>
WEFT_SIMD_INLINE F32<Arch> Next(F32<Arch> t, const float* c) {
  if constexpr (next == kNextAdd) return simd::Add(t, F32<Arch>::Load(c));
  if constexpr (next == kNextSub) return simd::Sub(t, F32<Arch>::Load(c));
  if constexpr (next == kNextReverseSub) return simd::Sub(F32<Arch>::Load(c), t);
  if constexpr (next == kNextMul) return simd::Mul(t, F32<Arch>::Load(c));
  if constexpr (next == kNextRelu) return simd::Relu(t);
  if constexpr (next == kNextSquare) return simd::Mul(t, t);
}

template <class Arch, int first, int second>
void Chain2Tile(const TileArgs& args) {
  const float *a = In(args, 0), *b = In(args, 1), *c = In(args, 2);
  float* y = Out(args);
  Loop<Arch, 1>(
      args.n, [=](int64_t i) __attribute__((always_inline)) {
        Next<second>(First<first>(F32<Arch>::Load(a + i), F32<Arch>::Load(b + i)), c + i).Store(y + i);
      });
}

template <class Arch, int first, int second, int third>
void Chain3Tile(const TileArgs& args) {
  const float *a = In(args, 0), *b = In(args, 1), *c = In(args, 2);
  const float* d = In(args, kHasOperand<second> ? 3 : 2);
  float* y = Out(args);
  Loop<Arch, 1>(
      args.n, [=](int64_t i) __attribute__((always_inline)) {
        const F32<Arch> t = Next<second>(First<first>(F32<Arch>::Load(a + i), F32<Arch>::Load(b + i)), c + i);
        Next<third>(t, d + i).Store(y + i);
      });
}

#define WEFT_COMPARE(Function, op, commutative, cycles, formula)                                      \
  template <class Arch>                                                                               \
  void SelectIf##Function##Tile(const TileArgs& args) {                                               \
    const float *a = In(args, 0), *b = In(args, 1), *c = In(args, 2), *d = In(args, 3);               \
    float* y = Out(args);                                                                             \
    Loop<Arch, 1>(                                                                                    \
        args.n, [=](int64_t i) __attribute__((always_inline)) {                                       \
          const M32<Arch> condition = tile::Function(F32<Arch>::Load(a + i), F32<Arch>::Load(b + i)); \
          simd::Select(condition, F32<Arch>::Load(c + i), F32<Arch>::Load(d + i)).Store(y + i);       \
        });                                                                                           \
  }
#include "ops/elementwise/elementwise_ops.inc"

template <class Arch, int first, int second>
constexpr void EnterChains(TileF32Table& table) {
  table.chain2[first][second] = &Chain2Tile<Arch, first, second>;
  TileFn* row = table.chain3[first][second];
  row[kNextAdd] = &Chain3Tile<Arch, first, second, kNextAdd>;
  row[kNextSub] = &Chain3Tile<Arch, first, second, kNextSub>;
  row[kNextReverseSub] = &Chain3Tile<Arch, first, second, kNextReverseSub>;
  row[kNextMul] = &Chain3Tile<Arch, first, second, kNextMul>;
  row[kNextRelu] = &Chain3Tile<Arch, first, second, kNextRelu>;
  row[kNextSquare] = &Chain3Tile<Arch, first, second, kNextSquare>;
}

template <class Arch, int first>
constexpr void EnterChains(TileF32Table& table) {
  EnterChains<Arch, first, kNextAdd>(table);
  EnterChains<Arch, first, kNextSub>(table);
  EnterChains<Arch, first, kNextReverseSub>(table);
  EnterChains<Arch, first, kNextMul>(table);
  EnterChains<Arch, first, kNextRelu>(table);
  EnterChains<Arch, first, kNextSquare>(table);
}

}  // namespace weft::tile

#include "ops/elementwise/straight_f32.h"

namespace weft::tile {

// ---- the table. Logic has no float32 kernel, cast has several.

template <class Arch>
constexpr TileF32Table MakeTable() {
  TileF32Table table{};
#define WEFT_UNARY(Function, op, Class, Diff, ulp, cycles, formula) WEFT_ENTER_##Class(Function)
#define WEFT_BINARY(Function, op, Class, Diff, commutative, ulp, cycles, formula) WEFT_ENTER_##Class(Function)
#define WEFT_COMPARE(Function, op, commutative, cycles, formula) WEFT_ENTER_Float(Function)
#define WEFT_PREDICATE(Function, op, cycles, formula) WEFT_ENTER_Float(Function)
#define WEFT_ENTER_Bool(Function)
#define WEFT_ENTER_Float(Function) table.ops[k##Function##Op] = &Function##Tile<Arch>;
#define WEFT_ENTER_Numeric(Function) WEFT_ENTER_Float(Function)
#include "ops/elementwise/elementwise_ops.inc"
  WEFT_ENTER_Float(Clip) WEFT_ENTER_Float(Select)
#undef WEFT_ENTER_Bool
#undef WEFT_ENTER_Float
#undef WEFT_ENTER_Numeric
      table.u8_to_f32 = &U8ToF32Tile<Arch>;
  table.i32_to_f32 = &I32ToF32Tile<Arch>;
  table.f32_to_i32 = &F32ToI32Tile<Arch>;
  table.f32_to_bool = &F32ToBoolTile<Arch>;
  EnterChains<Arch, kFirstAdd>(table);
  EnterChains<Arch, kFirstSub>(table);
  EnterChains<Arch, kFirstMul>(table);
#define WEFT_COMPARE(Function, op, commutative, cycles, formula) \
  table.select_if[k##Function##Op - kEqualOp] = &SelectIf##Function##Tile<Arch>;
#include "ops/elementwise/elementwise_ops.inc"
  EnterStraight<Arch>(table.straight, std::make_integer_sequence<int, kNumStraight>());
  return table;
}

#undef WEFT_UNARY_Bool
#undef WEFT_UNARY_Float
#undef WEFT_UNARY_Numeric
#undef WEFT_BINARY_Bool
#undef WEFT_BINARY_Float
#undef WEFT_BINARY_Numeric

}  // namespace weft::tile

#endif  // WEFT_OPS_ELEMENTWISE_TILE_F32_H_
