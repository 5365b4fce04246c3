// Activations, with the formulas, defaults and gradients at the kinks of Keras 3. Each is a composition of elementwise
// ops: fusion makes one program of it, and of its gradient. Softmax and log_softmax belong to ops/softmax.
//
// By name they are found in the registry (OpRegistry::FindComposition), where Dense({.activation = "gelu"}) looks.
#ifndef WEFT_OPS_ELEMENTWISE_ACTIVATIONS_H_
#define WEFT_OPS_ELEMENTWISE_ACTIVATIONS_H_

#include <limits>
#include <vector>

#include "graph/ir/builder.h"
#include "graph/ir/registry.h"

namespace weft {

struct LeakyReluOptions {
  double negative_slope = 0.2;
  SourceLocation where = SourceLocation::current();
};
// x where x > 0, else negative_slope * x.
Value LeakyRelu(Value x, LeakyReluOptions options = {});

struct ReluOptions {
  double negative_slope = 0;
  double max_value = std::numeric_limits<double>::infinity();  // infinity: none
  double threshold = 0;
  SourceLocation where = SourceLocation::current();
};
// min(x, max_value) where x > threshold, else negative_slope * (x - threshold).
Value GeneralRelu(Value x, ReluOptions options = {});

// min(max(x, 0), 6).
Value Relu6(Value x, SourceLocation where = SourceLocation::current());
// x where x > 0, else alpha * (e^x - 1).
Value Elu(Value x, double alpha = 1, SourceLocation where = SourceLocation::current());
// 1.0507... * elu(x, 1.6732...).
Value Selu(Value x, SourceLocation where = SourceLocation::current());
// x where x >= 0, else alpha * (e^(x / alpha) - 1).
Value Celu(Value x, double alpha = 1, SourceLocation where = SourceLocation::current());
// x / 2 * (1 + erf(x / sqrt(2))), or the approximation with tanh.
Value Gelu(Value x, bool approximate = false, SourceLocation where = SourceLocation::current());
// x * sigmoid(x).
Value Silu(Value x, SourceLocation where = SourceLocation::current());
// x * tanh(softplus(x)).
Value Mish(Value x, SourceLocation where = SourceLocation::current());
// x / (1 + |x|).
Value Softsign(Value x, SourceLocation where = SourceLocation::current());
// log(sigmoid(x)), without overflow.
Value LogSigmoid(Value x, SourceLocation where = SourceLocation::current());
// relu6(x + 3) / 6.
Value HardSigmoid(Value x, SourceLocation where = SourceLocation::current());
// x * hard_sigmoid(x).
Value HardSilu(Value x, SourceLocation where = SourceLocation::current());
// x within [-1, 1].
Value HardTanh(Value x, SourceLocation where = SourceLocation::current());
// x where |x| > threshold, else 0.
Value HardShrink(Value x, double threshold = 0.5, SourceLocation where = SourceLocation::current());
// x moved by threshold towards 0, 0 where |x| <= threshold.
Value SoftShrink(Value x, double threshold = 0.5, SourceLocation where = SourceLocation::current());
// x - tanh(x).
Value TanhShrink(Value x, SourceLocation where = SourceLocation::current());
// x where x > threshold, else value.
Value Threshold(Value x, double threshold, double value, SourceLocation where = SourceLocation::current());
// (x + sqrt(x^2 + b)) / 2.
Value Squareplus(Value x, double b = 4, SourceLocation where = SourceLocation::current());
// 0 up to -1, (x + 1)^2 / 4 up to 1, then x.
Value SparsePlus(Value x, SourceLocation where = SourceLocation::current());
// 0 up to -1, (x + 1) / 2 up to 1, then 1.
Value SparseSigmoid(Value x, SourceLocation where = SourceLocation::current());

// The registry's entries: Keras' names, argument names and defaults. max_value = inf stands for Keras' None.
std::vector<Composition> ElementwiseActivations();

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_ACTIVATIONS_H_
