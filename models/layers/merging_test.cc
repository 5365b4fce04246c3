// Layers with several inputs: formulas, broadcasting, masks, what does not fit.
#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"
#include "models/layers/layers.h"
#include "models/layers/merge.h"
#include "models/layers/testing/record_layer.h"
#include "ops/all_ops.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor F32(Dims dims, std::vector<float> values) { return *Tensor::FromVector<float>(std::move(values), dims); }

struct Merged {
  Tensor value;
  std::vector<bool> mask;  // empty: none
};
// One mask per input, {} where it has none.
absl::StatusOr<Merged> Merge(const LayerRef& layer, const std::vector<Tensor>& inputs,
                             const std::vector<std::vector<bool>>& masks = {}) {
  GraphBuilder b(AllOps());
  std::vector<Value> values;
  RecordLayerOptions options;
  std::vector<Tensor> arguments = inputs;
  for (const Tensor& input : inputs) {
    values.push_back(b.Input(absl::StrCat("x", values.size()), {input.dtype(), Shape::FromDims(input.dims())}));
  }
  for (size_t i = 0; i < masks.size(); ++i) {
    options.masks.emplace_back();
    if (masks[i].empty()) continue;
    Tensor mask = *Tensor::Create(DType::kBool, {inputs[i].dims()[0], inputs[i].dims()[1]});
    for (size_t k = 0; k < masks[i].size(); ++k) mask.mutable_data<bool>()[k] = masks[i][k];
    options.masks.back() = b.Input(absl::StrCat("mask", i), {DType::kBool, Shape::FromDims(mask.dims())});
    arguments.push_back(mask);
  }
  auto recorded = RecordLayer(b, *layer.get(), values, options);
  if (!recorded.ok()) return recorded.status();
  b.Output("y", recorded->outputs[0]);
  if (recorded->masks[0].ok()) b.Output("mask", recorded->masks[0]);
  auto graph = b.Build();
  if (!graph.ok()) return graph.status();
  auto results = RunOptimized(*graph, arguments);
  if (!results.ok()) return results.status();
  Merged merged{(*results)[0], {}};
  if (results->size() == 1) return merged;
  for (bool counts : (*results)[1].data<bool>()) merged.mask.push_back(counts);
  return merged;
}

TEST(Merge, Formulas) {
  const std::vector<Tensor> three = {F32({1, 3}, {1, -2, 6}), F32({1, 3}, {4, 5, -6}), F32({1, 3}, {1, 0, 3})};
  const std::vector<Tensor> two = {three[0], three[1]};
  const struct {
    LayerRef layer;
    std::vector<Tensor> inputs;
    std::vector<float> expected;
  } cases[] = {{Add(), three, {6, 3, 3}},
               {Multiply(), three, {4, 0, -108}},
               {Average(), three, {2, 1, 1}},
               {Maximum(), three, {4, 5, 6}},
               {Minimum(), three, {1, -2, -6}},
               {Subtract(), two, {-3, -7, 12}},
               {Concatenate(), two, {1, -2, 6, 4, 5, -6}}};
  for (const auto& c : cases) {
    WEFT_ASSERT_OK_AND_ASSIGN(Merged merged, Merge(c.layer, c.inputs));
    EXPECT_THAT(merged.value.data<float>(), ::testing::ElementsAreArray(c.expected)) << c.layer.get()->class_name();
    EXPECT_TRUE(merged.mask.empty());
  }
}

// An input of fewer axes gets new ones behind the batch, not in front of it.
TEST(Merge, BroadcastsBehindTheBatch) {
  WEFT_ASSERT_OK_AND_ASSIGN(Merged merged, Merge(Add(), {F32({2, 2}, {10, 20, 30, 40}),  //
                                                         F32({2, 2, 1}, {1, 2, 3, 4})}));
  EXPECT_EQ(merged.value.dims(), (Dims{2, 2, 2}));
  EXPECT_THAT(merged.value.data<float>(), ElementsAre(11, 21, 12, 22, 33, 43, 34, 44));
}

