#include "ops/elementwise/activations.h"

#include <cmath>
#include <utility>

#include "ops/elementwise/elementwise.h"

namespace weft {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
// Klambauer et al., "Self-normalizing neural networks" (2017).
constexpr double kSeluScale = 1.0507009873554804934193349852946;
constexpr double kSeluAlpha = 1.6732632423543772848170429916717;
constexpr double kSqrtHalf = 0.70710678118654752440;
constexpr double kSqrtTwoOverPi = 0.79788456080286535588;

// alpha * (e^(x / scale) - 1) below 0, 0 above. The operand of Expm1 is bounded, not its result: the gradient would be
// 0 * inf for large x.
Value NegativeExp(Value x, double alpha, double scale, const SourceLocation& where) {
  Value negative = Minimum(x, 0.0, where);
  if (scale != 1) negative = Div(negative, scale, where);
  Value y = Expm1(negative, where);
  return alpha == 1 ? y : Mul(y, alpha, where);
}

}  // namespace

Value LeakyRelu(Value x, LeakyReluOptions options) {
  const SourceLocation& where = options.where;
  return Select(Greater(x, 0.0, where), x, Mul(x, options.negative_slope, where), where);
}

// As Keras computes it, which says what happens at the kinks.
Value GeneralRelu(Value x, ReluOptions options) {
  const SourceLocation& where = options.where;
  const double slope = options.negative_slope, threshold = options.threshold;
  const bool bounded = options.max_value != kInf;
  if (slope != 0 && !bounded && threshold == 0) return LeakyRelu(x, {.negative_slope = slope, .where = where});
  Value y;
  if (threshold != 0) {
    y = Select(Greater(x, threshold, where), x, 0.0, where);
  } else {
    y = Relu(x, where);
  }
  if (threshold == 0 && options.max_value == 6) {
    y = Minimum(6.0, y, where);  // as Relu6: no gradient at 6
  } else if (bounded) {
    y = Clip(y, 0, options.max_value, where);
  }
  if (slope != 0) {
    Value below = threshold == 0 ? Neg(x, where) : Sub(threshold, x, where);
    y = Sub(y, Mul(Relu(below, where), slope, where), where);
  }
  return y;
}

Value Relu6(Value x, SourceLocation where) { return Minimum(6.0, Relu(x, where), where); }
Value Elu(Value x, double alpha, SourceLocation where) {
  return Add(Relu(x, where), NegativeExp(x, alpha, 1, where), where);
}
Value Selu(Value x, SourceLocation where) { return Mul(Elu(x, kSeluAlpha, where), kSeluScale, where); }
Value Celu(Value x, double alpha, SourceLocation where) {
  return Add(Relu(x, where), NegativeExp(x, alpha, alpha, where), where);
}
Value Gelu(Value x, bool approximate, SourceLocation where) {
  Value gate;
  if (approximate) {
    Value cube = Mul(Square(x, where), x, where);
    gate = Tanh(Mul(Add(x, Mul(cube, 0.044715, where), where), kSqrtTwoOverPi, where), where);
  } else {
    gate = Erf(Mul(x, kSqrtHalf, where), where);
  }
  return Mul(Mul(x, 0.5, where), Add(gate, 1.0, where), where);
}
Value Silu(Value x, SourceLocation where) { return Mul(x, Sigmoid(x, where), where); }
Value Mish(Value x, SourceLocation where) { return Mul(x, Tanh(Softplus(x, where), where), where); }
Value Softsign(Value x, SourceLocation where) { return Div(x, Add(Abs(x, where), 1.0, where), where); }
Value LogSigmoid(Value x, SourceLocation where) { return Neg(Softplus(Neg(x, where), where), where); }
Value HardSigmoid(Value x, SourceLocation where) { return Div(Relu6(Add(x, 3.0, where), where), 6.0, where); }
Value HardSilu(Value x, SourceLocation where) { return Mul(x, HardSigmoid(x, where), where); }
Value HardTanh(Value x, SourceLocation where) { return Clip(x, -1, 1, where); }
Value HardShrink(Value x, double threshold, SourceLocation where) {
  return Select(Greater(Abs(x, where), threshold, where), x, 0.0, where);
}
Value SoftShrink(Value x, double threshold, SourceLocation where) {
  Value below = Select(Less(x, -threshold, where), Add(x, threshold, where), 0.0, where);
  return Select(Greater(x, threshold, where), Sub(x, threshold, where), below, where);
}
Value TanhShrink(Value x, SourceLocation where) { return Sub(x, Tanh(x, where), where); }
Value Threshold(Value x, double threshold, double value, SourceLocation where) {
  return Select(Greater(x, threshold, where), x, value, where);
}
Value Squareplus(Value x, double b, SourceLocation where) {
  return Mul(Add(x, Sqrt(Add(Square(x, where), b, where), where), where), 0.5, where);
}
Value SparsePlus(Value x, SourceLocation where) {
  Value middle = Mul(Square(Add(x, 1.0, where), where), 0.25, where);
  return Select(LessEqual(x, -1.0, where), 0.0, Select(Less(x, 1.0, where), middle, x, where), where);
}
Value SparseSigmoid(Value x, SourceLocation where) {
  Value middle = Mul(Add(x, 1.0, where), 0.5, where);
  Value upper = Select(GreaterEqual(x, 1.0, where), 1.0, middle, where);
  return Select(LessEqual(x, -1.0, where), 0.0, upper, where);
}

