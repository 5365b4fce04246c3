// What the recording functions record: types over symbolic dims, and errors that name what was expected.
#include "ops/testing/recording.h"

#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/exec/reference.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

using Recording = RecordingTest;

TEST_F(Recording, ReshapeProvesCountsOfElements) {
  EXPECT_EQ(Type(Reshape(In("f32[n,28,28]"), {Dim::Symbol("n"), 784})), "f32[n,784]");
  EXPECT_EQ(Type(Reshape(In("u8[n,28,28]"), {Dim::Symbol("n") * Dim(28), -1})), "u8[28*n,28]");
  EXPECT_EQ(Type(Reshape(In("f32[n,28,28]"), {-1, 784})), "f32[n,784]");
  EXPECT_EQ(Type(Reshape(In("f32[n,m]"), {-1})), "f32[m*n]");
  EXPECT_EQ(Type(Reshape(In("f32[6]"), {2, -1, 3})), "f32[2,1,3]");
  EXPECT_EQ(Type(Reshape(In("f32[1]"), {})), "f32[]");
  EXPECT_EQ(Error(), "");
}

TEST_F(Recording, ReshapeRefusesOtherCounts) {
  EXPECT_EQ(Type(Reshape(In("f32[2,3]"), {4, 2})), "error");
  EXPECT_THAT(Error(), HasSubstr("reshape"));
  EXPECT_THAT(Error(), HasSubstr("[4,2] with 8 elements for f32[2,3] with 6"));
  EXPECT_THAT(Error(), HasSubstr("recording_test.cc:"));
}

TEST_F(Recording, ReshapeRefusesWhatIsNotDivisible) {
  EXPECT_EQ(Type(Reshape(In("f32[n,28]"), {5, -1})), "error");
  EXPECT_THAT(Error(), HasSubstr("the dim of -1 in [5,-1]"));
}

TEST_F(Recording, ReshapeRefusesTwoUnknowns) {
  EXPECT_EQ(Type(Reshape(In("f32[n,28]"), {-1, -1})), "error");
  EXPECT_THAT(Error(), HasSubstr("at most one dim of -1"));
}

TEST_F(Recording, ViewsByAxis) {
  EXPECT_EQ(Type(Flatten(In("f32[n,28,28]"))), "f32[n,784]");
  EXPECT_EQ(Type(Flatten(In("f32[n]"))), "f32[n,1]");
  EXPECT_EQ(Type(ExpandDims(In("f32[n,3]"), -1)), "f32[n,3,1]");
  EXPECT_EQ(Type(ExpandDims(In("f32[n,3]"), 0)), "f32[1,n,3]");
  EXPECT_EQ(Type(ExpandDims(In("f32[]"), 0)), "f32[1]");
  EXPECT_EQ(Type(Squeeze(In("f32[n,1,3,1]"))), "f32[n,3]");
  EXPECT_EQ(Type(Squeeze(In("f32[n,1,3,1]"), {-1})), "f32[n,1,3]");
  EXPECT_EQ(Error(), "");
  EXPECT_EQ(Type(Squeeze(In("f32[n,1,3,1]"), {0})), "error");
  EXPECT_THAT(Error(), HasSubstr("expected size 1 of axis 0, got f32[n,1,3,1]"));
}

TEST_F(Recording, AxesOutOfRangeAreNamed) {
  Transpose(In("f32[2,3]"), {0, 2});
  EXPECT_THAT(Error(), HasSubstr("a permutation of the 2 axes"));
  EXPECT_THAT(Error(), HasSubstr("got [0,2]"));
}

TEST_F(Recording, ExpandDimsOutOfRange) {
  ExpandDims(In("f32[2,3]"), 4);
  EXPECT_THAT(Error(), HasSubstr("axis 4 is out of range: expected an axis in [-3, 3)"));
}

TEST_F(Recording, BroadcastTo) {
  EXPECT_EQ(Type(BroadcastTo(In("f32[n,1]"), {4, Dim::Symbol("n"), 7})), "f32[4,n,7]");
  EXPECT_EQ(Error(), "");
  EXPECT_EQ(Type(BroadcastTo(In("f32[n]"), {7})), "error");
  EXPECT_THAT(Error(), HasSubstr("expected a shape that [n] broadcasts to"));
}

