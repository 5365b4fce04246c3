#include <bit>
#include <limits>

#include "graph/ir/builder.h"
#include "graph/ir/scan.h"
#include "graph/text/testing/test_ops.h"

namespace weft {
namespace {

const SourceLocation kHere = SourceLocation::current();

template <typename T>
Tensor Vector(std::vector<T> values, std::initializer_list<int64_t> dims) {
  return *Tensor::FromVector<T>(values, dims);
}

Value Op(GraphBuilder& b, const char* op, absl::Span<const Value> inputs, AttrMap attrs = {}) {
  return b.Record1(op, inputs, std::move(attrs), kHere);
}

// A NaN with a sign and a payload is no literal of C++: it is made from its bits.
Tensor Floats32() {
  const std::vector<uint32_t> bits = {
      0x00000000, 0x80000000, 0x3f800000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001,
      0x00000001, 0x807fffff, 0x7f7fffff, 0x3dcccccd, 0x33800000, 0x4b800001, 0x00800000, 0xbf000000,
  };
  return *Tensor::FromBytes(DType::kFloat32, {2, 8}, bits.data(), bits.size() * 4);
}

Tensor Floats64() {
  const std::vector<uint64_t> bits = {0x8000000000000000, 0x7ff0000000000001, 0xfff8000000000123, 0x0000000000000001,
                                      0x3fb999999999999a, 0x7fefffffffffffff, 0xfff0000000000000, 0x4340000000000001};
  return *Tensor::FromBytes(DType::kFloat64, {8}, bits.data(), bits.size() * 8);
}

GraphPtr Constants() {
  GraphBuilder b(TestOps());
  std::vector<Tensor> tensors = {
      Floats32(),
      Floats64(),
      Vector<int32_t>({std::numeric_limits<int32_t>::min(), 0, std::numeric_limits<int32_t>::max()}, {3, 1}),
      Vector<int64_t>({std::numeric_limits<int64_t>::min(), -1, std::numeric_limits<int64_t>::max()}, {1, 3}),
      Vector<uint8_t>({0, 1, 127, 128, 255, 9}, {3, 2, 1}),
      Tensor::Scalar(DType::kBool, 1),
      Vector<float>({}, {0, 3}),
      Tensor::ScalarInt(DType::kInt64, -7),
  };
  for (size_t i = 0; i < tensors.size(); ++i) b.Output("c" + std::to_string(i), b.Constant(tensors[i]));
  const char kText[] = "quo\"te\\ \n\t\x01\xff \xc3\xa9 \0 end";
  const std::vector<double> doubles = {-0.0, 1e300, std::bit_cast<double>(uint64_t{0x7ff4000000000000})};
  b.Output("sink", Op(b, "sink", {},
                      {{"flag", false},
                       {"int", std::numeric_limits<int64_t>::min()},
                       {"float", -0.0},
                       {"string", std::string(kText, sizeof(kText) - 1)},
                       {"ints", std::vector<int64_t>{3, -4}},
                       {"floats", doubles},
                       {"dtype", DType::kUInt8},
                       {"shape", Shape({FloorDiv(Dim::Symbol("h") + 1, 2), Dim(-1)})},
                       {"type", TensorType{DType::kInt32, {Dim::Symbol("h")}}},
                       {"tensor", *Tensor::Create(DType::kBool, {2, 0, 3})}}));
  return *b.Build();
}

// A loop whose body holds a loop; both capture a value from outside.
GraphPtr Loops() {
  GraphBuilder b(TestOps());
  const Dim n = Dim::Symbol("n");
  Value xs = b.Input("xs", {DType::kFloat32, {n, 4}});
  Value ys = b.Input("ys", {DType::kFloat32, {3, 4}});
  Value init = b.Input("init", {DType::kFloat32, {4}});
  GraphBuilder::Scope scope(b, "rnn");
  ScanResult result =
      Scan(b, {init}, {xs}, [&](GraphBuilder& body, absl::Span<const Value> carries, absl::Span<const Value> slices) {
        ScanResult inner = Scan(body, {carries[0]}, {ys},
                                [&](GraphBuilder& deep, absl::Span<const Value> c, absl::Span<const Value> s) {
                                  Value sum = Op(deep, "add", {c[0], Op(deep, "add", {s[0], init})});
                                  return ScanStep{{sum}, {}};
                                },
                                {.reverse = true, .length = {}});
        Value sum = Op(body, "add", {inner.carries[0], slices[0]});
        return ScanStep{{sum}, {sum, slices[0]}};
      });
  b.Output("last", result.carries[0]);
  b.Output("sums", result.outputs[0]);
  b.Output("same", result.outputs[1]);
  return *b.Build();
}

GraphPtr TrainStep(const Module& module) {
  GraphBuilder b(TestOps(), &module);
  const Dim n = Dim::Symbol("n");
  Value x = b.Input("x", {DType::kFloat32, {n, 6}});
  Value kernel, bias, y;
  {
    GraphBuilder::Scope model(b, "model");
    GraphBuilder::Scope layer(b, "dense");
    kernel = b.Variable("dense/kernel");
    bias = b.Variable("dense/bias");
    y = Op(b, "add", {Op(b, "matmul", {x, kernel}), bias});
  }
  // As a pass or a gradient would leave it: derived from two places, one of which is derived itself.
  auto inner = std::make_shared<Origin>();
  inner->from = {b.producer(y).origin, b.producer(kernel).origin};
  auto outer = std::make_shared<Origin>();
  outer->from = {b.producer(x).origin, inner, inner->from[0]};
  b.set_origin(outer);
  Value flat = Op(b, "reshape", {y}, {{"shape", Shape({4 * n})}});
  std::vector<Value> halves = b.Record("halves", {flat}, {}, kHere, 2);
  b.set_origin(nullptr);
  Value both = Op(b, "concat", {halves[0], halves[1], flat});
  Value grad = Op(b, "matmul", {x, y}, {{"transpose_a", true}});
  GraphBuilder scalar(TestOps());
  Value p = scalar.Input("p", {DType::kFloat32, {}}), q = scalar.Input("q", {DType::kFloat32, {}});
  scalar.Output("sum", Op(scalar, "add", {p, q}));
  scalar.Output("twice", Op(scalar, "add", {p, p}));
  std::vector<Value> program = b.Record("program", {kernel, grad}, {{"body", *scalar.Build()}}, kHere, 2);
  b.Output("y", y);
  b.Output("both", both);
  b.Output("kernel before", kernel);
  b.Update("dense/kernel", program[0]);
  b.Update("moment", program[1]);
  b.Update("step", b.Variable("step"));
  return *b.Build();
}

}  // namespace

Module TestModule() {
  Module module(TestOps());
  module.metadata()["weft.model"] = "{\"layers\": [\"dense\"]}";
  module.metadata()["author"] = "tests";
  module.AddVariable({"dense/kernel", {DType::kFloat32, {6, 4}}, true, "weight"}).IgnoreError();
  module.AddVariable({"dense/bias", {DType::kFloat32, {4}}, true, "weight"}).IgnoreError();
  module.AddVariable({"moment", {DType::kFloat32, {6, 4}}, false, "optimizer"}).IgnoreError();
  module.AddVariable({"step", {DType::kInt64, {}}, false, "state"}).IgnoreError();
  module.AddVariable({"key", {DType::kInt32, {2}}, false, "rng"}).IgnoreError();
  module.AddVariable({"exact", {DType::kFloat64, {3, 1}}, false, ""}).IgnoreError();
  module.AddVariable({"pixels", {DType::kUInt8, {2, 2}}, false, "state"}).IgnoreError();
  module.AddVariable({"mask \"q\"", {DType::kBool, {3}}, false, "state"}).IgnoreError();
  module.AddVariable({"empty", {DType::kFloat32, {0, 5}}, false, "state"}).IgnoreError();
  module.AddFunction("constants", Constants()).IgnoreError();
  module.AddFunction("loops", Loops()).IgnoreError();
  module.AddFunction("train_step", TrainStep(module)).IgnoreError();
  GraphBuilder nothing(TestOps());
  nothing.Input("seed", {DType::kInt64, {}});
  module.AddFunction("nothing", *nothing.Build()).IgnoreError();
  return module;
}

}  // namespace weft
