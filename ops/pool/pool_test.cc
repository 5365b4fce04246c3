// Recording, values at the edges, the order of sums bit for bit, and results in the place of operands. Kernels against
// the reference and gradients: by the sweeps over the family's cases.
#include "ops/pool/pool.h"

#include <cmath>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/autodiff/gradients.h"
#include "graph/exec/kernel.h"
#include "graph/exec/reference.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/pool/cases.h"
#include "ops/testing/case_inputs.h"
#include "ops/testing/family_sweep.h"
#include "ops/testing/kernel_sweep.h"
#include "ops/testing/recording.h"
#include "ops/testing/targets.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsNan;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(PoolSweep, KernelsEqualTheReference) { EXPECT_EQ(SweepFamilyKernels(AllOps(), "pool", AddPoolCases), ""); }
TEST(PoolSweep, Gradients) { EXPECT_EQ(SweepFamilyGradients(AllOps(), "pool", AddPoolCases), ""); }

// ---- recording

using PoolRecording = RecordingTest;

TEST_F(PoolRecording, Types) {
  EXPECT_EQ(Type(MaxPool2D(In("f32[n,28,28,1]"))), "f32[n,14,14,1]");
  EXPECT_EQ(Type(MaxPool2D(In("f32[n,11,11,64]"))), "f32[n,5,5,64]");
  EXPECT_EQ(Type(AveragePool2D(In("f64[n,9,8,c]"), {.window = {3, 2}, .strides = {2, 1}})), "f64[n,4,7,c]");
  EXPECT_EQ(Type(AveragePool2D(In("f32[2,5,5,3]"), {.window = {3, 3}, .padding_low = {1, 0}, .padding_high = {0, 2}})),
            "f32[2,2,2,3]");
  EXPECT_EQ(Type(MaxPool2D(In("f32[n,h,1,8]"), {.window = {2, 1}})), "f32[n,floordiv(h,2),1,8]");
  EXPECT_EQ(Error(), "");
}
TEST_F(PoolRecording, GradientsOfSymbolicImages) {
  Value x = In("f32[n,h,w,3]"), y = AveragePool2D(MaxPool2D(x), {.window = {3, 3}, .strides = {1, 1}});
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Value> dx, Gradients({y}, {x}, {y}));
  EXPECT_EQ(Type(dx[0]), "f32[n,h,w,3]");
}
TEST_F(PoolRecording, WindowLargerThanTheImage) {
  MaxPool2D(In("f32[n,2,5,3]"), {.window = {3, 3}});
  EXPECT_THAT(Error(), AllOf(HasSubstr("a window [3,3] does not fit into the image f32[n,2,5,3]"),
                             HasSubstr("height with padding is 2")));
}
TEST_F(PoolRecording, PaddingOfAWholeWindow) {
  AveragePool2D(In("f32[n,5,5,3]"), {.window = {2, 2}, .padding_high = {0, 2}});
  EXPECT_THAT(Error(), HasSubstr("padding_high is [0,2], expected less than the window [2,2]"));
}
TEST_F(PoolRecording, NotAnImage) {
  MaxPool2D(In("f32[n,28,28]"));
  EXPECT_THAT(Error(), HasSubstr("expected rank 4, [batch, height, width, channels]"));
}
TEST_F(PoolRecording, NotFloats) {
  MaxPool2D(In("u8[n,28,28,1]"));
  EXPECT_THAT(Error(), HasSubstr("the image is u8[n,28,28,1], expected floats"));
}
TEST_F(PoolRecording, NotPairs) {
  MaxPool2D(In("f32[n,28,28,1]"), {.window = {2}});
  EXPECT_THAT(Error(), HasSubstr("window is [2], expected two numbers >= 1"));
}
TEST_F(PoolRecording, NoStride) {
  MaxPool2D(In("f32[n,28,28,1]"), {.strides = {0, 1}});
  EXPECT_THAT(Error(), HasSubstr("strides is [0,1], expected two numbers >= 1"));
}
TEST_F(PoolRecording, GradientOfAnotherShape) {
  MaxPool2DGradient(In("f32[n,28,28,1]"), In("f32[n,13,14,1]"));
  EXPECT_THAT(Error(), HasSubstr("dy is f32[n,13,14,1], but the pooling of f32[n,28,28,1] gives f32[n,14,14,1]"));
}
TEST_F(PoolRecording, PickOfAnotherShape) {
  MaxPool2DPick(In("f32[n,28,28,1]"), In("f32[n,28,28,2]"));
  EXPECT_THAT(Error(), HasSubstr("expected the type of x, f32[n,28,28,1]"));
}
TEST_F(PoolRecording, AbsentOperandsAreHandedOn) {
  EXPECT_TRUE(MaxPool2D(Value()).absent());
  EXPECT_TRUE(AveragePool2DGradient(Value(), {}).absent());
}

// ---- values