TEST_F(Recording, ConcatAndSplitOnSymbolicDims) {
  Value joined = Concat({In("f32[n,3]"), In("f32[2,3]"), In("f32[n,3]")}, 0);
  EXPECT_EQ(Type(joined), "f32[2*n+2,3]");
  std::vector<Value> parts = Split(joined, {Dim::Symbol("n") * Dim(2), 2}, 0);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(Type(parts[0]), "f32[2*n,3]");
  EXPECT_EQ(Type(parts[1]), "f32[2,3]");
  EXPECT_EQ(Type(Split(joined, 2, 0)[1]), "f32[n+1,3]");
  EXPECT_EQ(Error(), "");
  Split(joined, 3, 0);
  EXPECT_THAT(Error(), HasSubstr("split of f32[2*n+2,3]"));
}

TEST_F(Recording, ConcatRefusesOtherDims) {
  Concat({In("f32[2,3]"), In("f32[2,4]")}, 0);
  EXPECT_THAT(Error(), HasSubstr("equal dims but along axis 0, got f32[2,3] and (operand 1) f32[2,4]"));
}

TEST_F(Recording, SplitRefusesASumThatDiffers) {
  Split(In("f32[7]"), {Dim(3), Dim(3)}, 0);
  EXPECT_THAT(Error(), HasSubstr("expected sizes whose sum is that of axis 0 of f32[7], got the sum 6"));
}

TEST_F(Recording, SliceInfersFromSymbols) {
  const Dim n = Dim::Symbol("n");
  EXPECT_EQ(Type(Slice(In("f32[n,8]"), {.start = {1, 0}, .limit = {n, 8}})), "f32[n-1,8]");
  EXPECT_EQ(Type(Slice(In("f32[n,8]"), {.stride = {2, 3}})), "f32[floordiv(n+1,2),3]");
  EXPECT_EQ(Type(SliceAxis(In("f32[3,8]"), -1, 2, 5)), "f32[3,3]");
  EXPECT_EQ(Error(), "");
  EXPECT_EQ(Type(SliceAxis(In("f32[n,8]"), 0, 0, n + 1)), "error");
  EXPECT_THAT(Error(), HasSubstr("expected 0 <= start <= limit <= n along axis 0, got [0, n+1)"));
}

TEST_F(Recording, SliceOutOfItsOperandShowsWhenSymbolsAreBound) {
  Value y = Slice(In("f32[n]"), {.start = {2}, .limit = {5}});
  b_.Output("y", y);
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b_.Build());
  Tensor five = *Tensor::Create(DType::kFloat32, {5}), four = *Tensor::Create(DType::kFloat32, {4});
  WEFT_EXPECT_OK(RunReference(*graph, {five}).status());
  EXPECT_THAT(RunReference(*graph, {four}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("start <= limit <= 4 along axis 0, got [2, 5)")));
}

TEST_F(Recording, Pad) {
  EXPECT_EQ(Type(Pad(In("f32[n,4]"), {.low = {1, 0}, .high = {0, 2}})), "f32[n+1,6]");
  EXPECT_EQ(Type(Pad(In("f32[n,4]"), {.interior = {1, 2}})), "f32[2*n-1,10]");
  EXPECT_EQ(Error(), "");
  Pad(In("f32[n,4]"), {.low = {1}});
  EXPECT_THAT(Error(), HasSubstr("expected low, high and interior for 2 axes, got low [1]"));
}

TEST_F(Recording, GatherAndOneHot) {
  EXPECT_EQ(Type(Gather(In("f32[100,64]"), In("i32[n,7]"))), "f32[n,7,64]");
  EXPECT_EQ(Type(Gather(In("u8[5,n]"), In("i64[]"), -1)), "u8[5]");
  EXPECT_EQ(Type(ScatterAdd(In("f32[n,7,64]"), In("i32[n,7]"), {100, 64})), "f32[100,64]");
  EXPECT_EQ(Type(OneHot(In("u8[n]"), 10)), "f32[n,10]");
  EXPECT_EQ(Type(OneHot(In("i64[n]"), Dim::Symbol("c"), DType::kBool)), "bool[n,c]");
  EXPECT_EQ(Error(), "");
  Gather(In("f32[100,64]"), In("f32[n]"));
  EXPECT_THAT(Error(), HasSubstr("indices: expected i32 or i64, got f32[n]"));
}

