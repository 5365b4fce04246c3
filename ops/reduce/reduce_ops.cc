// reduce_sum, reduce_prod, reduce_max, reduce_min.
#include "core/status.h"
#include "graph/autodiff/gradient_args.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/op_defs.h"
#include "ops/reduce/prod_gradient.h"
#include "ops/reduce/reduce.h"
#include "ops/reduce/reduction.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;

// v, of the result's shape with or without keepdims, over the shape of the operand.
Value Spread(const GradientArgs& args, Value v) {
  const Shape& shape = args.input(0).shape();
  return BroadcastTo(Reshape(v, KeptShape(shape, args.attrs())), shape);
}

// Steps are one more axis.
Value SumOverSteps(GraphBuilder&, absl::Span<const Value> operands, absl::Span<const bool> stacked,
                   const AttrMap& attrs) {
  if (!stacked[0] || attrs.Bool("keepdims")) return Value();
  ReduceOptions options;
  options.axes = {0};
  for (int64_t axis : attrs.Ints("axes")) options.axes.push_back(static_cast<int>(axis) + 1);
  return ReduceSum(operands[0], options);
}

std::vector<Value> SumGradient(const GradientArgs& args) { return args.Only(0, Spread(args, args.dy())); }

// Elements that are equal to the result share dy evenly.
std::vector<Value> ExtremumGradient(const GradientArgs& args) {
  const Value x = args.input(0);
  const Value chosen = Cast(Equal(x, Spread(args, args.output())), x.dtype());
  ReduceOptions same;
  same.axes.assign(args.attrs().Ints("axes").begin(), args.attrs().Ints("axes").end());
  same.keepdims = args.attrs().Bool("keepdims");
  return args.Only(0, chosen * Spread(args, args.dy() / ReduceSum(chosen, same)));
}

std::vector<Value> ProdGradient(const GradientArgs& args) {
  const Value dy = Spread(args, args.dy());
  return args.Only(0, dy * ProductOfOthers(args.input(0), args.attrs().Ints("axes")));
}

OpDef Define(const char* name, Reduction reduction, const char* doc) {
  OpDef def;
  def.name = name;
  def.family = "reduce";
  def.doc = doc;
  def.inputs = {"x"};
  def.attrs = {{"axes", AttrKind::kInts, std::nullopt, "The axes to reduce: neighbours, ascending, at least one."},
               {"keepdims", AttrKind::kBool, false, "Whether reduced axes stay, with size 1."}};
  const bool adds = reduction == Reduction::kSum || reduction == Reduction::kProd;
  def.infer = [adds](absl::Span<const TensorType> in, const AttrMap& attrs) -> absl::StatusOr<Types> {
    if (adds && in[0].dtype == DType::kBool) {
      return InvalidArgument("expected a number type, got ", in[0].ToString(), ": Cast it first");
    }
    WEFT_ASSIGN_OR_RETURN(TensorType type, ReducedType(in[0], attrs));
    return Types{std::move(type)};
  };
  def.differentiability = Differentiability::kGradient;
  def.reference = [reduction](ReferenceArgs& args) {
    ReduceReference(reduction, args.inputs[0], args.attrs, args.outputs[0]);
    return absl::OkStatus();
  };
  def.kernel = [reduction](const KernelRequest& request) { return MakeReduceKernel(reduction, request); };
  def.flops = [](absl::Span<const ConcreteType> in, absl::Span<const ConcreteType>, const AttrMap&) {
    return static_cast<double>(NumElements(in[0].dims));
  };
  return def;
}

}  // namespace

OpDef ReduceSumOp() {
  OpDef def =
      Define("reduce_sum", Reduction::kSum,
             "The sum over neighbouring axes; 0 over no elements. f32 in the order of reduce.h (64 lanes where the "
             "last axis is reduced, else chunks of 256), f64, i32, i64, u8 (integers wrap). Gradient: dy, spread.");
  def.gradient = SumGradient;
  def.sum_over_steps = SumOverSteps;
  def.epilogue_host = "reduce_epilogue";
  return def;
}

OpDef ReduceProdOp() {
  OpDef def =
      Define("reduce_prod", Reduction::kProd,
             "The product over neighbouring axes; 1 over no elements. Dtypes and order as reduce_sum. Gradient: dy "
             "times the product of the other elements, correct where some are 0.");
  def.gradient = ProdGradient;
  return def;
}

OpDef ReduceMaxOp() {
  OpDef def =
      Define("reduce_max", Reduction::kMax,
             "The maximum over neighbouring axes; -inf (the lowest integer) over no elements; NaN if there is one; "
             "-0 < +0. Any dtype (bool: or). Gradient: dy, shared evenly among the elements that are equal to it.");
  def.gradient = ExtremumGradient;
  return def;
}

OpDef ReduceMinOp() {
  OpDef def =
      Define("reduce_min", Reduction::kMin,
             "The minimum over neighbouring axes; +inf (the highest integer) over no elements; NaN if there is one; "
             "-0 < +0. Any dtype (bool: and). Gradient: dy, shared evenly among the elements that are equal to it.");
  def.gradient = ExtremumGradient;
  return def;
}

}  // namespace weft
