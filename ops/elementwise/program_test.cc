// elementwise_program: broadcasting, tails, shares, layouts, outputs in place; its type rule and reference.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "graph/exec/kernel.h"
#include "graph/exec/reference.h"
#include "ops/elementwise/body.h"
#include "ops/elementwise/elementwise.h"
#include "ops/elementwise/operand_view.h"
#include "ops/elementwise/testing/harness.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using Record = std::function<std::vector<Value>(GraphBuilder& builder, absl::Span<const Value> in)>;

const OpDef& ProgramOp() { return *TestOps().Find("elementwise_program"); }

AttrMap BodyAttr(std::vector<DType> inputs, const Record& record) {
  std::vector<TensorType> types;
  for (DType dtype : inputs) types.push_back({dtype, {}});
  absl::StatusOr<GraphPtr> body = BuildGraph(types, record);
  EXPECT_THAT(body, IsOk());
  return AttrMap{{"body", *body}};
}
std::vector<DType> Floats(int n) { return std::vector<DType>(n, DType::kFloat32); }

// Three operands, two results, one of them bool; all of it exact.
AttrMap Mixed() {
  return BodyAttr(Floats(3), [](GraphBuilder&, absl::Span<const Value> in) {
    Value y = in[0] * in[1] + in[2];
    return std::vector<Value>{Relu(y) * 0.5, Greater(y, in[0])};
  });
}

// The kernel against the reference, on every level, for some numbers of shares.
void Check(const AttrMap& attrs, const std::vector<Tensor>& inputs, KernelRunOptions options = {}) {
  std::vector<RefTensor> refs, outputs;
  Dims dims;
  for (const Tensor& t : inputs) {
    refs.push_back(ToRef(FlushDenormals(t)));
    dims = *BroadcastDims(dims, t.dims());
  }
  const Graph& body = *attrs.Function("body");
  for (const Graph::Output& output : body.outputs()) {
    RefTensor ref;
    ref.dtype = body.type(output.value).dtype;
    outputs.push_back(ref);
  }
  WEFT_ASSERT_OK(RunBodyReference(body, refs, dims, absl::MakeSpan(outputs)));
  for (Isa isa : HostIsas()) {
    for (int shares : {1, 2, 3, 8}) {
      SCOPED_TRACE(absl::StrCat(Name(isa), ", ", shares, " shares"));
      options.target.isa = isa;
      options.target.threads = shares;
      options.target.force_shares = shares > 1;
      WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> got, RunKernel(ProgramOp(), attrs, inputs, options));
      ASSERT_EQ(got.size(), outputs.size());
      for (size_t k = 0; k < got.size(); ++k)
        ASSERT_EQ(Difference(got[k], *FromRef(outputs[k]), 0), "") << "result " << k;
    }
  }
}

TEST(ProgramTest, BroadcastsEveryWay) {
  struct Shapes {
    Dims a, b, c;
  };
  PhiloxStream random(1);
  for (const Shapes& s : {
           Shapes{{1000}, {1000}, {1000}},           // contiguous
           Shapes{{33, 10}, {10}, {}},               // a narrow row, a scalar
           Shapes{{129, 784}, {784}, {1}},           // a row that no multiple of 64 fits
           Shapes{{7, 5000}, {5000}, {7, 1}},        // a row longer than is repeated, a column
           Shapes{{3, 1, 5}, {1, 7, 1}, {3, 7, 5}},  // the middle
           Shapes{{2, 1, 3, 1}, {1, 4, 1, 5}, {2, 4, 3, 5}},
           Shapes{{4, 3, 1}, {5}, {1, 3, 1}},
           Shapes{{17, 1}, {1, 19}, {}},  // no operand is of the full shape
           Shapes{{}, {}, {}},
           Shapes{{1, 1}, {1}, {}},
           Shapes{{0, 5}, {5}, {}},  // empty
           Shapes{{2, 3, 1, 4097}, {3, 1, 1}, {4097}},
           Shapes{{6, 2, 1}, {64}, {6, 1, 64}},
       }) {
    SCOPED_TRACE(absl::StrCat(DimsToString(s.a), DimsToString(s.b), DimsToString(s.c)));
    Check(Mixed(),
          {RandomF32(s.a, -2, 2, random, 9), RandomF32(s.b, -2, 2, random, 9), RandomF32(s.c, -2, 2, random, 9)});
    if (HasFatalFailure()) return;
  }
}