TEST(Merge, Integers) {
  const Tensor a = *Tensor::FromVector<int32_t>({1, 2}, {1, 2}), b = *Tensor::FromVector<int32_t>({5, -2}, {1, 2});
  WEFT_ASSERT_OK_AND_ASSIGN(Merged merged, Merge(Maximum(), {a, b}));
  EXPECT_THAT(merged.value.data<int32_t>(), ElementsAre(5, 2));
  EXPECT_THAT(Merge(Average(), {a, b}), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("inputs of floats")));
}

TEST(Merge, Masks) {
  const Tensor a = F32({1, 3, 1}, {7, 1, 3}), b = F32({1, 3, 1}, {2, 5, -4});
  const std::vector<bool> ma = {true, false, false}, mb = {true, true, false};
  WEFT_ASSERT_OK_AND_ASSIGN(Merged sum, Merge(Add(), {a, b}, {ma, mb}));
  EXPECT_THAT(sum.value.data<float>(), ElementsAre(9, 6, -1));
  EXPECT_THAT(sum.mask, ElementsAre(true, true, false));
  WEFT_ASSERT_OK_AND_ASSIGN(Merged half, Merge(Add(), {a, b}, {ma, {}}));
  EXPECT_TRUE(half.mask.empty()) << "an input without a mask counts everywhere";

  WEFT_ASSERT_OK_AND_ASSIGN(Merged product, Merge(Multiply(), {a, b}, {ma, mb}));
  EXPECT_THAT(product.value.data<float>(), ElementsAre(14, 5, 0));
  EXPECT_THAT(product.mask, ElementsAre(true, true, false));
  WEFT_ASSERT_OK_AND_ASSIGN(product, Merge(Multiply(), {a, b}, {ma, {}}));
  EXPECT_THAT(product.value.data<float>(), ElementsAre(14, 5, -4));

  WEFT_ASSERT_OK_AND_ASSIGN(Merged least, Merge(Minimum(), {a, b}, {ma, mb}));
  EXPECT_THAT(least.value.data<float>(), ElementsAre(2, 5, testing::_)) << "1 and -4 do not count";
  EXPECT_THAT(least.mask, ElementsAre(true, true, false));
  WEFT_ASSERT_OK_AND_ASSIGN(Merged largest, Merge(Maximum(), {b, a}, {{}, ma}));
  EXPECT_THAT(largest.value.data<float>(), ElementsAre(7, 5, -4));
  EXPECT_TRUE(largest.mask.empty());
}

TEST(Concatenate, Masks) {
  const Tensor a = F32({1, 2, 1}, {1, 2}), b = F32({1, 2, 1}, {3, 4});
  WEFT_ASSERT_OK_AND_ASSIGN(Merged steps, Merge(Concatenate({.axis = 1}), {a, b}, {{true, false}, {}}));
  EXPECT_EQ(steps.value.dims(), (Dims{1, 4, 1}));
  EXPECT_THAT(steps.mask, ElementsAre(true, false, true, true));
  WEFT_ASSERT_OK_AND_ASSIGN(Merged features, Merge(Concatenate(), {a, b}, {{true, false}, {false, false}}));
  EXPECT_THAT(features.value.data<float>(), ElementsAre(1, 3, 2, 4));
  EXPECT_THAT(features.mask, ElementsAre(true, false));
  WEFT_ASSERT_OK_AND_ASSIGN(features, Merge(Concatenate({.axis = 2}), {a, b}, {{true, false}, {}}));
  EXPECT_TRUE(features.mask.empty());
  WEFT_ASSERT_OK_AND_ASSIGN(steps, Merge(Concatenate({.axis = -2}), {a, b}, {{true, false}, {}}));
  EXPECT_THAT(steps.mask, ElementsAre(true, false, true, true));
}