std::vector<Composition> ElementwiseActivations() {
  std::vector<Composition> list;
  auto add = [&](const char* name, const char* doc, std::vector<AttrSpec> args,
                 std::function<Value(Value x, const AttrMap& args)> record) {
    list.push_back({name, "elementwise", true, std::move(args), std::move(record), doc});
  };
  auto number = [](const char* name, double value, const char* doc) {
    return AttrSpec{name, AttrKind::kFloat, AttrValue(value), doc};
  };
  auto plain = [&](const char* name, const char* doc, Value (*record)(Value, SourceLocation)) {
    add(name, doc, {}, [record](Value x, const AttrMap&) { return record(x, SourceLocation::current()); });
  };

  add("linear", "x.", {}, [](Value x, const AttrMap&) { return x; });
  add("relu", "min(x, max_value) where x > threshold, else negative_slope * (x - threshold).",
      {number("negative_slope", 0, "Slope below the threshold."),
       number("max_value", kInf, "The largest result; inf: none (Keras' None)."),
       number("threshold", 0, "Where the rise begins.")},
      [](Value x, const AttrMap& args) {
        return GeneralRelu(x, {.negative_slope = args.Float("negative_slope"),
                               .max_value = args.Float("max_value"),
                               .threshold = args.Float("threshold")});
      });
  add("leaky_relu", "x where x > 0, else negative_slope * x.", {number("negative_slope", 0.2, "Slope below 0.")},
      [](Value x, const AttrMap& args) { return LeakyRelu(x, {.negative_slope = args.Float("negative_slope")}); });
  plain("relu6", "min(max(x, 0), 6).", Relu6);
  plain("sigmoid", "1 / (1 + e^-x).", Sigmoid);
  plain("tanh", "The hyperbolic tangent.", Tanh);
  plain("softplus", "log(1 + e^x).", Softplus);
  plain("softsign", "x / (1 + |x|).", Softsign);
  plain("selu", "1.0507 * elu(x, 1.6733): self-normalizing networks (Klambauer et al., 2017).", Selu);
  add("elu", "x where x > 0, else alpha * (e^x - 1) (Clevert et al., 2016).", {number("alpha", 1, "Scale below 0.")},
      [](Value x, const AttrMap& args) { return Elu(x, args.Float("alpha")); });
  plain("exponential", "e^x.", Exp);
  add("gelu", "x / 2 * (1 + erf(x / sqrt(2))) (Hendrycks and Gimpel, 2016).",
      {AttrSpec{"approximate", AttrKind::kBool, AttrValue(false), "Use the approximation with tanh."}},
      [](Value x, const AttrMap& args) { return Gelu(x, args.Bool("approximate")); });
  plain("silu", "x * sigmoid(x) (Ramachandran et al., 2017).", Silu);
  plain("swish", "The same as silu.", Silu);
  plain("hard_sigmoid", "relu6(x + 3) / 6.", HardSigmoid);
  plain("hard_silu", "x * hard_sigmoid(x) (Howard et al., 2019).", HardSilu);
  plain("hard_swish", "The same as hard_silu.", HardSilu);
  plain("mish", "x * tanh(softplus(x)) (Misra, 2019).", Mish);
  add("celu", "x where x >= 0, else alpha * (e^(x / alpha) - 1) (Barron, 2017).",
      {number("alpha", 1, "Scale below 0; not 0.")},
      [](Value x, const AttrMap& args) { return Celu(x, args.Float("alpha")); });
  plain("tanh_shrink", "x - tanh(x).", TanhShrink);
  plain("log_sigmoid", "log(sigmoid(x)).", LogSigmoid);
  add("squareplus", "(x + sqrt(x^2 + b)) / 2 (Barron, 2021).", {number("b", 4, "Smoothness.")},
      [](Value x, const AttrMap& args) { return Squareplus(x, args.Float("b")); });
  plain("hard_tanh", "x within [-1, 1].", HardTanh);
  add("hard_shrink", "x where |x| > threshold, else 0.", {number("threshold", 0.5, "Half the width of the dead zone.")},
      [](Value x, const AttrMap& args) { return HardShrink(x, args.Float("threshold")); });
  add("soft_shrink", "x moved by threshold towards 0; 0 where |x| <= threshold.",
      {number("threshold", 0.5, "Half the width of the dead zone.")},
      [](Value x, const AttrMap& args) { return SoftShrink(x, args.Float("threshold")); });
  // Keras has no defaults for these two.
  add("threshold", "x where x > threshold, else default_value.",
      {number("threshold", 0, "Where x begins to pass."), number("default_value", 0, "The value elsewhere.")},
      [](Value x, const AttrMap& args) { return Threshold(x, args.Float("threshold"), args.Float("default_value")); });
  plain("sparse_plus", "0 up to -1, (x + 1)^2 / 4 up to 1, then x.", SparsePlus);
  plain("sparse_sigmoid", "0 up to -1, (x + 1) / 2 up to 1, then 1.", SparseSigmoid);
  return list;
}

}  // namespace weft
