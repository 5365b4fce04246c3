// Each rewrite rule: what it makes, that it keeps its hands off where it must, and that no bit changes.
#include <limits>

#include "absl/strings/str_join.h"
#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/exec/reference.h"
#include "graph/passes/passes.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

using Record = std::function<Value(GraphBuilder& builder, Value x)>;

// Numbers that a careless rewrite would change.
Tensor Input(const TensorType& type) {
  Dims dims;
  for (const Dim& d : type.shape) dims.push_back(d.is_constant() ? d.value() : 3);
  Tensor tensor = *Tensor::Create(type.dtype, dims);
  const float specials[] = {0.0f, -0.0f, std::numeric_limits<float>::quiet_NaN(), -1.5f, 1e-41f, -INFINITY};
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    tensor.mutable_data<float>()[i] = i % 3 == 0 ? static_cast<float>(i) : specials[i % 6];
  }
  return tensor;
}

// The ops that remain, "transpose reshape", once the function of one operand has been simplified; checks the bits.
std::string Simplified(const char* type_text, const Record& record) {
  const TensorType type = *TensorType::Parse(type_text);
  GraphBuilder b(AllOps());
  Value x = b.Input("x", type);
  b.Output("y", record(b, x));
  absl::StatusOr<GraphPtr> graph = b.Build();
  if (!graph.ok()) return graph.status().ToString();
  auto module = std::make_shared<Module>(AllOps());
  WEFT_EXPECT_OK(module->AddFunction("f", *graph));
  absl::StatusOr<PassResult> simple = SimplifyPass().run(module, Target());
  if (simple.ok()) simple = DcePass().run(simple->module, Target());
  if (!simple.ok()) return simple.status().ToString();
  const GraphPtr after = simple->module->FindFunction("f");

  const Tensor input = Input(type);
  absl::StatusOr<ReferenceResult> want = RunReference(**graph, {input}), got = RunReference(*after, {input});
  WEFT_EXPECT_OK(want.status());
  WEFT_EXPECT_OK(got.status());
  if (want.ok() && got.ok()) {
    EXPECT_TRUE(BitEqual(want->outputs[0], got->outputs[0]));
  }

  std::vector<std::string> ops;
  for (const Node& node : after->nodes()) {
    if (!IsInput(node)) ops.push_back(node.op->name);
  }
  return absl::StrJoin(ops, " ");
}
std::string Simplified(const char* type, const std::function<Value(Value)>& record) {
  return Simplified(type, Record([&](GraphBuilder&, Value x) { return record(x); }));
}

const Dim kN = Dim::Symbol("n");

TEST(Simplify, Reshape) {
  EXPECT_EQ(Simplified("f32[n,4]", [](Value x) { return Reshape(x, {kN, 4}); }), "");
  EXPECT_EQ(Simplified("f32[n,4]", [](Value x) { return Reshape(Reshape(x, {2, kN, 2}), {kN * Dim(4)}); }), "reshape");
  EXPECT_EQ(Simplified("f32[n,4]", [](Value x) { return Reshape(Reshape(x, {2, kN, 2}), {kN, 4}); }), "");
  EXPECT_EQ(Simplified("f32[4]", Record([](GraphBuilder& b, Value) {
                         return Reshape(Full(b, {DType::kFloat32, {2, 2}}, -0.0), {4});
                       })),
            "constant broadcast_to");
}

TEST(Simplify, StopGradient) {
  EXPECT_EQ(Simplified("f32[4]", [](Value x) { return StopGradient(x); }), "");
}

TEST(Simplify, BroadcastTo) {
  EXPECT_EQ(Simplified("f32[n,4]", [](Value x) { return BroadcastTo(x, {kN, 4}); }), "");
  EXPECT_EQ(Simplified("f32[n,1]", [](Value x) { return BroadcastTo(x, {kN, 4}); }), "broadcast_to");
  EXPECT_EQ(Simplified("f32[1,4]",
                       [](Value x) {
                         return BroadcastTo(BroadcastTo(x, {3, 4}), {2, 3, 4});
                       }),
            "broadcast_to");
  EXPECT_EQ(Simplified("f32[1,4]",
                       [](Value x) {
                         return Add(BroadcastTo(ZerosLike(x), {3, 4}), 1);
                       }),
            "constant broadcast_to constant add");
  // An elementwise reader broadcasts by itself.
  EXPECT_EQ(Simplified("f32[3,4]",
                       [](Value x) {
                         return Mul(x, BroadcastTo(SliceAxis(x, 0, 0, 1), {3, 4}));
                       }),
            "slice mul");
}