TEST(ProgramTest, AnySize) {
  PhiloxStream random(2);
  for (int64_t n : {1, 2, 15, 16, 17, 31, 63, 64, 65, 127, 128, 1000, 2047, 2048, 2049, 4097, 70000}) {
    SCOPED_TRACE(n);
    Check(Mixed(), {RandomF32({n}, -2, 2, random, 9), RandomF32({n}, -2, 2, random, 9), RandomF32({1}, -2, 2, random)});
    if (HasFatalFailure()) return;
  }
}

// w, m <- w - 0.1 (0.9 m + g), 0.9 m + g, in place: the shape of every optimizer.
TEST(ProgramTest, OutputsInPlaceOfInputs) {
  AttrMap update = BodyAttr(Floats(3), [](GraphBuilder&, absl::Span<const Value> in) {
    Value m = in[1] * 0.9 + in[2];
    return std::vector<Value>{in[0] - m * 0.1, m};
  });
  PhiloxStream random(3);
  for (int64_t n : {1, 10, 64, 1000, 5000}) {
    SCOPED_TRACE(n);
    std::vector<Tensor> inputs = {RandomF32({n}, -2, 2, random), RandomF32({n}, -2, 2, random),
                                  RandomF32({n}, -2, 2, random)};
    using Alias = std::vector<std::pair<int, int>>;
    for (const Alias& alias : {Alias{{0, 0}, {1, 1}}, Alias{{0, 1}, {1, 0}}, Alias{{1, 2}}, Alias{{0, 2}}, Alias{}}) {
      KernelRunOptions options;
      options.alias = alias;
      Check(update, inputs, options);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(ProgramTest, OnlyAnInputOfTheResultsShapeAndSizeIsOverwritten) {
  const AttrMap attrs = Mixed();
  const Target target;
  const std::vector<ConcreteType> in = {{DType::kFloat32, {4, 10}}, {DType::kFloat32, {10}}, {DType::kFloat32, {}}};
  const std::vector<ConcreteType> out = {{DType::kFloat32, {4, 10}}, {DType::kBool, {4, 10}}};
  WEFT_ASSERT_OK_AND_ASSIGN(std::unique_ptr<Kernel> kernel,
                            ProgramOp().kernel({ProgramOp(), attrs, in, out, {}, target}));
  EXPECT_TRUE(kernel->MayAlias(0, 0));
  EXPECT_FALSE(kernel->MayAlias(0, 1));
  EXPECT_FALSE(kernel->MayAlias(0, 2));
  EXPECT_FALSE(kernel->MayAlias(1, 0));
}

// Padding holds 0 afterwards, though the body makes 1 of 0.
TEST(ProgramTest, PanelLayoutsKeepTheirPaddingZero) {
  AttrMap attrs = BodyAttr(Floats(3), [](GraphBuilder&, absl::Span<const Value> in) {
    return std::vector<Value>{(in[0] + 1.0) * in[1], Maximum(in[0], in[1]) - in[2] + 1.0};
  });
  PhiloxStream random(4);
  for (const Dims& dims : {Dims{1, 1}, Dims{5, 64}, Dims{7, 10}, Dims{33, 130}, Dims{784, 65}}) {
    SCOPED_TRACE(DimsToString(dims));
    KernelRunOptions options;
    options.layout = Layout::kPanels64;
    const std::vector<Tensor> inputs = {RandomF32(dims, -2, 2, random), RandomF32(dims, -2, 2, random),
                                        RandomF32({}, -2, 2, random)};
    for (bool in_place : {false, true}) {
      options.alias = in_place ? std::vector<std::pair<int, int>>{{0, 0}, {1, 1}} : std::vector<std::pair<int, int>>{};
      Check(attrs, inputs, options);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(ProgramTest, TypeRule) {
  auto infer = [](std::vector<TensorType> in) { return ProgramOp().infer(in, Mixed()); };
  const Dim n = Dim::Symbol("n");
  const TensorType full{DType::kFloat32, {n, 10}}, row{DType::kFloat32, {10}}, scalar{DType::kFloat32, {}};
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<TensorType> types, infer({full, row, scalar}));
  ASSERT_EQ(types.size(), 2u);
  EXPECT_EQ(types[0], full);
  EXPECT_EQ(types[1], (TensorType{DType::kBool, {n, 10}}));
  EXPECT_THAT(infer({full, row}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("3 inputs, got 2")));
  EXPECT_THAT(infer({full, row, {DType::kInt32, {}}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("input 2 of the body is f32, got i32[]")));
  EXPECT_THAT(infer({full, {DType::kFloat32, {9}}, scalar}), StatusIs(absl::StatusCode::kInvalidArgument));
  TensorType panels{DType::kFloat32, {20, 10}, Layout::kPanels64};
  WEFT_ASSERT_OK_AND_ASSIGN(types, infer({panels, panels, scalar}));
  EXPECT_EQ(types[1].layout, Layout::kPanels64);
  EXPECT_THAT(infer({panels, row, scalar}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("panels64")));
}

TEST(ProgramTest, Float64RunsOnTheReferenceOnly) {
  AttrMap attrs = BodyAttr({DType::kFloat64},
                           [](GraphBuilder&, absl::Span<const Value> in) { return std::vector<Value>{Square(in[0])}; });
  const std::vector<ConcreteType> type = {{DType::kFloat64, {4}}};
  const Target target;
  WEFT_ASSERT_OK_AND_ASSIGN(std::unique_ptr<Kernel> kernel,
                            ProgramOp().kernel({ProgramOp(), attrs, type, type, {}, target}));
  EXPECT_EQ(kernel, nullptr);
}

TEST(OperandViewTest, Kinds) {
  using Kind = OperandView::Kind;
  EXPECT_EQ(OperandView({4, 5}, {4, 5}, 4).kind(), Kind::kContiguous);
  EXPECT_EQ(OperandView({4, 1, 5}, {4, 1, 5}, 4).kind(), Kind::kContiguous);
  EXPECT_EQ(OperandView({1, 1}, {4, 5}, 4).kind(), Kind::kScalar);
  EXPECT_EQ(OperandView({}, {1, 1}, 4).kind(), Kind::kScalar);
  EXPECT_EQ(OperandView({5}, {4, 5}, 4).kind(), Kind::kPeriodic);
  EXPECT_EQ(OperandView({5}, {4, 5}, 4).period(), 5);
  EXPECT_EQ(OperandView({3, 5}, {2, 4, 3, 5}, 4).period(), 15);
  EXPECT_EQ(OperandView({3, 1}, {2, 4, 3, 5}, 4).period(), 15);
  EXPECT_EQ(OperandView({4, 1}, {4, 5}, 4).kind(), Kind::kGeneral);
}

TEST(OperandViewTest, GathersFromAnywhere) {
  PhiloxStream random(5);
  for (const auto& [dims, iteration] : std::vector<std::pair<Dims, Dims>>{{{5}, {4, 5}},
                                                                          {{4, 1}, {4, 5}},
                                                                          {{2, 1, 3}, {2, 20, 3}},
                                                                          {{2, 3, 1}, {2, 3, 4}},
                                                                          {{1, 3, 1, 2}, {4, 3, 5, 2}}}) {
    const Tensor from = RandomF32(dims, -1, 1, random);
    RefTensor ref = ToRef(from);
    const int64_t total = NumElements(iteration);
    OperandView view(dims, iteration, 4);
    std::vector<RefTensor> out(1);
    for (int64_t begin = 0; begin < total; ++begin) {
      std::vector<float> got(static_cast<size_t>(total - begin));
      view.Gather(from.raw(), begin, total - begin, got.data());
      // The position of each element by plain arithmetic.
      for (int64_t k = begin; k < total; ++k) {
        int64_t rest = k, at = 0, stride = 1;
        for (int axis = static_cast<int>(iteration.size()) - 1; axis >= 0; --axis) {
          const int64_t p = rest % iteration[axis];
          rest /= iteration[axis];
          const int own = axis - static_cast<int>(iteration.size() - dims.size());
          if (own < 0) continue;
          if (dims[own] != 1) at += p * stride;
          stride *= dims[own];
        }
        ASSERT_EQ(got[static_cast<size_t>(k - begin)], from.data<float>()[at]) << k;
      }
    }
  }
}

}  // namespace
}  // namespace weft
