// The body of kernels_<isa>.cc: the tables of kernels.h over TargetArch. Not a header to include elsewhere.
#include <cstdint>

#include "core/simd/arch.h"
#include "core/simd/math.h"
#include "core/simd/sum.h"
#include "core/simd/testing/kernels.h"
#include "core/simd/transpose.h"
#include "core/simd/vec.h"

namespace weft::simd::testing {
namespace {

using A = TargetArch;
constexpr int kLanes = A::kLanes;

// Calls body(i, m) for each vector: m elements from i.
#define WEFT_TEST_LOOP(n) for (int64_t i = 0, m; m = (n)-i < kLanes ? (n)-i : kLanes, m > 0; i += kLanes)

WEFT_SIMD_INLINE F32<A> Get(const float* x, int64_t m) { return m == kLanes ? F32<A>::Load(x) : F32<A>::LoadN(x, m); }
WEFT_SIMD_INLINE void Put(F32<A> v, float* y, int64_t m) { m == kLanes ? v.Store(y) : v.StoreN(y, m); }
WEFT_SIMD_INLINE M32<A> GetBool(const uint8_t* x, int64_t m) {
  return m == kLanes ? LoadBool<A>(x) : LoadBoolN<A>(x, m);
}
WEFT_SIMD_INLINE void PutBool(M32<A> v, uint8_t* y, int64_t m) { m == kLanes ? StoreBool(v, y) : StoreBoolN(v, y, m); }

#define WEFT_TEST_UNARY(F)                                                                             \
  {                                                                                                    \
#F, [](const float* x, float* y, int64_t n) { WEFT_TEST_LOOP(n) Put(F(Get(x + i, m)), y + i, m); } \
  }
#define WEFT_TEST_BINARY(F)                                                               \
  {                                                                                       \
#F, [](const float* a, const float* b, float* y,                                        \
           int64_t n) { WEFT_TEST_LOOP(n)                                                   \
                        Put(F(Get(a + i, m), Get(b + i, m)), y + i, m); } \
  }
#define WEFT_TEST_TERNARY(F)                                                                             \
  {                                                                                                      \
#F, [](const float* a, const float* b, const float* c, float* y,                                       \
           int64_t n) { WEFT_TEST_LOOP(n)                                                                  \
                        Put(F(Get(a + i, m), Get(b + i, m), Get(c + i, m)), y + i, m); } \
  }
#define WEFT_TEST_COMPARE(F)                                                                  \
  {                                                                                           \
#F, [](const float* a, const float* b, uint8_t* y,                                          \
           int64_t n) { WEFT_TEST_LOOP(n)                                                       \
                        PutBool(F(Get(a + i, m), Get(b + i, m)), y + i, m); } \
  }
#define WEFT_TEST_INT(NAME, EXPRESSION)                                   \
  {                                                                       \
    NAME, [](const int32_t* p, const int32_t* q, int32_t* y, int64_t n) { \
      for (int64_t i = 0; i < n; i += kLanes) {                           \
        const I32<A> a = I32<A>::Load(p + i);                             \
        [[maybe_unused]] const I32<A> b = I32<A>::Load(q + i);            \
        (EXPRESSION).Store(y + i);                                        \
      }                                                                   \
    }                                                                     \
  }

const Unary kUnary[] = {
    WEFT_TEST_UNARY(Exp),    WEFT_TEST_UNARY(Expm1),         WEFT_TEST_UNARY(Log),      WEFT_TEST_UNARY(Log1p),
    WEFT_TEST_UNARY(Tanh),   WEFT_TEST_UNARY(Sigmoid),       WEFT_TEST_UNARY(Softplus), WEFT_TEST_UNARY(Erf),
    WEFT_TEST_UNARY(Erfinv), WEFT_TEST_UNARY(Sin),           WEFT_TEST_UNARY(Cos),      WEFT_TEST_UNARY(Rsqrt),
    WEFT_TEST_UNARY(Sqrt),   WEFT_TEST_UNARY(Floor),         WEFT_TEST_UNARY(Ceil),     WEFT_TEST_UNARY(Trunc),
    WEFT_TEST_UNARY(Relu),   WEFT_TEST_UNARY(RoundHalfEven), {nullptr, nullptr}};

const Unary kBits[] = {WEFT_TEST_UNARY(Neg), WEFT_TEST_UNARY(Abs), {nullptr, nullptr}};

const Binary kBinary[] = {WEFT_TEST_BINARY(Add),      WEFT_TEST_BINARY(Sub), WEFT_TEST_BINARY(Mul),
                          WEFT_TEST_BINARY(Div),      WEFT_TEST_BINARY(Min), WEFT_TEST_BINARY(Max),
                          WEFT_TEST_BINARY(CopySign), WEFT_TEST_BINARY(Pow), WEFT_TEST_BINARY(Mod),
                          WEFT_TEST_BINARY(Fmod),     {nullptr, nullptr}};

const Ternary kTernary[] = {WEFT_TEST_TERNARY(Fma), WEFT_TEST_TERNARY(Fnma), {nullptr, nullptr}};

