// Kernels against the reference and gradients: by the sweeps over the family's cases. Then recording, values at the
// edges, the order of sums, and how many kernels a training step has.
#include "ops/softmax/softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_join.h"
#include "core/philox.h"
#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/autodiff/gradients.h"
#include "graph/exec/reference.h"
#include "graph/passes/passes.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/softmax/cases.h"
#include "ops/testing/family_sweep.h"
#include "ops/testing/kernel_sweep.h"
#include "ops/testing/record_and_run.h"
#include "ops/testing/recording.h"
#include "ops/testing/targets.h"

namespace weft {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::IsNan;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(SoftmaxSweep, KernelsEqualTheReference) {
  EXPECT_EQ(SweepFamilyKernels(AllOps(), "softmax", AddSoftmaxCases), "");
}
TEST(SoftmaxSweep, Gradients) { EXPECT_EQ(SweepFamilyGradients(AllOps(), "softmax", AddSoftmaxCases), ""); }

// ---- recording

using Recording = RecordingTest;

TEST_F(Recording, Types) {
  EXPECT_EQ(Type(Softmax(In("f32[n,10]"))), "f32[n,10]");
  EXPECT_EQ(Type(LogSoftmax(In("f64[n,10]"), 0)), "f64[n,10]");
  EXPECT_EQ(Type(SoftmaxCrossEntropy(In("f32[n,m,10]"), In("f32[n,m,10]"))), "f32[n,m]");
  EXPECT_EQ(Type(SparseSoftmaxCrossEntropy(In("f32[n,10]"), In("u8[n]"))), "f32[n]");
  EXPECT_EQ(Type(SigmoidCrossEntropy(In("f32[n,10]"), In("f32[n,10]"))), "f32[n,10]");
  EXPECT_EQ(Error(), "");
}
TEST_F(Recording, AxisOutOfRange) {
  Softmax(In("f32[n,10]"), 2);
  EXPECT_THAT(Error(), HasSubstr("softmax of f32[n,10]"));
  EXPECT_THAT(Error(), HasSubstr("axis 2 is out of range: expected an axis in [-2, 2)"));
}
TEST_F(Recording, Integers) {
  LogSoftmax(In("i32[3]"));
  EXPECT_THAT(Error(), HasSubstr("expected f32 or f64, got i32[3]"));
}
TEST_F(Recording, IntegerLabelsWhereProbabilitiesAreExpected) {
  SoftmaxCrossEntropy(In("f32[n,10]"), In("i64[n]"));
  EXPECT_THAT(Error(), HasSubstr("expected the type of the logits, f32[n,10], got i64[n] (for integer labels use "
                                 "sparse_softmax_cross_entropy)"));
}
TEST_F(Recording, LabelsOfAnotherShape) {
  SparseSoftmaxCrossEntropy(In("f32[n,10]"), In("i64[n,1]"));
  EXPECT_THAT(Error(), HasSubstr("expected i32, i64 or u8 of shape [n] (one per row of the logits), got i64[n,1]"));
}
TEST_F(Recording, ScalarLogits) {
  SparseSoftmaxCrossEntropy(In("f32[]"), In("i64[]"));
  EXPECT_THAT(Error(), HasSubstr("with at least one axis, got f32[]"));
}
TEST_F(Recording, ErrorsAreHandedOn) {
  EXPECT_TRUE(Softmax(Value()).absent());
  EXPECT_TRUE(SoftmaxCrossEntropy(Value(), Value()).absent());
  Value error = Softmax(In("i32[3]"));
  const std::string first = Error();
  EXPECT_FALSE(LogSoftmax(error).ok());
  EXPECT_FALSE(SoftmaxCrossEntropy(error, In("f32[3]")).ok());
  EXPECT_FALSE(SigmoidCrossEntropy(error, In("f32[3]")).ok());
  EXPECT_EQ(Error(), first);
}

TEST_F(Recording, Activations) {
  for (const char* name : {"softmax", "log_softmax"}) {
    const Composition* activation = AllOps().FindComposition(name);
    ASSERT_NE(activation, nullptr);
    EXPECT_TRUE(activation->is_activation);
    Value y = activation->record(In("f32[n,10]"), AttrMap({{"axis", int64_t{-1}}}));
    ASSERT_TRUE(y.ok());
    EXPECT_EQ(b_.producer(y).op->name, name);
    EXPECT_EQ(b_.producer(y).attrs->Int("axis"), 1);
  }
  EXPECT_FALSE(AllOps().FindComposition("softmax")->record(In("f32[3]"), AttrMap({{"axis", INT64_MAX}})).ok());
}

// ---- values

// As many results as are looked at, also after an error.
std::vector<Tensor> OnKernels(absl::Span<const Tensor> inputs, const RecordFn& record, Isa isa = Isa::kBaseline,
                              int shares = 1) {
  absl::StatusOr<std::vector<Tensor>> y = RecordAndRun(inputs, record, TargetOf(isa, shares));
  WEFT_EXPECT_OK(y.status());
  return y.ok() ? *y : std::vector<Tensor>(8);
}

Tensor F32(const Dims& dims, std::vector<float> values) { return *Tensor::FromVector<float>(values, dims); }

TEST(SoftmaxValues, LargeLogitsDoNotOverflow) {
  const std::vector<Tensor> y = OnKernels({F32({2, 2}, {1000, 1000, -3e38f, 3e38f})}, [](absl::Span<const Value> in) {
    return std::vector<Value>{Softmax(in[0]), LogSoftmax(in[0])};
  });
  EXPECT_THAT(y[0].data<float>(), ElementsAre(0.5f, 0.5f, 0, 1));
  EXPECT_THAT(y[1].data<float>(), ElementsAre(FloatEq(-std::log(2.0f)), FloatEq(-std::log(2.0f)), -kInf, 0));
}

TEST(SoftmaxValues, RowsThatHaveNoSoftmaxAreNanAndTheOthersAreNotTouched) {
  const Tensor x = F32({5, 3}, {1, kNan, 2, 0, 0, 0, kInf, 0, 0, -kInf, -kInf, -kInf, -kInf, 5, -kInf});
  for (Isa isa : HostIsas()) {
    const std::vector<Tensor> y = OnKernels(
        {x},
        [](absl::Span<const Value> in) {
          return std::vector<Value>{Softmax(in[0]), LogSoftmax(in[0])};
        },
        isa);
    for (const Tensor& t : y) {
      for (int row : {0, 3}) EXPECT_THAT(t.data<float>().subspan(3 * row, 3), Each(IsNan())) << Name(isa);
      EXPECT_THAT(t.data<float>()[6], IsNan());
    }
    EXPECT_THAT(y[0].data<float>().subspan(3, 3), Each(FloatEq(1.0f / 3)));
    EXPECT_THAT(y[0].data<float>().subspan(12, 3), ElementsAre(0, 1, 0));
  }
}

TEST(SoftmaxValues, ALabelOutOfRangeGivesNanInItsRow) {
  const Tensor z = F32({4, 2}, {0, 0, 1, 3, 0, 0, 2, 2});
  for (const Tensor& labels : {*Tensor::FromVector<int64_t>({0, 2, -1, 1}, {4}),
                               *Tensor::FromVector<int64_t>({0, INT64_MAX, INT64_MIN, 1}, {4})}) {
    for (Isa isa : HostIsas()) {
      const std::vector<Tensor> loss = OnKernels(
          {z, labels},
          [](absl::Span<const Value> in) { return std::vector<Value>{SparseSoftmaxCrossEntropy(in[0], in[1])}; }, isa,
          2);
      EXPECT_THAT(loss[0].data<float>(),
                  ElementsAre(FloatEq(std::log(2.0f)), IsNan(), IsNan(), FloatEq(std::log(2.0f))));
    }
  }
}

TEST(SoftmaxValues, DenseAndSparseAgree) {
  const Tensor z = F32({3, 4}, {1, 2, 3, 4, -1, 0, 5, 2, 9, 9, 9, 8});
  const Tensor p = F32({3, 4}, {0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1});
  const Tensor labels = *Tensor::FromVector<uint8_t>({2, 0, 3}, {3});
  const std::vector<Tensor> y = OnKernels({z, p, labels}, [](absl::Span<const Value> in) {
    return std::vector<Value>{SoftmaxCrossEntropy(in[0], in[1]), SparseSoftmaxCrossEntropy(in[0], in[2]),
                              Neg(ReduceSum(Mul(in[1], LogSoftmax(in[0])), {.axes = {1}}))};
  });
  for (int64_t r = 0; r < 3; ++r) {
    EXPECT_EQ(y[0].data<float>()[r], y[1].data<float>()[r]);
    EXPECT_FLOAT_EQ(y[0].data<float>()[r], y[2].data<float>()[r]);
  }
}

TEST(SoftmaxValues, SigmoidCrossEntropyIsExactAtTheEndsAndItsGradientAtZero) {
  GraphBuilder b(AllOps());
  Value z = b.Input("z", {DType::kFloat32, {6}}), t = b.Input("t", {DType::kFloat32, {6}});
  Value loss = SigmoidCrossEntropy(z, t);
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Value> dz, Gradients({loss}, {z}));
  b.Output("loss", loss);
  b.Output("dz", dz[0]);
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
  WEFT_ASSERT_OK_AND_ASSIGN(
      std::vector<Tensor> y,
      RunGuarded(*graph, {F32({6}, {20, -20, 200, -200, 0, 0}), F32({6}, {1, 0, 0, 1, 0, 0.75f})}, Target()));
  EXPECT_THAT(y[0].data<float>(), ElementsAre(FloatEq(2.0611537e-9f), FloatEq(2.0611537e-9f), 200, 200,
                                              FloatEq(std::log(2.0f)), FloatEq(std::log(2.0f))));
  EXPECT_THAT(y[1].data<float>(), ElementsAre(FloatNear(0, 1e-8f), FloatNear(2.06e-9f, 1e-10f), 1, -1, 0.5f, -0.25f));
}

