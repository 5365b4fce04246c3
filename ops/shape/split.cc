#include "core/status.h"
#include "graph/autodiff/gradient_args.h"
#include "graph/exec/reference.h"
#include "ops/shape/copy_kernels.h"
#include "ops/shape/indexing.h"
#include "ops/shape/op_defs.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;

absl::StatusOr<Types> Infer(absl::Span<const TensorType> in, const AttrMap& attrs) {
  const int axis = static_cast<int>(attrs.Int("axis"));
  WEFT_RETURN_IF_ERROR(CheckAxis(axis, in[0].rank()));
  const Shape& sizes = attrs.Get<Shape>("sizes");
  if (sizes.rank() < 1) return InvalidArgument("expected at least one size");
  Types types(sizes.rank(), in[0]);
  Dim sum = 0;
  for (int i = 0; i < sizes.rank(); ++i) {
    if (sizes[i].is_constant() && sizes[i].value() < 0) return InvalidArgument("size ", i, " is ", sizes[i].ToString());
    sum = sum + sizes[i];
    types[i].shape[axis] = sizes[i];
    types[i].layout = Layout::kRowMajor;
  }
  if (!sum.is_valid() || sum != in[0].shape[axis]) {
    return InvalidArgument("expected sizes whose sum is that of axis ", axis, " of ", in[0].ToString(),
                           ", got the sum ", sum.ToString());
  }
  return types;
}

absl::Status Reference(ReferenceArgs& args) {
  const RefTensor& x = args.inputs[0];
  const int64_t axis = args.attrs.Int("axis");
  int64_t offset = 0;
  for (RefTensor& y : args.outputs) {
    ForEachIndex(y.dims, [&](int64_t flat, const Dims& index) {
      Dims from = index;
      from[axis] += offset;
      CopyElement(x, FlatIndex(x.dims, from), y, flat);
    });
    offset += y.dims[axis];
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Kernel>> PlanKernel(const KernelRequest& request) {
  const Dims strides = RowMajorStrides(request.inputs[0].dims);
  const int64_t axis = request.attrs.Int("axis");
  std::vector<CopyPlan> plans;
  int64_t offset = 0;
  for (const ConcreteType& output : request.outputs) {
    CopyPlan plan;
    plan.dims = output.dims;
    plan.from_strides = strides;
    plan.to_strides = RowMajorStrides(output.dims);
    plan.from_offset = offset * strides[axis];
    plan.output = static_cast<int>(plans.size());
    offset += output.dims[axis];
    plans.push_back(std::move(plan));
  }
  return MakeCopyKernel(request, plans);
}

std::vector<Value> Gradient(const GradientArgs& args) {
  std::vector<Value> parts;
  for (int i = 0; i < args.num_outputs(); ++i) {
    parts.push_back(args.dy(i).absent() ? ZerosLike(args.output(i)) : args.dy(i));
  }
  return args.Only(0, Concat(parts, static_cast<int>(args.attrs().Int("axis"))));
}

}  // namespace

OpDef SplitOp() {
  OpDef def;
  def.name = "split";
  def.family = "shape";
  def.doc =
      "Pieces of x along `axis`, in order, of the given sizes, whose sum is the size of the axis. Any dtype. Gradient: "
      "the pieces' gradients joined.";
  def.inputs = {"x"};
  def.attrs = {{"axis", AttrKind::kInt, std::nullopt, "The axis along which x is cut."},
               {"sizes", AttrKind::kShape, std::nullopt, "Of the pieces along the axis."}};
  def.infer = Infer;
  def.differentiability = Differentiability::kGradient;
  def.gradient = Gradient;
  def.reference = Reference;
  def.kernel = PlanKernel;
  return def;
}

}  // namespace weft