// Masks that reach into the steps, as those of Masking on images, are joined along any of their axes; one that is not
// there counts throughout, one of fewer axes along the others.
TEST(Concatenate, MasksOfSeveralAxes) {
  const Dim n = Dim::Symbol("batch");
  const Value none;
  GraphBuilder b(AllOps());
  const Value x = b.Input("x", {DType::kFloat32, {n, 2, 3, 4}}),
              wide = b.Input("wide", {DType::kFloat32, {n, 2, 5, 4}});
  const Value mask = b.Input("mask", {DType::kBool, {n, 2, 3}}), steps = b.Input("steps", {DType::kBool, {n, 2}});
  const Value wide_mask = b.Input("wide_mask", {DType::kBool, {n, 2, 5}});
  const struct {
    int64_t axis;
    Value other;
    std::vector<Value> masks;
    const char* expected;
  } cases[] = {{2, wide, {mask, wide_mask}, "bool[batch,2,8]"}, {2, wide, {none, wide_mask}, "bool[batch,2,8]"},
               {-2, wide, {mask, steps}, "bool[batch,2,8]"},    {1, x, {mask, none}, "bool[batch,4,3]"},
               {1, x, {steps, mask}, "bool[batch,4,3]"},        {1, x, {steps, none}, "bool[batch,4]"},
               {2, wide, {steps, steps}, "bool[batch,2]"},      {-1, x, {mask, steps}, "bool[batch,2,3]"}};
  for (const auto& c : cases) {
    ConcatenateLayer layer = Concatenate({.axis = c.axis});
    WEFT_ASSERT_OK_AND_ASSIGN(RecordedLayer recorded, RecordLayer(b, layer, {x, c.other}, {.masks = c.masks}));
    ASSERT_TRUE(recorded.masks[0].ok());
    EXPECT_EQ(recorded.masks[0].type().ToString(), c.expected) << "axis " << c.axis;
  }
  ConcatenateLayer layer = Concatenate();
  WEFT_ASSERT_OK_AND_ASSIGN(RecordedLayer recorded, RecordLayer(b, layer, {x, x}, {.masks = {mask, none}}));
  EXPECT_TRUE(recorded.masks[0].absent()) << "along the last axis, an input without a mask counts everywhere";
}

double At(const Tensor& t, std::vector<int64_t> index) {
  int64_t flat = 0;
  for (size_t i = 0; i < index.size(); ++i) flat = flat * t.dims()[i] + index[i];
  return t.AtDouble(flat);
}

Tensor Ramp(Dims dims, float step) {
  Tensor t = *Tensor::Create(DType::kFloat32, dims);
  for (int64_t i = 0; i < t.num_elements(); ++i) t.mutable_data<float>()[i] = step * static_cast<float>(i % 11) - 1;
  return t;
}

// Every place that the summed axis can have, against the sum itself.
TEST(Dot, EveryPairOfAxes) {
  for (int64_t i : {1, 2, 3}) {
    for (int64_t j : {1, 2}) {
      Dims a_dims = {2, 2, 3, 4}, b_dims = {2, 5, 6};
      a_dims[static_cast<size_t>(i)] = b_dims[static_cast<size_t>(j)] = 7;
      const Tensor a = Ramp(a_dims, 0.3f), b = Ramp(b_dims, 0.7f);
      WEFT_ASSERT_OK_AND_ASSIGN(Merged dot, Merge(Dot({.axes = {i, j - 3}}), {a, b}));
      std::vector<int64_t> rest;
      for (int64_t axis = 1; axis < 4; ++axis) {
        if (axis != i) rest.push_back(axis);
      }
      const int64_t kept = 3 - j;
      const int64_t p = a_dims[static_cast<size_t>(rest[0])], q = a_dims[static_cast<size_t>(rest[1])];
      const int64_t r = b_dims[static_cast<size_t>(kept)];
      ASSERT_EQ(dot.value.dims(), (Dims{2, p, q, r})) << i << " " << j;
      for (int64_t flat = 0; flat < dot.value.num_elements(); ++flat) {
        std::vector<int64_t> ai(4), bi(3);
        ai[0] = bi[0] = flat / (p * q * r);
        ai[static_cast<size_t>(rest[0])] = flat / (q * r) % p;
        ai[static_cast<size_t>(rest[1])] = flat / r % q;
        bi[static_cast<size_t>(kept)] = flat % r;
        double sum = 0;
        for (int64_t k = 0; k < 7; ++k) {
          ai[static_cast<size_t>(i)] = bi[static_cast<size_t>(j)] = k;
          sum += At(a, ai) * At(b, bi);
        }
        ASSERT_NEAR(dot.value.AtDouble(flat), sum, 1e-4) << i << " " << j << " " << flat;
      }
    }
  }
}