Tensor Random(const Dims& dims) {
  Tensor t = *Tensor::Create(DType::kFloat32, dims);
  PhiloxStream random(3);
  for (float& v : t.mutable_data<float>()) v = static_cast<float>(20 * random.Uniform() - 10);
  return t;
}

// ---- one result

TEST(SoftmaxOrder, IsThatOfMaxExpSumAndDivision) {
  for (int64_t n : {1, 10, 64, 65, 200, 1000}) {
    for (Isa isa : HostIsas()) {
      const std::vector<Tensor> y = OnKernels(
          {Random({7, n})},
          [](absl::Span<const Value> in) {
            const ReduceOptions row{.axes = {1}, .keepdims = true};
            const Value shifted = in[0] - ReduceMax(in[0], row), e = Exp(shifted), sum = ReduceSum(e, row);
            return std::vector<Value>{Softmax(in[0]), e / sum, LogSoftmax(in[0]), shifted - Log(sum)};
          },
          isa, 3);
      EXPECT_TRUE(BitEqual(y[0], y[1])) << Name(isa) << " " << n;
      EXPECT_TRUE(BitEqual(y[2], y[3])) << Name(isa) << " " << n;
    }
  }
}

TEST(SoftmaxOrder, ARowAloneHasTheBitsOfARowInABatchWhateverItsAxis) {
  const Tensor batch = Random({130, 37});
  auto record = [](absl::Span<const Value> in) {
    return std::vector<Value>{Softmax(in[0]), LogSoftmax(in[0]), SoftmaxCrossEntropy(in[0], in[0])};
  };
  const std::vector<Tensor> all = OnKernels({batch}, record, HostIsas().back(), 8);
  for (int64_t r : {0, 1, 63, 64, 129}) {
    const std::vector<Tensor> one = OnKernels({*batch.Rows(r, r + 1)}, record);
    for (int k = 0; k < 3; ++k) EXPECT_TRUE(BitEqual(one[k], *all[k].Rows(r, r + 1))) << r;
  }
  // Along the first axis: the columns are the rows of the transposed tensor.
  Tensor turned = *Tensor::Create(DType::kFloat32, {37, 130});
  for (int64_t i = 0; i < 130 * 37; ++i) turned.mutable_data<float>()[i % 37 * 130 + i / 37] = batch.data<float>()[i];
  for (Isa isa : HostIsas()) {
    const std::vector<Tensor> along_first = OnKernels(
        {turned},
        [](absl::Span<const Value> in) {
          return std::vector<Value>{Softmax(in[0], 0), LogSoftmax(in[0], 0)};
        },
        isa, 3);
    for (int k = 0; k < 2; ++k) {
      for (int64_t i = 0; i < 130 * 37; ++i) {
        ASSERT_EQ(along_first[k].data<float>()[i % 37 * 130 + i / 37], all[k].data<float>()[i]);
      }
    }
  }
}

