#include "tests/random_graph.h"

#include "absl/strings/str_cat.h"
#include "core/philox.h"
#include "core/status.h"
#include "graph/ir/builder.h"
#include "graph/ir/scan.h"
#include "ops/dense/dense.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/shape.h"
#include "ops/softmax/softmax.h"

namespace weft {
namespace {

class Maker {
 public:
  Maker(const OpRegistry& registry, uint64_t seed) : registry_(registry), random_(seed, 77) {}

  absl::StatusOr<RandomGraph> Make() {
    RandomGraph result;
    auto module = std::make_shared<Module>(registry_);
    rows_ = 1 + Below(5);
    bool symbolic = Below(3) == 0;
    batch_ = symbolic ? Dim::Symbol("n") : Dim(rows_);
    const int variables = static_cast<int>(Below(3));
    for (int i = 0; i < variables; ++i) {
      // Now and then wide enough for a layout of its own.
      Dims dims = Below(4) == 0 ? Dims{64, 64} : Dims{1 + Below(4), 1 + Below(9)};
      std::string name = absl::StrCat("v", i);
      WEFT_RETURN_IF_ERROR(module->AddVariable({name, {DType::kFloat32, Shape::FromDims(dims)}, true, "weight"}));
      result.variables.emplace_back(name, Draw(dims));
    }
    GraphBuilder b(registry_, module.get());
    for (int i = 0; i < 2; ++i) {
      int64_t columns = 1 + Below(9);
      values_.push_back(b.Input(absl::StrCat("x", i), {DType::kFloat32, {batch_, columns}}));
      result.inputs.push_back(Draw({rows_, columns}));
    }
    for (const auto& [name, value] : result.variables) values_.push_back(b.Variable(name));
    const int steps = 3 + static_cast<int>(Below(14));
    for (int i = 0; i < steps; ++i) Step(b);
    WEFT_RETURN_IF_ERROR(Annotate(b.status(), absl::StrCat("random graph of seed")));
    const int outputs = 1 + static_cast<int>(Below(3));
    for (int i = 0; i < outputs; ++i)
      b.Output(absl::StrCat("y", i), values_[values_.size() - 1 - static_cast<size_t>(i) % values_.size()]);
    for (const auto& [name, value] : result.variables) {
      if (Below(4) > 0) b.Update(name, NewValue(b, name));
    }
    WEFT_ASSIGN_OR_RETURN(GraphPtr graph, b.Build());
    WEFT_RETURN_IF_ERROR(module->AddFunction("f", graph));
    result.module = std::move(module);
    return result;
  }

 private:
  int64_t Below(int64_t n) { return static_cast<int64_t>(random_.Below(static_cast<uint64_t>(n))); }

  Tensor Draw(const Dims& dims) {
    Tensor tensor = *Tensor::Create(DType::kFloat32, dims);
    for (float& value : tensor.mutable_data<float>()) {
      // Whole numbers among them: zeros, equal values, ties.
      value = Below(4) == 0 ? static_cast<float>(Below(5) - 2) : static_cast<float>(4 * random_.Uniform() - 2);
    }
    return tensor;
  }

  Value Any() { return values_[static_cast<size_t>(Below(static_cast<int64_t>(values_.size())))]; }

  // A value that can be combined with x element by element: of its shape, or a scalar.
  Value Partner(const Value& x) {
    std::vector<Value> fits;
    for (const Value& v : values_) {
      if (v.shape() == x.shape() || v.rank() == 0) fits.push_back(v);
    }
    return fits[static_cast<size_t>(Below(static_cast<int64_t>(fits.size())))];
  }

  Value Unary(const Value& x) {
    switch (Below(14)) {
      case 0:
        return Relu(x);
      case 1:
        return Tanh(x);
      case 2:
        return Sigmoid(x);
      case 3:
        return Neg(x);
      case 4:
        return Abs(x);
      case 5:
        return Square(x);
      case 6:
        return Exp(Clip(x, -4, 4));
      case 7:
        return Sqrt(Abs(x));
      case 8:
        return x * 1.0;
      case 9:
        return x + (-0.0);
      case 10:
        return x / 3.0;
      case 11:
        return Log(Abs(x) + 0.5);
      case 12:
        return x * 0.5;
      default:
        return Floor(x);
    }
  }