TEST(Dot, NormalizedVectorsGiveCosines) {
  WEFT_ASSERT_OK_AND_ASSIGN(Merged dot, Merge(Dot({.axes = {-1}, .normalize = true}),
                                              {F32({3, 2}, {3, 4, 1, 0, 0, 0}), F32({3, 2}, {3, 4, 1, 1, 1, 1})}));
  EXPECT_EQ(dot.value.dims(), (Dims{3, 1}));
  EXPECT_NEAR(dot.value.AtDouble(0), 1, 1e-6);
  EXPECT_NEAR(dot.value.AtDouble(1), std::sqrt(0.5), 1e-6);
  EXPECT_EQ(dot.value.AtDouble(2), 0);
  WEFT_ASSERT_OK_AND_ASSIGN(dot, Merge(Dot({.axes = {1}}), {Ramp({2, 4}, 0.5f), Ramp({2, 4, 3}, 0.25f)}));
  EXPECT_EQ(dot.value.dims(), (Dims{2, 3}));
}

TEST(Merge, Mistakes) {
  const absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
  auto error = [](LayerRef layer, std::vector<Dims> dims) {
    std::vector<Tensor> inputs;
    for (const Dims& d : dims) inputs.push_back(Ramp(d, 1));
    return Merge(layer, inputs).status();
  };
  EXPECT_THAT(error(Add(), {{2, 3}}), StatusIs(kInvalid, HasSubstr("two or more inputs, received 1")));
  EXPECT_THAT(error(Add(), {{2, 3}, {2, 4}}),
              StatusIs(kInvalid, HasSubstr("broadcast to one shape, received f32[2,3], f32[2,4]")));
  EXPECT_THAT(error(Add(), {{2, 3}, {1, 3}}), StatusIs(kInvalid, HasSubstr("as many samples")));
  EXPECT_THAT(error(Subtract(), {{2, 3}, {2, 3}, {2, 3}}), StatusIs(kInvalid, HasSubstr("two inputs, received 3")));
  EXPECT_THAT(Merge(Add(), {Ramp({2, 3}, 1), *Tensor::Create(DType::kInt32, {2, 3})}),
              StatusIs(kInvalid, HasSubstr("one number type, received f32[2,3], i32[2,3]")));
  EXPECT_THAT(error(Concatenate(), {{2, 3, 4}, {2, 5, 4}}),
              StatusIs(kInvalid, HasSubstr("equal but for axis 2, received f32[2,3,4] and f32[2,5,4]")));
  EXPECT_THAT(error(Concatenate({.axis = 1}), {{2, 3, 4}, {2, 5}}), StatusIs(kInvalid, HasSubstr("equal but for")));
  EXPECT_THAT(error(Concatenate({.axis = 0}), {{2, 3}, {2, 3}}), StatusIs(kInvalid, HasSubstr("batch axis")));
  EXPECT_THAT(error(Dot({.axes = {1, 2}}), {{2, 3, 4}, {2, 3, 4}}),
              StatusIs(kInvalid, AllOf(HasSubstr("axes of one size"), HasSubstr("axis 2 of f32[2,3,4]"))));
  EXPECT_THAT(error(Dot({.axes = {0}}), {{2, 3}, {2, 3}}), StatusIs(kInvalid, HasSubstr("batch axis")));
  EXPECT_THAT(error(Dot({}), {{2, 3}, {2, 3}}), StatusIs(kInvalid, HasSubstr("one or two axes, received 0")));
  EXPECT_THAT(error(Dot({.axes = {1}}), {{2, 3}}), StatusIs(kInvalid, HasSubstr("two inputs, received 1")));
}

}  // namespace
}  // namespace weft
