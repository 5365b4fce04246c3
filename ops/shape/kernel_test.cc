// The kernels of this family against the reference, and its gradients: by the sweeps over its cases. Then what the
// cases do not reach.
#include "absl/strings/str_join.h"
#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/autodiff/gradients.h"
#include "graph/exec/reference.h"
#include "gtest/gtest.h"
#include "ops/all_ops.h"
#include "ops/shape/cases.h"
#include "ops/shape/copy_kernels.h"
#include "ops/shape/shape.h"
#include "ops/testing/family_sweep.h"
#include "ops/testing/kernel_sweep.h"
#include "ops/testing/targets.h"

namespace weft {
namespace {

using ::testing::ElementsAre;

TEST(ShapeSweep, KernelsEqualTheReference) { EXPECT_EQ(SweepFamilyKernels(AllOps(), "shape", AddShapeCases), ""); }
TEST(ShapeSweep, Gradients) { EXPECT_EQ(SweepFamilyGradients(AllOps(), "shape", AddShapeCases), ""); }

TEST(Canonical, MergesWhatIsTraversedAsOne) {
  CopyPlan plan{{2, 1, 3, 4}, {12, 99, 4, 1}, {24, 99, 4, 1}, 5, 7};
  CopyPlan merged = Canonical(plan);
  EXPECT_THAT(merged.dims, ElementsAre(2, 12));
  EXPECT_THAT(merged.from_strides, ElementsAre(12, 1));
  EXPECT_THAT(merged.to_strides, ElementsAre(24, 1));
  EXPECT_EQ(merged.from_offset, 5);
  EXPECT_EQ(merged.to_offset, 7);
  EXPECT_THAT(Canonical({{1, 1}, {1, 1}, {1, 1}}).dims, ElementsAre(1));
  EXPECT_THAT(Canonical({{4, 5}, {0, 0}, {5, 1}}).dims, ElementsAre(20));  // one element everywhere
}

Tensor Iota32(const Dims& dims) {
  Tensor t = *Tensor::Create(DType::kFloat32, dims);
  for (int64_t i = 0; i < t.num_elements(); ++i) t.mutable_data<float>()[i] = static_cast<float>(i);
  return t;
}

TEST(CopyKernels, LargeTensorsAreCutAndCopiedWhole) {
  // Longer than a segment in one axis, many tiles in two; every partition.
  for (const std::vector<int>& perm : {std::vector<int>{1, 0}, std::vector<int>{0, 1}}) {
    for (const Dims& dims : {Dims{3, 9001}, Dims{9001, 3}, Dims{300, 257}}) {
      GraphBuilder b(AllOps());
      Value x = b.Input("x", {DType::kFloat32, Shape::FromDims(dims)});
      b.Output("t", Transpose(x, perm));
      b.Output("c", Concat({x, x}, 1));
      WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
      WEFT_ASSERT_OK_AND_ASSIGN(ReferenceResult want, RunReference(*graph, {Iota32(dims)}));
      for (const Target& target : TargetsToTest()) {
        WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> got, RunGuarded(*graph, {Iota32(dims)}, target));
        EXPECT_TRUE(BitEqual(got[0], want.outputs[0])) << DimsToString(dims) << ", " << Describe(target);
        EXPECT_TRUE(BitEqual(got[1], want.outputs[1])) << DimsToString(dims) << ", " << Describe(target);
      }
    }
  }
}

TEST(ScatterAdd, DuplicatesAddUpInTheOrderOfTheIndices) {
  // 2^24 + 1 + 1 is 2^24 in float, 1 + 1 + 2^24 is 2^24 + 2: the order shows.
  GraphBuilder b(AllOps());
  Value updates = b.Input("updates", {DType::kFloat32, {6}}), indices = b.Input("indices", {DType::kInt32, {6}});
  b.Output("y", ScatterAdd(updates, indices, {2}));
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
  const float big = 16777216;
  Tensor values = *Tensor::FromVector<float>({big, 1, 1, 1, 1, big}, {6});
  Tensor at = *Tensor::FromVector<int32_t>({0, 0, 0, 1, 1, 1}, {6});
  for (const Target& target : TargetsToTest()) {
    WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> got, RunGuarded(*graph, {values, at}, target));
    EXPECT_THAT(got[0].data<float>(), ElementsAre(big, big + 2)) << Describe(target);
  }
}

TEST(Gather, IndicesAreClampedAndTheGradientGoesWhereTheyPoint) {
  GraphBuilder b(AllOps());
  Value x = b.Input("x", {DType::kFloat32, {3}}), indices = b.Input("indices", {DType::kInt64, {5}});
  Value y = Gather(x, indices);
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Value> dx, Gradients({y}, {x}));
  b.Output("y", y);
  b.Output("dx", dx[0]);
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
  Tensor at = *Tensor::FromVector<int64_t>({-7, 1, 2, INT64_MAX, INT64_MIN}, {5});
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> got, RunGuarded(*graph, {Iota32({3}), at}, Target()));
  EXPECT_THAT(got[0].data<float>(), ElementsAre(0, 1, 2, 2, 0));
  EXPECT_THAT(got[1].data<float>(), ElementsAre(2, 1, 2));
}

TEST(Gather, FromAnAxisThatTurnsOutToBeEmptyIsAnError) {
  GraphBuilder b(AllOps());
  Value x = b.Input("x", {DType::kFloat32, {Dim::Symbol("n"), 2}}), indices = b.Input("indices", {DType::kInt64, {5}});
  b.Output("y", Gather(x, indices));
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
  Tensor at = *Tensor::Create(DType::kInt64, {5});
  WEFT_EXPECT_OK(RunReference(*graph, {Iota32({1, 2}), at}).status());
  EXPECT_THAT(RunReference(*graph, {Iota32({0, 2}), at}).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, ::testing::HasSubstr("at least one row to choose from")));
}

TEST(Full, ConvertsItsNumber) {
  GraphBuilder b(AllOps());
  for (DType dtype : {DType::kFloat32, DType::kFloat64, DType::kInt32, DType::kUInt8, DType::kBool}) {
    b.Output(std::string(Name(dtype)), Full(b, {dtype, {1}}, 300.7));
  }
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Tensor> got, RunGuarded(*graph, {}, Target()));
  EXPECT_EQ(got[0].data<float>()[0], 300.7f);
  EXPECT_EQ(got[1].data<double>()[0], 300.7);
  EXPECT_EQ(got[2].data<int32_t>()[0], 300);
  EXPECT_EQ(got[3].data<uint8_t>()[0], 255);
  EXPECT_EQ(got[4].data<bool>()[0], true);
}

// A strided slice of a symbolic axis, there and back.
TEST(Slice, GradientOnASymbolicAxis) {
  GraphBuilder b(AllOps());
  Value x = b.Input("x", {DType::kFloat32, {Dim::Symbol("n")}});
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Value> dx, Gradients({Slice(x, {.start = {1}, .stride = {3}})}, {x}));
  b.Output("dx", dx[0]);
  WEFT_ASSERT_OK_AND_ASSIGN(GraphPtr graph, b.Build());
  for (int64_t n = 1; n < 9; ++n) {
    WEFT_ASSERT_OK_AND_ASSIGN(ReferenceResult result, RunReference(*graph, {Iota32({n})}));
    for (int64_t i = 0; i < n; ++i) EXPECT_EQ(result.outputs[0].data<float>()[i], i % 3 == 1) << i << " of " << n;
  }
}

}  // namespace
}  // namespace weft