// What inputs are drawn from.
OpCase Drawn(const char* op, const char* name, std::vector<CaseInput> inputs) {
  OpCase c;
  c.op = op;
  c.name = name;
  c.inputs = std::move(inputs);
  return c;
}

struct Recorded {
  GraphPtr graph;
  std::vector<Tensor> inputs;
};

Recorded Record(std::vector<Tensor> inputs, const std::function<Value(absl::Span<const Value>)>& record) {
  GraphBuilder b(AllOps());
  std::vector<Value> values;
  for (const Tensor& input : inputs) {
    values.push_back(b.Input(absl::StrCat("x", values.size()), {input.dtype(), Shape::FromDims(input.dims())}));
  }
  b.Output("y", record(values));
  absl::StatusOr<GraphPtr> graph = b.Build();
  WEFT_EXPECT_OK(graph.status());
  return {*graph, std::move(inputs)};
}

// The same at every level.
Tensor ResultOf(const Recorded& r) {
  Tensor first;
  for (Isa isa : HostIsas()) {
    Target target;
    target.isa = isa;
    absl::StatusOr<std::vector<Tensor>> got = RunGuarded(*r.graph, r.inputs, target);
    WEFT_EXPECT_OK(got.status());
    if (!got.ok()) return Tensor();
    if (first.num_elements() == 0) first = (*got)[0];
    EXPECT_TRUE(BitEqual((*got)[0], first)) << Name(isa);
  }
  return first;
}

Tensor Floats(std::vector<float> values, Dims dims) { return *Tensor::FromVector<float>(std::move(values), dims); }

TEST(MaxPool, TakesTheFirstMaximum) {
  // Four windows of a row of eight: a tie, zeros of both signs, -inf alone, ascending.
  const Tensor x = Floats({3, 3, 0.0f, -0.0f, -kInf, -kInf, 1, 2}, {1, 1, 8, 1});
  const Pool2DOptions pairs{.window = {1, 2}};
  EXPECT_THAT(ResultOf(Record({x}, [&](auto in) { return MaxPool2D(in[0], pairs); })).data<float>(),
              ElementsAre(3, 0, -kInf, 2));
  const Tensor dy = Floats({1, 2, 3, 4}, {1, 1, 4, 1});
  EXPECT_THAT(ResultOf(Record({x, dy}, [&](auto in) { return MaxPool2DGradient(in[0], in[1], pairs); })).data<float>(),
              ElementsAre(1, 0, 2, 0, 3, 0, 0, 4));
  const Tensor g = Floats({1, 2, 3, 4, 5, 6, 7, 8}, {1, 1, 8, 1});
  EXPECT_THAT(ResultOf(Record({x, g}, [&](auto in) { return MaxPool2DPick(in[0], in[1], pairs); })).data<float>(),
              ElementsAre(1, 3, 5, 8));
}

TEST(MaxPool, ANanWins) {
  const Tensor x = Floats({kNan, 5, 7, kNan, kNan, kNan}, {1, 1, 6, 1});
  const Pool2DOptions pairs{.window = {1, 2}};
  Recorded max = Record({x}, [&](auto in) { return MaxPool2D(in[0], pairs); });
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> y, RunGuarded(*max.graph, max.inputs, Target()));
  EXPECT_THAT(y[0].data<float>(), ElementsAre(IsNan(), IsNan(), IsNan()));
  const Tensor dy = Floats({1, 2, 3}, {1, 1, 3, 1});
  EXPECT_THAT(ResultOf(Record({x, dy}, [&](auto in) { return MaxPool2DGradient(in[0], in[1], pairs); })).data<float>(),
              ElementsAre(1, 0, 0, 2, 0, 3));
}

TEST(MaxPool, PickOfItselfIsTheMaximum) {
  const OpCase drawn = Drawn("max_pool2d_pick", "itself", {{.dims = {2, 7, 7, 19}}});
  PhiloxStream random = StreamOf(drawn, 1);
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> x, DrawInputs(drawn, random, false));
  const Pool2DOptions options{.window = {3, 3}, .strides = {2, 2}};
  EXPECT_TRUE(BitEqual(ResultOf(Record(x, [&](auto in) { return MaxPool2D(in[0], options); })),
                       ResultOf(Record(x, [&](auto in) { return MaxPool2DPick(in[0], in[0], options); }))));
}

// ---- the order of sums, by loops in float

struct Loops {
  Dims x, y;
  Pool2DOptions o;

  template <typename F>  // f(index in y, indices in x of its window)
  void ForEach(F f) const {
    int64_t at = 0;
    for (int64_t n = 0; n < y[0]; ++n) {
      for (int64_t i = 0; i < y[1]; ++i) {
        for (int64_t j = 0; j < y[2]; ++j) {
          for (int64_t c = 0; c < y[3]; ++c) {
            std::vector<size_t> window;
            for (int64_t r = i * o.strides[0] - o.padding_low[0]; r < i * o.strides[0] - o.padding_low[0] + o.window[0];
                 ++r) {
              for (int64_t q = j * o.strides[1] - o.padding_low[1];
                   q < j * o.strides[1] - o.padding_low[1] + o.window[1]; ++q) {
                if (r < 0 || r >= x[1] || q < 0 || q >= x[2]) continue;
                window.push_back(static_cast<size_t>(((n * x[1] + r) * x[2] + q) * x[3] + c));
              }
            }
            f(static_cast<size_t>(at++), window);
          }
        }
      }
    }
  }
};