const Compare kCompare[] = {WEFT_TEST_COMPARE(Eq), WEFT_TEST_COMPARE(Ne), WEFT_TEST_COMPARE(Lt), WEFT_TEST_COMPARE(Le),
                            WEFT_TEST_COMPARE(Gt), WEFT_TEST_COMPARE(Ge), {nullptr, nullptr}};

const Row kRow[] = {{"SumRow", [](const float* x, int64_t n) { return SumRow<A>(x, n); }},
                    {"SumSquaresRow", [](const float* x, int64_t n) { return SumSquaresRow<A>(x, n); }},
                    {"MaxRow", [](const float* x, int64_t n) { return MaxRow<A>(x, n); }},
                    {"MinRow", [](const float* x, int64_t n) { return MinRow<A>(x, n); }},
                    {nullptr, nullptr}};

const IntBinary kIntBinary[] = {WEFT_TEST_INT("Add", Add(a, b)),
                                WEFT_TEST_INT("Sub", Sub(a, b)),
                                WEFT_TEST_INT("And", And(a, b)),
                                WEFT_TEST_INT("Or", Or(a, b)),
                                WEFT_TEST_INT("Xor", Xor(a, b)),
                                WEFT_TEST_INT("ShiftLeft<5>", ShiftLeft<5>(a)),
                                WEFT_TEST_INT("ShiftRight<5>", ShiftRight<5>(a)),
                                WEFT_TEST_INT("ShiftRightLogical<5>", ShiftRightLogical<5>(a)),
                                WEFT_TEST_INT("Eq", Select(Eq(a, b), a, I32<A>::Broadcast(7))),
                                WEFT_TEST_INT("Gt", Select(Gt(a, b), a, b)),
                                WEFT_TEST_INT("Lt", Select(Lt(a, b), a, b)),
                                {nullptr, nullptr}};

float SumOfExp(const float* x, int64_t n) {
  Lanes64<A> sum = Lanes64<A>::Fill(-0.0f);
  int64_t i = 0;
  for (; i + 64 <= n; i += 64) {
    WEFT_UNROLL
    for (int k = 0; k < Lanes64<A>::kVectors; ++k) sum.Add(k, Exp(F32<A>::Load(x + i + k * kLanes)));
  }
  for (int k = 0; i < n; i += kLanes, ++k) {
    const int64_t m = RowTail<A>(n - i);
    sum.Add(k, Select(FirstN<A>(m), Exp(F32<A>::LoadN(x + i, m)), F32<A>::Broadcast(-0.0f)));
  }
  return sum.Sum();
}

void SelectBool(const uint8_t* mask, const float* a, const float* b, float* y, uint8_t* inverse, int64_t n) {
  WEFT_TEST_LOOP(n) {
    const M32<A> q = GetBool(mask + i, m);
    Put(Select(q, Get(a + i, m), Get(b + i, m)), y + i, m);
    PutBool(Not(q), inverse + i, m);
  }
}

void MaskLogic(const uint8_t* a, const uint8_t* b, uint8_t* and_, uint8_t* or_, uint8_t* xor_, bool* any, bool* all) {
  const M32<A> p = LoadBool<A>(a);
  const M32<A> q = LoadBool<A>(b);
  StoreBool(And(p, q), and_);
  StoreBool(Or(p, q), or_);
  StoreBool(Xor(p, q), xor_);
  *any = Any(p);
  *all = All(p);
}

void TransposeBlock(const float* x, float* y) {
  F32<A> rows[kLanes];
  WEFT_UNROLL
  for (int i = 0; i < kLanes; ++i) rows[i] = F32<A>::Load(x + i * kLanes);
  Transpose(rows);
  WEFT_UNROLL
  for (int i = 0; i < kLanes; ++i) rows[i].Store(y + i * kLanes);
}

void ConvertToInts(const float* x, int32_t* y, int64_t n) {
  WEFT_TEST_LOOP(n) { ConvertToI32(Get(x + i, m)).StoreN(y + i, m); }
}

void ConvertToFloats(const int32_t* x, float* y, int64_t n) {
  WEFT_TEST_LOOP(n) { Put(ConvertToF32(I32<A>::LoadN(x + i, m)), y + i, m); }
}

void LoadBytes(const uint8_t* x, float* y, int64_t n) {
  WEFT_TEST_LOOP(n) { Put(m == kLanes ? LoadU8<A>(x + i) : LoadU8N<A>(x + i, m), y + i, m); }
}

float Dot(const float* a, const float* b, int64_t n) { return DotRow<A>(a, b, n); }

const Kernels kKernels = {A::kName,        kLanes,    kUnary,     kBits,     kBinary,       kTernary,
                          kCompare,        kRow,      kIntBinary, Dot,       SumOfExp,      ConvertToInts,
                          ConvertToFloats, LoadBytes, SelectBool, MaskLogic, TransposeBlock};

}  // namespace
}  // namespace weft::simd::testing
