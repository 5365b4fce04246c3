#include "ops/elementwise/op_defs.h"

#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "ops/elementwise/body.h"
#include "ops/elementwise/elementwise_kernel.h"
#include "ops/elementwise/gradients.h"
#include "ops/elementwise/infer.h"
#include "ops/elementwise/references.h"
#include "ops/elementwise/scalar.h"
#include "ops/elementwise/simplify.h"
#include "ops/elementwise/tiles.h"

namespace weft {
namespace {

// What all of them have in common.
template <ElementwiseOp op>
OpDef Base(const char* name, std::vector<std::string> inputs, double cycles) {
  OpDef def;
  def.name = name;
  def.family = "elementwise";
  def.inputs = std::move(inputs);
  def.kernel = MakeElementwiseOpKernel;
  def.elementwise = ElementwiseTrait{&SelectTile<op>, cycles};
  def.simplify = SimplifyRules(name);
  // Storage is passed through in the order it lies, whatever that is; the type rule sees to it that all agree.
  def.accepts_layout = [](int, Layout, const AttrMap&) { return true; };
  return def;
}

void SetGradient(OpDef& def, GradientFn gradient) {
  def.differentiability = gradient == nullptr ? Differentiability::kZero : Differentiability::kGradient;
  def.gradient = std::move(gradient);
}

template <ElementwiseOp op>
OpDef Unary(const char* name, DTypeClass dtypes, GradientFn gradient, double cycles, const char* formula,
            ReferenceFn reference) {
  OpDef def = Base<op>(name, {"x"}, cycles);
  def.doc = absl::StrCat(formula, " The result has the type of x: ", Describe(dtypes), ".");
  def.infer = [dtypes](absl::Span<const TensorType> in, const AttrMap&) { return InferUnary(dtypes, in); };
  def.reference = std::move(reference);
  SetGradient(def, std::move(gradient));
  return def;
}

template <ElementwiseOp op>
OpDef Binary(const char* name, DTypeClass dtypes, GradientFn gradient, bool commutative, double cycles,
             const char* formula, ReferenceFn reference) {
  OpDef def = Base<op>(name, {"a", "b"}, cycles);
  def.doc = absl::StrCat(formula, " a and b have one dtype, ", Describe(dtypes), ", and broadcast.");
  def.infer = [dtypes](absl::Span<const TensorType> in, const AttrMap&) { return InferBinary(dtypes, in); };
  def.reference = std::move(reference);
  def.commutative = commutative;
  SetGradient(def, std::move(gradient));
  return def;
}

template <ElementwiseOp op>
OpDef Comparison(const char* name, bool commutative, double cycles, const char* formula, ReferenceFn reference) {
  OpDef def = Base<op>(name, {"a", "b"}, cycles);
  def.doc = absl::StrCat(formula, " a and b have one dtype, any, and broadcast; the result is bool.");
  def.infer = [](absl::Span<const TensorType> in, const AttrMap&) { return InferComparison(in); };
  def.reference = std::move(reference);
  def.commutative = commutative;
  def.differentiability = Differentiability::kZero;
  return def;
}

template <ElementwiseOp op>
OpDef Predicate(const char* name, double cycles, const char* formula, ReferenceFn reference) {
  OpDef def = Base<op>(name, {"x"}, cycles);
  def.doc = absl::StrCat(formula, " x is f32 or f64; the result is bool, of the shape of x.");
  def.infer = [](absl::Span<const TensorType> in, const AttrMap&) { return InferPredicate(in); };
  def.reference = std::move(reference);
  def.differentiability = Differentiability::kZero;
  return def;
}

OpDef ClipOp(double cycles) {
  OpDef def = Base<kClipOp>("clip", {"x"}, cycles);
  def.doc =
      "min(max(x, min), max), for f32, f64, i32, i64 or u8; NaN stays NaN. The gradient passes where min <= x <= max "
      "and "
      "is 0 elsewhere.";
  constexpr double kInf = std::numeric_limits<double>::infinity();
  def.attrs = {{"min", AttrKind::kFloat, AttrValue(-kInf), "Lower bound; integral for integers, or -inf."},
               {"max", AttrKind::kFloat, AttrValue(kInf), "Upper bound; integral for integers, or inf."}};
  def.infer = InferClip;
  def.reference = ClipReference();
  SetGradient(def, ClipGradient);
  return def;
}

OpDef SelectOp(double cycles) {
  OpDef def = Base<kSelectOp>("select", {"condition", "a", "b"}, cycles);
  def.doc =
      "a where condition (bool) is true, else b. a and b have one dtype, any; all three broadcast. The branch not "
      "taken "
      "gets a zero gradient.";
  def.infer = [](absl::Span<const TensorType> in, const AttrMap&) { return InferSelect(in); };
  def.reference = SelectReference();
  SetGradient(def, SelectGradient);
  return def;
}

OpDef CastOp(double cycles) {
  OpDef def = Base<kCastOp>("cast", {"x"}, cycles);
  def.doc =
      "x converted to another dtype. Float to float rounds to the nearest even; float to integer goes towards zero, to "
      "the nearest end if out of range, and gives 0 for NaN; integer to integer wraps; to bool is x != 0. Gradient: "
      "converted back between floats, none otherwise.";
  def.attrs = {{"dtype", AttrKind::kDType, std::nullopt, "The dtype of the result."}};
  def.infer = InferCast;
  def.reference = CastReference();
  SetGradient(def, CastGradient);
  return def;
}

OpDef ProgramOp() {
  OpDef def;
  def.name = "elementwise_program";
  def.family = "elementwise";
  def.doc =
      "The body, a function over scalars, on every element of the operands broadcast to one shape, which every output "
      "has. The last `joined` outputs of the body are one result, side by side along the last axis. Made by the fuse "
      "pass. Bit for bit what the ops of the body (and a concat) give one by one.";
  def.inputs = {"operands..."};
  def.attrs = {{"body", AttrKind::kFunction, std::nullopt, "Inputs, constants and elementwise ops on scalars."},
               {kJoinedAttr, AttrKind::kInt, AttrValue(int64_t{0}),
                "How many outputs of the body make the last result; 0: one each."}};
  def.infer = InferProgram;
  def.reference = ProgramReference();
  def.kernel = MakeElementwiseProgramKernel;
  def.is_fused = true;
  def.accepts_layout = [](int, Layout, const AttrMap& attrs) { return JoinedOutputs(attrs) == 0; };
  def.flops = [](absl::Span<const ConcreteType>, absl::Span<const ConcreteType> outputs, const AttrMap& attrs) {
    double ops = 0;
    for (const Node& node : attrs.Function("body")->nodes()) ops += node.op->elementwise.has_value() ? 1 : 0;
    return ops * static_cast<double>(NumElements(ProgramDims(outputs[0].dims, attrs)));
  };
  return def;
}

// The functions of scalar.h with the signatures that references.h wants, null where there is none.
#define WEFT_DOUBLE1(Function) static_cast<DoubleUnary>(&scalar::Function)
#define WEFT_INT1(Function) static_cast<IntUnary>(&scalar::Function)
#define WEFT_DOUBLE2(Function) static_cast<DoubleBinary>(&scalar::Function)
#define WEFT_INT2(Function) static_cast<IntBinary>(&scalar::Function)
#define WEFT_REFERENCE1_Float(Function) UnaryReference(WEFT_DOUBLE1(Function), nullptr)
#define WEFT_REFERENCE1_Numeric(Function) UnaryReference(WEFT_DOUBLE1(Function), WEFT_INT1(Function))
#define WEFT_REFERENCE1_Bool(Function) UnaryReference(nullptr, WEFT_INT1(Function))
#define WEFT_REFERENCE2_Float(Function) BinaryReference(WEFT_DOUBLE2(Function), nullptr)
#define WEFT_REFERENCE2_Numeric(Function) BinaryReference(WEFT_DOUBLE2(Function), WEFT_INT2(Function))
#define WEFT_REFERENCE2_Bool(Function) BinaryReference(nullptr, WEFT_INT2(Function))
#define WEFT_GRADIENT_Gradient(Function) GradientFn(&Function##Gradient)
#define WEFT_GRADIENT_Zero(Function) GradientFn(nullptr)

}  // namespace

std::vector<OpDef> ElementwiseOpDefs() {
  std::vector<OpDef> defs;
#define WEFT_UNARY(Function, op, Class, Diff, ulp, cycles, formula)                                                 \
  defs.push_back(Unary<k##Function##Op>(#op, DTypeClass::k##Class, WEFT_GRADIENT_##Diff(Function), cycles, formula, \
                                        WEFT_REFERENCE1_##Class(Function)));
#define WEFT_BINARY(Function, op, Class, Diff, commutative, ulp, cycles, formula)                                \
  defs.push_back(Binary<k##Function##Op>(#op, DTypeClass::k##Class, WEFT_GRADIENT_##Diff(Function), commutative, \
                                         cycles, formula, WEFT_REFERENCE2_##Class(Function)));
#define WEFT_COMPARE(Function, op, commutative, cycles, formula) \
  defs.push_back(Comparison<k##Function##Op>(                    \
      #op, commutative, cycles, formula, ComparisonReference(&scalar::Function<double>, &scalar::Function<int64_t>)));
#define WEFT_PREDICATE(Function, op, cycles, formula) \
  defs.push_back(Predicate<k##Function##Op>(#op, cycles, formula, PredicateReference(&scalar::Function)));
#define WEFT_SPECIAL(Function, op, cycles) defs.push_back(Function##Op(cycles));
#include "ops/elementwise/elementwise_ops.inc"
  defs.push_back(ProgramOp());
  return defs;
}

}  // namespace weft
