#include "ops/elementwise/gradients.h"

#include <cmath>

#include "ops/elementwise/elementwise.h"

namespace weft {
namespace {

constexpr double kSqrtPi = 1.7724538509055160273;

// For binary rules: each gradient is recorded only if it is needed.
template <typename A, typename B>
std::vector<Value> Both(const GradientArgs& args, A a, B b) {
  std::vector<Value> result(2);
  if (args.needs(0)) result[0] = SumToOperand(args, 0, a());
  if (args.needs(1)) result[1] = SumToOperand(args, 1, b());
  return result;
}

// dy where the condition holds, else 0; and the other way round.
Value Where(Value condition, Value dy) { return Select(condition, dy, 0.0); }
Value WhereNot(Value condition, Value dy) { return Select(condition, 0.0, dy); }

}  // namespace

Value SumToOperand(const GradientArgs& args, int i, Value gradient) {
  const Shape& shape = args.input(i).shape();
  if (!gradient.ok() || gradient.shape() == shape) return gradient;
  return args.builder().registry().roles().sum_to_shape(gradient, shape);
}

// ---- unary

std::vector<Value> NegGradient(const GradientArgs& args) { return {Neg(args.dy())}; }
std::vector<Value> AbsGradient(const GradientArgs& args) { return {args.dy() * Sign(args.input(0))}; }
std::vector<Value> SquareGradient(const GradientArgs& args) { return {args.dy() * (args.input(0) * 2.0)}; }
std::vector<Value> SqrtGradient(const GradientArgs& args) { return {args.dy() * 0.5 / args.output()}; }
std::vector<Value> RsqrtGradient(const GradientArgs& args) {
  // d x^-1/2 = -1/2 y^3
  return {args.dy() * (Square(args.output()) * args.output() * -0.5)};
}
std::vector<Value> ExpGradient(const GradientArgs& args) { return {args.dy() * args.output()}; }
std::vector<Value> Expm1Gradient(const GradientArgs& args) { return {args.dy() * (args.output() + 1.0)}; }
std::vector<Value> LogGradient(const GradientArgs& args) { return {args.dy() / args.input(0)}; }
std::vector<Value> Log1pGradient(const GradientArgs& args) { return {args.dy() / (args.input(0) + 1.0)}; }
std::vector<Value> SinGradient(const GradientArgs& args) { return {args.dy() * Cos(args.input(0))}; }
std::vector<Value> CosGradient(const GradientArgs& args) { return {Neg(args.dy() * Sin(args.input(0)))}; }
std::vector<Value> TanhGradient(const GradientArgs& args) { return {args.dy() * (1.0 - Square(args.output()))}; }
std::vector<Value> SigmoidGradient(const GradientArgs& args) {
  return {args.dy() * (args.output() * (1.0 - args.output()))};
}
std::vector<Value> ErfGradient(const GradientArgs& args) {
  return {args.dy() * (Exp(Neg(Square(args.input(0)))) * (2 / kSqrtPi))};
}
std::vector<Value> ErfinvGradient(const GradientArgs& args) {
  return {args.dy() * (Exp(Square(args.output())) * (kSqrtPi / 2))};
}
// From the input: 1 - exp(-y) would cancel where y is small.
std::vector<Value> SoftplusGradient(const GradientArgs& args) { return {args.dy() * Sigmoid(args.input(0))}; }
std::vector<Value> ReluGradient(const GradientArgs& args) { return {Where(Greater(args.output(), 0.0), args.dy())}; }

// ---- binary

std::vector<Value> AddGradient(const GradientArgs& args) {
  return Both(
      args, [&] { return args.dy(); }, [&] { return args.dy(); });
}
std::vector<Value> SubGradient(const GradientArgs& args) {
  return Both(
      args, [&] { return args.dy(); }, [&] { return Neg(args.dy()); });
}
std::vector<Value> MulGradient(const GradientArgs& args) {
  return Both(
      args, [&] { return args.dy() * args.input(1); }, [&] { return args.dy() * args.input(0); });
}
std::vector<Value> DivGradient(const GradientArgs& args) {
  return Both(
      args, [&] { return args.dy() / args.input(1); }, [&] { return Neg(args.dy() * args.output() / args.input(1)); });
}
std::vector<Value> ModGradient(const GradientArgs& args) {
  // y = a - floor(a / b) * b
  return Both(
      args, [&] { return args.dy(); }, [&] { return Neg(args.dy() * Floor(args.input(0) / args.input(1))); });
}
std::vector<Value> PowGradient(const GradientArgs& args) {
  Value a = args.input(0), b = args.input(1);
  return Both(
      args,
      // Where b = 0 the exponent b - 1 would make 0 * inf of 0^0.
      [&] { return args.dy() * (b * Pow(a, Select(Equal(b, 0.0), 1.0, b - 1.0))); },
      // Taken as 0 where the logarithm does not exist. The operand of Log is guarded, not its result, so that no NaN
      // arises in the branch not taken.
      [&] {
        Value positive = Greater(a, 0.0);
        return args.dy() * Select(positive, args.output() * Log(Select(positive, a, 1.0)), 0.0);
      });
}
std::vector<Value> MinimumGradient(const GradientArgs& args) {
  Value first = LessEqual(args.input(0), args.input(1));
  return Both(
      args, [&] { return Where(first, args.dy()); }, [&] { return WhereNot(first, args.dy()); });
}
std::vector<Value> MaximumGradient(const GradientArgs& args) {
  Value first = GreaterEqual(args.input(0), args.input(1));
  return Both(
      args, [&] { return Where(first, args.dy()); }, [&] { return WhereNot(first, args.dy()); });
}

// ---- special

std::vector<Value> ClipGradient(const GradientArgs& args) {
  const double low = args.attrs().Float("min"), high = args.attrs().Float("max");
  Value x = args.input(0), outside;
  if (!std::isinf(low)) outside = Less(x, low);
  if (!std::isinf(high)) outside = outside.absent() ? Greater(x, high) : LogicalOr(outside, Greater(x, high));
  return {outside.absent() ? args.dy() : WhereNot(outside, args.dy())};
}
std::vector<Value> SelectGradient(const GradientArgs& args) {
  std::vector<Value> result(3);
  Value condition = args.input(0);
  if (args.needs(1)) result[1] = SumToOperand(args, 1, Where(condition, args.dy()));
  if (args.needs(2)) result[2] = SumToOperand(args, 2, WhereNot(condition, args.dy()));
  return result;
}
std::vector<Value> CastGradient(const GradientArgs& args) {
  const DType from = args.input(0).dtype();
  if (!IsFloat(from) || !IsFloat(args.output().dtype())) return {Value()};
  return {Cast(args.dy(), from)};
}

}  // namespace weft
