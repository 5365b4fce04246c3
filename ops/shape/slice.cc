#include "absl/strings/str_join.h"
#include "core/status.h"
#include "graph/autodiff/gradient_args.h"
#include "graph/exec/reference.h"
#include "graph/passes/rewrite.h"
#include "ops/shape/copy_kernels.h"
#include "ops/shape/indexing.h"
#include "ops/shape/op_defs.h"
#include "ops/shape/recording.h"
#include "ops/shape/shape.h"
#include "ops/shape/uniform.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;

bool ProvablyNegative(const Dim& d) { return d.is_constant() && d.is_valid() && d.value() < 0; }

absl::StatusOr<Types> Infer(absl::Span<const TensorType> in, const AttrMap& attrs) {
  const Shape &start = attrs.Get<Shape>("start"), &limit = attrs.Get<Shape>("limit"), &from = in[0].shape;
  const std::vector<int64_t>& stride = attrs.Ints("stride");
  const int rank = from.rank();
  if (start.rank() != rank || limit.rank() != rank || static_cast<int>(stride.size()) != rank) {
    return InvalidArgument("expected start, limit and stride for ", rank, " axes, got start ", start.ToString(),
                           ", limit ", limit.ToString(), ", stride [", absl::StrJoin(stride, ","), "]");
  }
  WEFT_RETURN_IF_ERROR(CheckShapeAttr("start", start));
  WEFT_RETURN_IF_ERROR(CheckShapeAttr("limit", limit));
  Shape shape;
  for (int i = 0; i < rank; ++i) {
    if (stride[i] < 1) return InvalidArgument("attribute stride: expected numbers >= 1, got ", stride[i]);
    // What symbols leave open is checked when they are bound.
    if (ProvablyNegative(limit[i] - start[i]) || ProvablyNegative(from[i] - limit[i])) {
      return InvalidArgument("expected 0 <= start <= limit <= ", from[i].ToString(), " along axis ", i, ", got [",
                             start[i].ToString(), ", ", limit[i].ToString(), ")");
    }
    shape.push_back(CeilDiv(limit[i] - start[i], stride[i]));
  }
  return Types{{in[0].dtype, shape}};
}

// The starts, once symbols have values; an error if the slice leaves its operand.
absl::StatusOr<Dims> BoundStart(const AttrMap& attrs, const SymbolBindings& bindings, absl::Span<const int64_t> dims) {
  WEFT_ASSIGN_OR_RETURN(Dims start, attrs.Get<Shape>("start").Evaluate(bindings));
  WEFT_ASSIGN_OR_RETURN(Dims limit, attrs.Get<Shape>("limit").Evaluate(bindings));
  for (size_t i = 0; i < dims.size(); ++i) {
    if (start[i] > limit[i] || limit[i] > dims[i]) {
      return InvalidArgument("slice: expected start <= limit <= ", dims[i], " along axis ", i, ", got [", start[i],
                             ", ", limit[i], ")");
    }
  }
  return start;
}

