// constant, full, iota, dim_size: ops without operands.
#include "core/status.h"
#include "graph/exec/reference.h"
#include "graph/ir/builder.h"
#include "graph/passes/rewrite.h"
#include "ops/shape/copy_kernels.h"
#include "ops/shape/indexing.h"
#include "ops/shape/op_defs.h"
#include "ops/shape/recording.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;

absl::StatusOr<Types> InferFromTypeAttr(absl::Span<const TensorType>, const AttrMap& attrs) {
  const TensorType& type = attrs.Get<TensorType>("type");
  WEFT_RETURN_IF_ERROR(CheckShapeAttr("type", type.shape));
  if (type.layout != Layout::kRowMajor) return InvalidArgument("expected a row-major type, got ", type.ToString());
  return Types{type};
}

// ---- full

// The number as the dtype holds it: as double for floats, as int64 for the rest.
absl::Status FullReference(ReferenceArgs& args) {
  RefTensor& y = args.outputs[0];
  const Tensor value = Tensor::Scalar(y.dtype, args.attrs.Float("value"));
  const double f = y.dtype == DType::kFloat64 ? args.attrs.Float("value") : value.AtDouble(0);
  std::fill(y.f.begin(), y.f.end(), f);
  std::fill(y.i.begin(), y.i.end(), IsFloat(y.dtype) ? 0 : value.AtInt(0));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Kernel>> FullKernel(const KernelRequest& request) {
  return MakeFillKernel(request, Tensor::Scalar(request.outputs[0].dtype, request.attrs.Float("value")));
}

// As a broadcast it disappears where the reader is elementwise, which then computes with the scalar.
Value FullAsBroadcast(RewriteContext& context) {
  if (context.type().rank() == 0) return Value();
  Tensor scalar = Tensor::Scalar(context.type().dtype, context.attrs().Float("value"));
  return BroadcastTo(Constant(context.builder(), std::move(scalar)), context.type().shape);
}

// ---- iota

absl::StatusOr<Types> InferIota(absl::Span<const TensorType> in, const AttrMap& attrs) {
  WEFT_ASSIGN_OR_RETURN(Types types, InferFromTypeAttr(in, attrs));
  WEFT_RETURN_IF_ERROR(CheckAxis(attrs.Int("axis"), types[0].rank()));
  if (types[0].dtype == DType::kBool) return InvalidArgument("expected a number type, got ", types[0].ToString());
  return types;
}

absl::Status IotaReference(ReferenceArgs& args) {
  RefTensor& y = args.outputs[0];
  const int64_t axis = args.attrs.Int("axis");
  ForEachIndex(y.dims, [&](int64_t flat, const Dims& index) { y.Set(flat, static_cast<double>(index[axis])); });
  return absl::OkStatus();
}

// [outer, size, inner]: position i of the middle axis, the same everywhere else.
class IotaKernel : public Kernel {
 public:
  explicit IotaKernel(const KernelRequest& request)
      : dtype_(request.outputs[0].dtype), view_(ViewAround(request.outputs[0].dims, request.attrs.Int("axis"))) {
    estimated_ns_ = 20.0 + 0.5 * static_cast<double>(view_.outer * view_.size * view_.inner);
    shares_ = ChooseShares(request.target, estimated_ns_, std::max<int64_t>(1, view_.outer * view_.size));
  }
  void Run(const KernelArgs& args, int share) const override {
    DispatchDType(dtype_, [&](auto tag) {
      using T = decltype(tag);
      T* out = static_cast<T*>(args.outputs[0]);
      const Range rows = ShareOf(view_.outer * view_.size, 1, share, shares_);
      for (int64_t r = rows.begin; r < rows.end; ++r) {
        const T value = static_cast<T>(r % view_.size);
        for (int64_t i = 0; i < view_.inner; ++i) out[r * view_.inner + i] = value;
      }
    });
  }

 private:
  DType dtype_;
  AxisView view_;
};

// ---- constant

absl::StatusOr<Types> InferConstant(absl::Span<const TensorType>, const AttrMap& attrs) {
  const Tensor& value = attrs.Get<Tensor>("value");
  return Types{{value.dtype(), Shape::FromDims(value.dims())}};
}

absl::Status ConstantReference(ReferenceArgs& args) {
  args.outputs[0] = ToRef(args.attrs.Get<Tensor>("value"));
  return absl::OkStatus();
}

class ConstantKernel : public Kernel {
 public:
  explicit ConstantKernel(const Tensor& value) : value_(value) {
    estimated_ns_ = 10.0 + static_cast<double>(value.num_bytes()) / 16;
  }
  void Run(const KernelArgs& args, int) const override {
    if (value_.num_bytes() > 0) __builtin_memcpy(args.outputs[0], value_.raw(), value_.num_bytes());
  }

 private:
  Tensor value_;  // shares the attribute's bytes
};

// ---- dim_size

absl::StatusOr<Types> InferDimSize(absl::Span<const TensorType>, const AttrMap& attrs) {
  const Shape& dim = attrs.Get<Shape>("dim");
  if (dim.rank() != 1 || !dim[0].is_valid()) {
    return InvalidArgument("attribute dim: expected one valid dim, as in [n], got ", dim.ToString());
  }
  return Types{{DType::kInt64, Shape()}};
}

absl::Status DimSizeReference(ReferenceArgs& args) {
  WEFT_ASSIGN_OR_RETURN(int64_t value, args.attrs.Get<Shape>("dim")[0].Evaluate(args.bindings));
  args.outputs[0].i[0] = value;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Kernel>> DimSizeKernel(const KernelRequest& request) {
  WEFT_ASSIGN_OR_RETURN(int64_t value, request.attrs.Get<Shape>("dim")[0].Evaluate(request.bindings));
  return std::make_unique<ConstantKernel>(Tensor::ScalarInt(DType::kInt64, value));
}

Value KnownDimSize(RewriteContext& context) {
  const Dim& dim = context.attrs().Get<Shape>("dim")[0];
  return dim.is_constant() ? Constant(context.builder(), Tensor::ScalarInt(DType::kInt64, dim.value())) : Value();
}

}  // namespace

OpDef ConstantOp() {
  OpDef def;
  def.name = "constant";
  def.family = "shape";
  def.doc = "y = value, a tensor kept in the graph. Any dtype and static shape.";
  def.attrs = {{"value", AttrKind::kTensor, std::nullopt, "The contents."}};
  def.infer = InferConstant;
  def.differentiability = Differentiability::kZero;
  def.reference = ConstantReference;
  def.kernel = [](const KernelRequest& request) -> absl::StatusOr<std::unique_ptr<Kernel>> {
    return std::make_unique<ConstantKernel>(request.attrs.Get<Tensor>("value"));
  };
  return def;
}

OpDef FullOp() {
  OpDef def;
  def.name = "full";
  def.family = "shape";
  def.doc =
      "y[...] = value. Any dtype; the shape may be symbolic. The value is converted to the dtype: nearest for "
      "floats, towards zero and saturating for integers, nonzero is true for bool.";
  def.attrs = {{"type", AttrKind::kType, std::nullopt, "The result's type."},
               {"value", AttrKind::kFloat, std::nullopt, "The number."}};
  def.infer = InferFromTypeAttr;
  def.differentiability = Differentiability::kZero;
  def.reference = FullReference;
  def.kernel = FullKernel;
  def.simplify = {{"full_is_a_broadcast", true, FullAsBroadcast, "full of rank > 0 -> broadcast_to(constant)"}};
  return def;
}

OpDef IotaOp() {
  OpDef def;
  def.name = "iota";
  def.family = "shape";
  def.doc = "y[..., i, ...] = i, the position along `axis`. Any dtype but bool (u8 wraps); the shape may be symbolic.";
  def.attrs = {{"type", AttrKind::kType, std::nullopt, "The result's type."},
               {"axis", AttrKind::kInt, std::nullopt, "The axis that is counted."}};
  def.infer = InferIota;
  def.differentiability = Differentiability::kZero;
  def.reference = IotaReference;
  def.kernel = [](const KernelRequest& request) -> absl::StatusOr<std::unique_ptr<Kernel>> {
    return std::make_unique<IotaKernel>(request);
  };
  return def;
}

OpDef DimSizeOp() {
  OpDef def;
  def.name = "dim_size";
  def.family = "shape";
  def.doc = "y = the value of a dim, an i64 scalar: the batch size as a number.";
  def.attrs = {{"dim", AttrKind::kShape, std::nullopt, "A shape of one dim, e.g. [n] or [28*n+1]."}};
  def.infer = InferDimSize;
  def.differentiability = Differentiability::kZero;
  def.reference = DimSizeReference;
  def.kernel = DimSizeKernel;
  def.simplify = {{"known_dim_size", true, KnownDimSize, "dim_size [7] -> constant 7"}};
  return def;
}

}  // namespace weft