TEST_F(Recording, ScatterAddRefusesOtherUpdates) {
  ScatterAdd(In("f32[3,4]"), In("i64[2]"), {5, 4});
  EXPECT_THAT(Error(), HasSubstr("updates: expected the shape [2,4] of what is gathered from [5,4]"));
}

TEST_F(Recording, GatherFromNothing) {
  Gather(In("f32[0,4]"), In("i64[2]"));
  EXPECT_THAT(Error(), HasSubstr("expected at least one row to choose from"));
}

TEST_F(Recording, OneHotOfFloats) {
  OneHot(In("f32[3]"), 10);
  EXPECT_THAT(Error(), HasSubstr("expected integer indices, got f32[3]"));
}

TEST_F(Recording, ErrorsAndAbsentOperandsAreHandedOn) {
  EXPECT_TRUE(Transpose(Value()).absent());
  EXPECT_TRUE(Reshape(Value(), {1}).absent());
  EXPECT_TRUE(ZerosLike(Value()).absent());
  Value error = Reshape(In("f32[2]"), {3});
  const std::string first = Error();
  for (Value v : {Transpose(error), Flatten(error), Slice(error), Pad(error), Gather(error, In("i32[1]")),
                  Concat({error, In("f32[2]")}, 0), OneHot(error, 3), Reverse(error, {0}), Split(error, 2, 0)[1]}) {
    EXPECT_FALSE(v.ok());
  }
  EXPECT_EQ(Error(), first);
}

TEST_F(Recording, AnAbsentOperandBesideAnotherIsAnErrorThatNamesTheOp) {
  Gather(In("f32[4]"), Value());
  EXPECT_THAT(Error(), HasSubstr("gather"));
  EXPECT_THAT(Error(), HasSubstr("never set"));
}

TEST_F(Recording, DimSizeIsBoundAtRunTime) {
  Value x = In("f32[n,3]");
  b_.Output("n", DimSize(x, 0));
  b_.Output("negative", DimSize(b_, Dim::Symbol("n") - 9));
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b_.Build());
  WEFT_ASSERT_OK_AND_ASSIGN(ReferenceResult result, RunReference(*graph, {*Tensor::Create(DType::kFloat32, {7, 3})}));
  EXPECT_EQ(result.outputs[0].AtInt(0), 7);
  EXPECT_EQ(result.outputs[1].AtInt(0), -2);
}

TEST(OneHotValues, OutOfRangeGivesZeros) {
  GraphBuilder b(AllOps());
  Value labels = b.Input("labels", {DType::kUInt8, {4}});
  b.Output("small", OneHot(labels, 3));
  b.Output("wide", OneHot(labels, 300, DType::kInt32));  // past what u8 holds
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
  Tensor input = *Tensor::FromVector<uint8_t>({2, 0, 7, 255}, {4});
  WEFT_ASSERT_OK_AND_ASSIGN(ReferenceResult result, RunReference(*graph, {input}));
  EXPECT_THAT(result.outputs[0].data<float>(), ::testing::ElementsAre(0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0));
  for (int row = 0; row < 4; ++row) {
    for (int j = 0; j < 300; ++j) {
      EXPECT_EQ(result.outputs[1].data<int32_t>()[row * 300 + j], j == input.data<uint8_t>()[row]);
    }
  }
}

TEST(ShapeRoles, AreFilled) {
  OpRegistry registry;
  WEFT_ASSERT_OK(AddAllOps(registry));
  EXPECT_NE(registry.roles().constant, nullptr);
  EXPECT_NE(registry.roles().full, nullptr);
  EXPECT_NE(registry.roles().dim_size, nullptr);
  EXPECT_NE(registry.roles().sum_to_shape, nullptr);
  ASSERT_NE(registry.roles().constant_op, nullptr);
  EXPECT_EQ(registry.roles().constant_op->name, "constant");
}

}  // namespace
}  // namespace weft