absl::Status Reference(ReferenceArgs& args) {
  const RefTensor& x = args.inputs[0];
  RefTensor& y = args.outputs[0];
  WEFT_ASSIGN_OR_RETURN(const Dims start, BoundStart(args.attrs, args.bindings, x.dims));
  const std::vector<int64_t>& stride = args.attrs.Ints("stride");
  ForEachIndex(y.dims, [&](int64_t flat, const Dims& index) {
    Dims from(index.size());
    for (size_t i = 0; i < from.size(); ++i) from[i] = start[i] + index[i] * stride[i];
    CopyElement(x, FlatIndex(x.dims, from), y, flat);
  });
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Kernel>> PlanKernel(const KernelRequest& request) {
  WEFT_ASSIGN_OR_RETURN(const Dims start, BoundStart(request.attrs, request.bindings, request.inputs[0].dims));
  const Dims strides = RowMajorStrides(request.inputs[0].dims);
  CopyPlan plan;
  plan.dims = request.outputs[0].dims;
  plan.to_strides = RowMajorStrides(plan.dims);
  for (size_t i = 0; i < start.size(); ++i) {
    plan.from_offset += start[i] * strides[i];
    plan.from_strides.push_back(strides[i] * request.attrs.Ints("stride")[i]);
  }
  return MakeCopyKernel(request, {plan});
}

std::vector<Value> Gradient(const GradientArgs& args) {
  const Shape &from = args.input(0).shape(), &to = args.output().shape();
  PadOptions pad;
  pad.low = args.attrs().Get<Shape>("start");
  for (int i = 0; i < from.rank(); ++i) {
    const int64_t stride = args.attrs().Ints("stride")[i];
    pad.high.push_back(from[i] - pad.low[i] - (to[i] - 1) * stride - 1);
    pad.interior.push_back(stride - 1);
  }
  return args.Only(0, Pad(args.dy(), pad));
}

bool AllOnes(const std::vector<int64_t>& stride) {
  for (int64_t s : stride) {
    if (s != 1) return false;
  }
  return true;
}

Value IdentitySlice(RewriteContext& context) {
  // Of the operand's own type it can only be all of it: every axis loses nothing.
  if (context.type() != context.input(0).type()) return Value();
  for (int i = 0; i < context.type().rank(); ++i) {
    if (context.attrs().Get<Shape>("start")[i] != Dim(0) && context.type().shape[i] != Dim(0)) return Value();
    if (context.attrs().Ints("stride")[i] != 1) return Value();
  }
  return context.input(0);
}

Value SliceOfSlice(RewriteContext& context) {
  if (!context.IsOp(context.input(0), "slice")) return Value();
  const AttrsPtr first = context.producer(context.input(0)).attrs;
  if (!AllOnes(first->Ints("stride"))) return Value();
  SliceOptions both;
  const Shape& offset = first->Get<Shape>("start");
  for (int i = 0; i < offset.rank(); ++i) {
    both.start.push_back(offset[i] + context.attrs().Get<Shape>("start")[i]);
    both.limit.push_back(offset[i] + context.attrs().Get<Shape>("limit")[i]);
  }
  both.stride = context.attrs().Ints("stride");
  return Slice(context.operand(context.input(0), 0), both);
}

// The slice is one of the joined values, entire.
Value SliceOfConcat(RewriteContext& context) {
  if (!context.IsOp(context.input(0), "concat") || !AllOnes(context.attrs().Ints("stride"))) return Value();
  const Node& concat = context.producer(context.input(0));
  const int axis = static_cast<int>(concat.attrs->Int("axis"));
  const Shape &start = context.attrs().Get<Shape>("start"), &limit = context.attrs().Get<Shape>("limit");
  for (int i = 0; i < context.type().rank(); ++i) {
    if (i != axis && (start[i] != Dim(0) || limit[i] != context.input(0).shape()[i])) return Value();
  }
  Dim begin = 0;
  for (ValueId id : concat.inputs) {
    const Value part = context.builder().value(id);
    const Dim end = begin + part.shape()[axis];
    if (start[axis] == begin && limit[axis] == end) return part;
    begin = end;
  }
  return Value();
}

}  // namespace

OpDef SliceOp() {
  OpDef def;
  def.name = "slice";
  def.family = "shape";
  def.doc =
      "y[i, ...] = x[start + i * stride, ...] per axis; dims ceil((limit - start) / stride). 0 <= start <= limit <= "
      "dim, checked when symbols are bound where it can't be told before. Any dtype. Gradient: dy padded with zeros.";
  def.inputs = {"x"};
  def.attrs = {{"start", AttrKind::kShape, std::nullopt, "First position per axis; may be symbolic."},
               {"limit", AttrKind::kShape, std::nullopt, "Position behind the last, per axis; may be symbolic."},
               {"stride", AttrKind::kInts, std::nullopt, "Step per axis, at least 1."}};
  def.infer = Infer;
  def.differentiability = Differentiability::kGradient;
  def.gradient = Gradient;
  def.reference = Reference;
  def.kernel = PlanKernel;
  def.simplify = {
      {"identity_slice", true, IdentitySlice, "slice of everything -> x"},
      {"slice_of_slice", true, SliceOfSlice, "slice(slice(x)) -> slice(x), the first with stride 1"},
      {"slice_of_uniform", true, RearrangedUniform, "slice(broadcast_to(scalar)) -> broadcast_to(scalar)"},
      {"slice_of_concat", true, SliceOfConcat, "slice that is exactly one part of concat(...) -> that part"}};
  return def;
}

}  // namespace weft