TEST(PoolOrder, SumsAreChainsInRowMajorOrder) {
  const Loops loops{{3, 9, 8, 21}, {3, 9, 4, 21}, {{4, 3}, {1, 2}, {1, 0}, {2, 1}}};
  const OpCase drawn = Drawn("pool", "order", {{.dims = loops.x}, {.dims = loops.y}});
  PhiloxStream random = StreamOf(drawn, 1);
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> inputs, DrawInputs(drawn, random, false));
  const auto x = inputs[0].data<float>(), dy = inputs[1].data<float>();
  std::vector<float> mean(dy.size()), from_max(x.size(), 0), from_mean(x.size(), 0);
  loops.ForEach([&](size_t at, const std::vector<size_t>& window) {
    float sum = 0;
    size_t first = window[0];
    for (size_t i : window) {
      sum += x[i];
      if (x[i] > x[first]) first = i;
      from_mean[i] += dy[at] / static_cast<float>(window.size());
    }
    mean[at] = sum / static_cast<float>(window.size());
    from_max[first] += dy[at];
  });
  EXPECT_TRUE(BitEqual(ResultOf(Record({inputs[0]}, [&](auto in) { return AveragePool2D(in[0], loops.o); })),
                       Floats(mean, loops.y)));
  EXPECT_TRUE(BitEqual(ResultOf(Record(inputs, [&](auto in) { return MaxPool2DGradient(in[0], in[1], loops.o); })),
                       Floats(from_max, loops.x)));
  EXPECT_TRUE(BitEqual(
      ResultOf(Record({inputs[1]},
                      [&](auto in) { return AveragePool2DGradient(in[0], Shape::FromDims(loops.x), loops.o); })),
      Floats(from_mean, loops.x)));
}

// ---- in place

TEST(PoolInPlace, AMaximumsGradientMayTakeThePlaceOfTheImage) {
  for (const Dims& dims : {Dims{3, 8, 8, 32}, Dims{3, 7, 9, 21}}) {
    const Dims pooled = {dims[0], dims[1] / 2, dims[2] / 2, dims[3]};
    const OpCase drawn = Drawn("max_pool2d_gradient", "in place", {{.dims = dims}, {.dims = pooled}});
    PhiloxStream random = StreamOf(drawn, 1);
    WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> inputs, DrawInputs(drawn, random, false));
    const Recorded r = Record(inputs, [&](auto in) { return MaxPool2DGradient(in[0], in[1]); });
    const Tensor want = ResultOf(r);
    const Node& node = r.graph->nodes().back();
    const std::vector<ConcreteType> in = {{DType::kFloat32, dims}, {DType::kFloat32, pooled}};
    for (Isa isa : HostIsas()) {
      const Target target = TargetOf(isa, 2);
      WEFT_ASSERT_OK_AND_ASSIGN(
          auto kernel, node.op->kernel({*node.op, *node.attrs, in, absl::MakeSpan(in).subspan(0, 1), {}, target}));
      ASSERT_TRUE(kernel->MayAlias(0, 0));
      EXPECT_FALSE(kernel->MayAlias(0, 1));
      Tensor x = inputs[0].Clone();
      const void* operands[] = {x.raw(), inputs[1].raw()};
      void* results[] = {x.mutable_raw()};
      for (int share = 0; share < kernel->shares(); ++share) kernel->Run({operands, results, nullptr}, share);
      EXPECT_TRUE(BitEqual(x, want)) << Name(isa) << DimsToString(dims);
    }
  }
}

TEST(PoolInPlace, NotWhereWindowsOverlap) {
  const std::vector<ConcreteType> in = {{DType::kFloat32, {1, 4, 4, 8}}, {DType::kFloat32, {1, 3, 3, 8}}};
  const Recorded r =
      Record({*Tensor::Create(DType::kFloat32, in[0].dims), *Tensor::Create(DType::kFloat32, in[1].dims)}, [](auto v) {
        return MaxPool2DGradient(v[0], v[1], {.strides = {1, 1}});
      });
  const Node& node = r.graph->nodes().back();
  const Target target;
  WEFT_ASSERT_OK_AND_ASSIGN(auto kernel,
                            node.op->kernel({*node.op, *node.attrs, in, absl::MakeSpan(in).subspan(0, 1), {}, target}));
  EXPECT_FALSE(kernel->MayAlias(0, 0));
}

}  // namespace
}  // namespace weft