  Value Binary(const Value& x, const Value& y) {
    switch (Below(7)) {
      case 0:
        return x + y;
      case 1:
        return x - y;
      case 2:
        return registry_.Find("mul2") != nullptr ? x.builder()->Record1("mul2", {x, y}, {}, SourceLocation::current())
                                                 : x * y;
      case 3:
        return Maximum(x, y);
      case 4:
        return Minimum(x, y);
      case 5:
        return Select(Greater(x, y), x, y);
      default:
        return x / (Abs(y) + 0.5);
    }
  }

  void Step(GraphBuilder& b) {
    Value x = Any();
    switch (Below(12)) {
      case 0:
      case 1:
      case 2:
        values_.push_back(Unary(x));
        return;
      case 3:
      case 4:
      case 5:
        values_.push_back(Binary(x, Partner(x)));
        return;
      case 6:
        if (x.rank() == 2) values_.push_back(Reduce(x));
        return;
      case 7:
        if (x.rank() == 2) values_.push_back(Product(b, x));
        return;
      case 8:
        if (x.rank() == 2) values_.push_back(Rearranged(x));
        return;
      case 9:
        if (x.rank() == 2) values_.push_back(Below(2) == 0 ? Softmax(x) : LogSoftmax(x));
        return;
      case 10:
        if (x.rank() == 2) values_.push_back(Loop(b, x));
        return;
      default:
        values_.push_back(Unary(Unary(x)) + x);
        return;
    }
  }

  Value Reduce(const Value& x) {
    ReduceOptions options;
    options.axes = std::vector<int>{static_cast<int>(Below(2))};
    options.keepdims = true;
    Value sum = Below(2) == 0 ? ReduceSum(x, options) : ReduceMax(x, options);
    // Broadcast back: a row or a column against the whole.
    return Below(2) == 0 ? x - sum : BroadcastTo(sum, x.shape());
  }

  Value Product(GraphBuilder& b, const Value& x) {
    if (!x.shape()[1].is_constant()) return x;
    int64_t k = x.shape()[1].value(), n = 1 + Below(12);
    Value w = b.Constant(Draw({k, n})), bias = b.Constant(Draw({n}));
    Value y = MatMul(x, w);
    if (Below(2) == 0) y = y + bias;
    if (Below(2) == 0) y = Relu(y);
    if (Below(3) == 0) values_.push_back(MatMul(x, y, {.transpose_a = true, .chunk = 256}));
    return y;
  }

  Value Rearranged(const Value& x) {
    switch (Below(5)) {
      case 0:
        return Transpose(Transpose(x, {1, 0}), {1, 0});
      case 1:
        return Transpose(x, {1, 0});
      case 2:
        return Reshape(Reshape(x, Shape{x.shape()[0] * x.shape()[1]}), x.shape());
      case 3:
        return Concat({x, Unary(x)}, 1);
      default:
        return Reverse(x, {1});
    }
  }

  // carry = tanh(carry * 0.5 + row), the rows of x in turn.
  Value Loop(GraphBuilder& b, const Value& x) {
    Value start = Full(b, {DType::kFloat32, {x.shape()[1]}}, 0.25);
    Value scale = Full(b, {DType::kFloat32, {}}, 0.5);
    ScanOptions options;
    options.reverse = Below(2) == 0;
    ScanResult result = Scan(
        b, {start}, {x},
        [&](GraphBuilder&, absl::Span<const Value> carries, absl::Span<const Value> slices) {
          Value next = Tanh(carries[0] * scale + slices[0]);
          return ScanStep{{next}, {next * slices[0]}};
        },
        options);
    values_.push_back(result.carries[0]);
    return result.outputs[0];
  }

  Value NewValue(GraphBuilder& b, const std::string& name) {
    Value old = b.Variable(name);
    Value delta = Unary(old);
    for (const Value& v : values_) {
      if (v.shape() == old.shape() && Below(2) == 0) delta = delta + v;
    }
    return old - delta * 0.1;
  }

  const OpRegistry& registry_;
  PhiloxStream random_;
  int64_t rows_ = 1;
  Dim batch_;
  std::vector<Value> values_;
};

}  // namespace

absl::StatusOr<RandomGraph> MakeRandomGraph(const OpRegistry& registry, uint64_t seed) {
  absl::StatusOr<RandomGraph> random = Maker(registry, seed).Make();
  if (!random.ok()) return Annotate(random.status(), absl::StrCat("seed ", seed));
  return random;
}

}  // namespace weft
