// reshape, stop_gradient: views.
#include "core/status.h"
#include "graph/autodiff/gradient_args.h"
#include "graph/exec/reference.h"
#include "graph/passes/rewrite.h"
#include "ops/shape/copy_kernels.h"
#include "ops/shape/op_defs.h"
#include "ops/shape/recording.h"
#include "ops/shape/shape.h"
#include "ops/shape/uniform.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;

absl::StatusOr<Types> InferReshape(absl::Span<const TensorType> in, const AttrMap& attrs) {
  const Shape& shape = attrs.Get<Shape>("shape");
  WEFT_RETURN_IF_ERROR(CheckShapeAttr("shape", shape));
  const Dim from = in[0].shape.NumElements(), to = shape.NumElements();
  if (!from.is_valid() || !to.is_valid() || from != to) {
    return InvalidArgument("expected a shape with as many elements as the operand, got ", shape.ToString(), " with ",
                           to.ToString(), " elements for ", in[0].ToString(), " with ", from.ToString());
  }
  return Types{{in[0].dtype, shape}};
}

// Elements stay where they are.
absl::Status ViewReference(ReferenceArgs& args) {
  args.outputs[0].f = args.inputs[0].f;
  args.outputs[0].i = args.inputs[0].i;
  return absl::OkStatus();
}

Value IdentityReshape(RewriteContext& context) {
  return context.input(0).type() == context.type() ? context.input(0) : Value();
}

Value ReshapeOfReshape(RewriteContext& context) {
  if (!context.IsOp(context.input(0), "reshape")) return Value();
  return Reshape(context.operand(context.input(0), 0), context.type().shape);
}

}  // namespace

OpDef ReshapeOp() {
  OpDef def;
  def.name = "reshape";
  def.family = "shape";
  def.doc =
      "y holds the elements of x in the same row-major order under another shape, whose number of elements must be "
      "provably equal. Any dtype. Gradient: dy reshaped back.";
  def.inputs = {"x"};
  def.attrs = {{"shape", AttrKind::kShape, std::nullopt, "The result's shape; may be symbolic."}};
  def.infer = InferReshape;
  def.differentiability = Differentiability::kGradient;
  def.gradient = [](const GradientArgs& args) { return args.Only(0, Reshape(args.dy(), args.input(0).shape())); };
  def.reference = ViewReference;
  def.kernel = MakeViewKernel;
  def.is_view = true;
  def.simplify = {
      {"identity_reshape", true, IdentityReshape, "reshape(x, shape of x) -> x"},
      {"reshape_of_reshape", true, ReshapeOfReshape, "reshape(reshape(x)) -> reshape(x)"},
      {"reshape_of_uniform", true, RearrangedUniform, "reshape(broadcast_to(scalar)) -> broadcast_to(scalar)"}};
  return def;
}

OpDef StopGradientOp() {
  OpDef def;
  def.name = "stop_gradient";
  def.family = "shape";
  def.doc = "y = x, with a gradient of zero. Any dtype and shape.";
  def.inputs = {"x"};
  def.infer = [](absl::Span<const TensorType> in, const AttrMap&) -> absl::StatusOr<Types> { return Types{in[0]}; };
  def.differentiability = Differentiability::kZero;
  def.reference = ViewReference;
  def.kernel = MakeViewKernel;
  def.is_view = true;
  def.simplify = {{"drop_stop_gradient", true, [](RewriteContext& context) { return context.input(0); },
                   "stop_gradient(x) -> x: what is optimized has been differentiated"}};
  return def;
}

}  // namespace weft
