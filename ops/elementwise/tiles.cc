#include "ops/elementwise/tiles.h"

#include <cstring>

namespace weft {
namespace {

TileFn SelectCast(const TileRequest& request) {
  const DType from = request.inputs[0], to = request.output;
  const TileF32Table& f32 = TileF32For(request.isa);
  if (from == to) return from == DType::kFloat64 ? nullptr : CopyTile(SizeOf(from));
  if (to == DType::kFloat32 && (from == DType::kUInt8 || from == DType::kBool)) return f32.u8_to_f32;
  if (to == DType::kFloat32 && from == DType::kInt32) return f32.i32_to_f32;
  if (from == DType::kFloat32 && to == DType::kInt32) return f32.f32_to_i32;
  if (from == DType::kFloat32 && to == DType::kBool) return f32.f32_to_bool;
  return PortableCast(from, to);
}

template <typename T>
void Copy(const TileArgs& args) {
  std::memcpy(args.out, args.in[0], static_cast<size_t>(args.n) * sizeof(T));
}

template <typename T>
void Fill(void* out, const void* value, int64_t n) {
  T v;
  std::memcpy(&v, value, sizeof(T));
  T* y = static_cast<T*>(out);
  for (int64_t i = 0; i < n; ++i) y[i] = v;
}

}  // namespace

const TileF32Table& TileF32For(Isa isa) {
  switch (isa) {
    case Isa::kAvx512:
      return TileF32Avx512();
    case Isa::kAvx2:
      return TileF32Avx2();
    case Isa::kBaseline:
      break;
  }
  return TileF32Baseline();
}

template <ElementwiseOp op>
TileKernel SelectTile(const TileRequest& request) {
  TileKernel kernel;
  if constexpr (op == kCastOp) {
    kernel.fn = SelectCast(request);
    return kernel;
  }
  if constexpr (op == kClipOp) kernel.params = {request.attrs.Float("min"), request.attrs.Float("max")};
  // Select and comparisons go by their numbers; select moves 4 bytes whatever they mean.
  const DType dtype = request.inputs[op == kSelectOp ? 1 : 0];
  const bool four_bytes = op == kSelectOp && dtype == DType::kInt32;
  kernel.fn = dtype == DType::kFloat32 || four_bytes ? TileF32For(request.isa).ops[op] : PortableTile(op, dtype);
  return kernel;
}

#define WEFT_DEFINE_SELECT(Function) template TileKernel SelectTile<k##Function##Op>(const TileRequest& request);
#define WEFT_UNARY(Function, op, Class, Diff, ulp, cycles, formula) WEFT_DEFINE_SELECT(Function)
#define WEFT_BINARY(Function, op, Class, Diff, commutative, ulp, cycles, formula) WEFT_DEFINE_SELECT(Function)
#define WEFT_COMPARE(Function, op, commutative, cycles, formula) WEFT_DEFINE_SELECT(Function)
#define WEFT_PREDICATE(Function, op, cycles, formula) WEFT_DEFINE_SELECT(Function)
#define WEFT_SPECIAL(Function, op, cycles) WEFT_DEFINE_SELECT(Function)
#include "ops/elementwise/elementwise_ops.inc"

TileFn CopyTile(int64_t size) { return size == 1 ? &Copy<uint8_t> : size == 4 ? &Copy<uint32_t> : &Copy<uint64_t>; }

void FillTile(void* out, const void* value, int64_t size, int64_t n) {
  if (size == 1) return Fill<uint8_t>(out, value, n);
  if (size == 4) return Fill<uint32_t>(out, value, n);
  Fill<uint64_t>(out, value, n);
}

}  // namespace weft
