#include "graph/exec/reference.h"

#include "core/testing/status_matchers.h"
#include "graph/exec/testing/build_module.h"
#include "graph/ir/scan.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace test_ops;  // NOLINT

template <typename T>
Tensor Make(std::vector<T> values, const Dims& dims) {
  absl::StatusOr<Tensor> tensor = Tensor::FromVector<T>(values, dims);
  return tensor.ok() ? *std::move(tensor) : Tensor();
}

TEST(RefTensorTest, WidensAndRoundsBack) {
  for (const Tensor& t : {Make<float>({0.1F, -0.0F}, {2}), Make<double>({0.1, 1e300}, {2}), Make<int32_t>({-5, 7}, {2}),
                          Make<int64_t>({int64_t{1} << 62, -1}, {2}), Make<uint8_t>({0, 255}, {2})}) {
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor back, FromRef(ToRef(t)));
    EXPECT_TRUE(BitEqual(back, t)) << t.ToString();
  }
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor flags, Tensor::FromBytes(DType::kBool, {2}, "\0\1", 2));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor back, FromRef(ToRef(flags)));
  EXPECT_TRUE(BitEqual(back, flags));
  RefTensor wide = ToRef(Make<uint8_t>({0, 0}, {2}));
  wide.i = {256 + 3, -1};
  WEFT_ASSERT_OK_AND_ASSIGN(back, FromRef(wide));
  EXPECT_EQ(back.AtInt(0), 3);
  EXPECT_EQ(back.AtInt(1), 255);
}

absl::StatusOr<ReferenceResult> Evaluate(const std::function<void(GraphBuilder&)>& record,
                                         const std::vector<Tensor>& inputs, const Variables& variables = {},
                                         const ReferenceOptions& options = {}) {
  GraphBuilder b(TestOps());
  record(b);
  absl::StatusOr<GraphPtr> graph = b.Build();
  if (!graph.ok()) return graph.status();
  return RunReference(**graph, inputs, variables, options);
}

TEST(RunReferenceTest, ALoopIsARunningSum) {
  for (bool reverse : {false, true}) {
    WEFT_ASSERT_OK_AND_ASSIGN(ReferenceResult result,
                              Evaluate(
                                  [&](GraphBuilder& f) {
                                    ScanResult r =
                                        Scan(f, {Full(f, F32({}), 10)}, {f.Input("xs", F32({Dim::Symbol("t")}))},
                                             [](GraphBuilder&, absl::Span<const Value> c, absl::Span<const Value> x) {
                                               Value sum = Add(c[0], x[0]);
                                               return ScanStep{{sum}, {sum}};
                                             },
                                             {.reverse = reverse});
                                    f.Output("last", r.carries[0]);
                                    f.Output("sums", r.outputs[0]);
                                  },
                                  {Make<float>({1, 2, 4}, {3})}));
    EXPECT_EQ(result.outputs[0].AtDouble(0), 17);
    if (reverse) {
      EXPECT_THAT(result.outputs[1].data<float>(), ElementsAre(17, 16, 14));
    } else {
      EXPECT_THAT(result.outputs[1].data<float>(), ElementsAre(11, 13, 17));
    }
  }
}

TEST(RunReferenceTest, UpdatesTakeEffectTogether) {
  const TensorType type = F32({2});
  WEFT_ASSERT_OK_AND_ASSIGN(ReferenceResult result, Evaluate(
                                                        [&](GraphBuilder& f) {
                                                          Value a = f.Variable("a", type), b = f.Variable("b", type);
                                                          f.Update("a", Add(a, b));
                                                          f.Update("b", a);
                                                          f.Output("a", a);
                                                        },
                                                        {}, {{"a", Ramp({2})}, {"b", Ramp({2}, 10)}}));
  ASSERT_EQ(result.updates.size(), 2);
  EXPECT_EQ(result.updates[0].first, "a");
  EXPECT_THAT(result.updates[0].second.data<float>(), ElementsAre(11, 12));
  EXPECT_THAT(result.updates[1].second.data<float>(), ElementsAre(1, 1.5));
  EXPECT_THAT(result.outputs[0].data<float>(), ElementsAre(1, 1.5));
}

TEST(RunReferenceTest, RoundsToFloatAfterEachNodeOrNot) {
  auto record = [](GraphBuilder& f) {
    Value x = f.Input("x", F32({1})), big = f.Input("big", F32({1}));
    f.Output("y", Sub(Add(x, big), big));
  };
  const std::vector<Tensor> inputs = {Make<float>({1}, {1}), Make<float>({1e9F}, {1})};
  WEFT_ASSERT_OK_AND_ASSIGN(ReferenceResult rounded, Evaluate(record, inputs));
  EXPECT_EQ(rounded.outputs[0].AtDouble(0), 0);
  WEFT_ASSERT_OK_AND_ASSIGN(ReferenceResult exact, Evaluate(record, inputs, {}, {.round_f32 = false}));
  EXPECT_EQ(exact.outputs[0].AtDouble(0), 1);
}

TEST(RunReferenceTest, ErrorsSayWhat) {
  auto record = [](GraphBuilder& f) { f.Output("y", Unary("fails", f.Input("x", F32({2})))); };
  EXPECT_THAT(Evaluate(record, {Ramp({2})}), StatusIs(absl::StatusCode::kInternal, HasSubstr("reference of fails")));
  EXPECT_THAT(Evaluate(record, {Ramp({3})}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("input 'x': expected f32[2]")));
  EXPECT_THAT(Evaluate(record, {Make<int32_t>({1, 2}, {2})}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected f32[2], received i32[2]")));
  auto read = [](GraphBuilder& f) { f.Output("y", f.Variable("w", F32({2}))); };
  EXPECT_THAT(Evaluate(read, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no contents were given for variable 'w'")));
  EXPECT_THAT(
      Evaluate(read, {}, {{"w", Ramp({3})}}),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("variable 'w': expected f32[2], received f32[3]")));
}

}  // namespace
}  // namespace weft