TEST(Simplify, Transpose) {
  EXPECT_EQ(Simplified("f32[n,4]", [](Value x) { return Transpose(x, {0, 1}); }), "");
  EXPECT_EQ(Simplified("f32[n,4]", [](Value x) { return Transpose(x); }), "transpose");
  EXPECT_EQ(Simplified("f32[n,4]", [](Value x) { return Transpose(Transpose(x)); }), "");
  EXPECT_EQ(Simplified("f32[2,3,4]",
                       [](Value x) {
                         return Transpose(Transpose(x, {1, 2, 0}), {1, 2, 0});
                       }),
            "transpose");
  EXPECT_EQ(Simplified("f32[1,n,1]", [](Value x) { return Transpose(x, {1, 2, 0}); }), "reshape");
  EXPECT_EQ(Simplified("f32[1,n]", [](Value x) { return Transpose(x); }), "reshape");
  EXPECT_EQ(Simplified("f32[2,3]", [](Value x) { return Transpose(OnesLike(x)); }), "constant broadcast_to");
}

TEST(Simplify, OneElementEverywhere) {
  EXPECT_EQ(Simplified("f32[1]", [](Value x) { return ExpandDims(BroadcastTo(x, {5}), 1); }), "reshape broadcast_to");
  EXPECT_EQ(Simplified("f32[1,1]", [](Value x) { return Transpose(BroadcastTo(x, {5, 4})); }), "reshape broadcast_to");
  // So a gradient that was spread over the rows reaches an elementwise reader as the number it is.
  EXPECT_EQ(Simplified("f32[3,4]",
                       [](Value x) {
                         const Value one = Slice(x, {.limit = {1, 1}});
                         return x * ExpandDims(BroadcastTo(Reshape(one, {1}), {3}), -1);
                       }),
            "slice reshape mul");
}

TEST(Simplify, Concat) {
  EXPECT_EQ(Simplified("f32[n,4]", [](Value x) { return Concat({x}, 0); }), "");
  EXPECT_EQ(Simplified("f32[2,4]", [](Value x) { return Concat({Neg(x), Concat({x, x}, 0)}, 0); }), "neg concat");
  EXPECT_EQ(Simplified("f32[2,4]",
                       [](Value x) {
                         return Concat({Concat({x, x}, 0), Concat({x, x}, 0)}, 1);
                       }),
            "concat concat concat");
}

TEST(Simplify, Slice) {
  EXPECT_EQ(Simplified("f32[n,4]", [](Value x) { return Slice(x); }), "");
  EXPECT_EQ(Simplified("f32[n,4]", [](Value x) { return SliceAxis(x, 1, 0, 3); }), "slice");
  EXPECT_EQ(
      Simplified("f32[9]",
                 [](Value x) { return Slice(SliceAxis(x, 0, 2, 8), {.start = {1}, .limit = {6}, .stride = {2}}); }),
      "slice");
  EXPECT_EQ(Simplified("f32[9]", [](Value x) { return SliceAxis(Slice(x, {.stride = {2}}), 0, 1, 3); }), "slice slice");
  EXPECT_EQ(Simplified("f32[9]", [](Value x) { return Reverse(SliceAxis(SliceAxis(x, 0, 0, 9), 0, 0, 4), {0}); }),
            "slice reverse");
  EXPECT_EQ(Simplified("f32[4]", [](Value x) { return SliceAxis(OnesLike(x), 0, 1, 3); }), "constant broadcast_to");
  EXPECT_EQ(Simplified("f32[n,4]", [](Value x) { return SliceAxis(Concat({Neg(x), x}, 0), 0, kN, kN + kN); }), "");
  EXPECT_EQ(Simplified("f32[4,4]",
                       [](Value x) {
                         return SliceAxis(Concat({Neg(x), x}, 0), 0, 3, 7);
                       }),
            "neg concat slice");
}

TEST(Simplify, Pad) {
  EXPECT_EQ(Simplified("f32[n,4]", [](Value x) { return Pad(x, {.low = {0, 0}}); }), "");
  EXPECT_EQ(Simplified("f32[n,4]", [](Value x) { return Pad(x, {.low = {0, 1}}); }), "pad");
}

TEST(Simplify, Reverse) {
  EXPECT_EQ(Simplified("f32[n,1]", [](Value x) { return Reverse(x, {1}); }), "");
  EXPECT_EQ(Simplified("f32[n,4]", [](Value x) { return Reverse(Reverse(x, {0, 1}), {0, 1}); }), "");
  EXPECT_EQ(Simplified("f32[n,4]", [](Value x) { return Reverse(Reverse(x, {0, 1}), {1}); }), "reverse");
  EXPECT_EQ(Simplified("f32[3,4]", [](Value x) { return Reverse(OnesLike(x), {1}); }), "constant broadcast_to");
}

TEST(Simplify, DimSize) {
  EXPECT_EQ(Simplified("f32[n,4]", [](Value x) { return DimSize(x, 1); }), "constant");
  EXPECT_EQ(Simplified("f32[n,4]", [](Value x) { return DimSize(x, 0); }), "dim_size");
}

}  // namespace
}  // namespace weft