// ---- a training step

// The ops that remain after the default passes.
std::string Optimized(const std::function<void(GraphBuilder&)>& record) {
  GraphBuilder b(AllOps());
  record(b);
  absl::StatusOr<GraphPtr> graph = b.Build();
  if (!graph.ok()) return graph.status().ToString();
  auto module = std::make_shared<Module>(AllOps());
  WEFT_EXPECT_OK(module->AddFunction("f", *graph));
  std::shared_ptr<const Module> current = module;
  for (const Pass& pass : {FoldPass(), SimplifyPass(), CsePass(), FusePass(), DcePass()}) {
    absl::StatusOr<PassResult> result = pass.run(current, Target());
    if (!result.ok()) return result.status().ToString();
    current = result->module;
  }
  std::vector<std::string> ops;
  const GraphPtr optimized = current->FindFunction("f");
  for (const Node& node : optimized->nodes()) {
    if (!IsInput(node) && !node.op->is_view && node.op->name != "constant") ops.push_back(node.op->name);
  }
  std::sort(ops.begin(), ops.end());
  return absl::StrJoin(ops, " ");
}

// The forward pass' softmax serves the gradient, which is one program; another holds the scalars (1 / n).
TEST(SoftmaxTraining, ActivationLossAndGradientAreAFewKernels) {
  const Shape rows = {Dim::Symbol("n")}, logits = {Dim::Symbol("n"), 10};
  EXPECT_EQ(
      Optimized([&](GraphBuilder& b) {
        Value z = b.Input("z", {DType::kFloat32, logits}), p = b.Input("p", {DType::kFloat32, logits});
        b.Output("a", Softmax(z));
        Value loss = ReduceMean(SoftmaxCrossEntropy(z, p));
        absl::StatusOr<std::vector<Value>> dz = Gradients({loss}, {z});
        b.Output("loss", loss);
        b.Output("dz", dz.ok() ? (*dz)[0] : Value());
      }),
      "dim_size elementwise_program elementwise_program reduce_epilogue reduce_sum softmax softmax_cross_entropy");
  EXPECT_EQ(
      Optimized([&](GraphBuilder& b) {
        Value z = b.Input("z", {DType::kFloat32, logits}), labels = b.Input("labels", {DType::kUInt8, rows});
        b.Output("a", Softmax(z));
        Value loss = ReduceMean(SparseSoftmaxCrossEntropy(z, labels));
        absl::StatusOr<std::vector<Value>> dz = Gradients({loss}, {z});
        b.Output("loss", loss);
        b.Output("dz", dz.ok() ? (*dz)[0] : Value());
      }),
      "dim_size elementwise_program elementwise_program iota reduce_epilogue softmax sparse_softmax_cross_entropy");
}

}  // namespace
}  // namespace weft
