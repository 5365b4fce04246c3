// Layers that draw random numbers: rate and scale, the same mask forward and backward, another one each step, the same
// for any threads and instruction set, nothing outside training.
#include "models/layers/noise.h"

#include <cmath>
#include <functional>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "graph/autodiff/gradients.h"
#include "gtest/gtest.h"
#include "models/layers/layers.h"
#include "models/layers/testing/record_layer.h"
#include "models/optimizers/sgd.h"
#include "models/sequential.h"
#include "ops/all_ops.h"

namespace weft {
namespace {

struct Noisy {
  Tensor y, dx;
};

// The layer's output and the gradient of sum(y dy) to x, in training, at a step of a model with this key.
absl::StatusOr<GraphPtr> NoisyGraph(const LayerRef& layer, const Dims& dims, bool training = true) {
  GraphBuilder b(AllOps());
  const TensorType type{DType::kFloat32, Shape::FromDims(dims)}, scalar{DType::kInt64, {}};
  const Value x = b.Input("x", type), dy = b.Input("dy", type);
  RecordLayerOptions options;
  options.training = training;
  options.random_key = b.Input("key", scalar);
  options.random_step = b.Input("step", scalar);
  auto recorded = RecordLayer(b, *layer.get(), {x}, options);
  if (!recorded.ok()) return recorded.status();
  auto dx = Gradients({recorded->outputs[0]}, {x}, {dy});
  if (!dx.ok()) return dx.status();
  b.Output("y", recorded->outputs[0]);
  b.Output("dx", (*dx)[0]);
  return b.Build();
}

struct DrawOptions {
  int64_t key = 5, step = 1;
  bool training = true;
  Target target = Target::Host(1);
  int threads = 0;
};
absl::StatusOr<Noisy> Draw(const LayerRef& layer, const Tensor& x, const Tensor& dy, const DrawOptions& options = {}) {
  auto graph = NoisyGraph(layer, x.dims(), options.training);
  if (!graph.ok()) return graph.status();
  auto results = RunOptimized(
      *graph, {x, dy, Tensor::ScalarInt(DType::kInt64, options.key), Tensor::ScalarInt(DType::kInt64, options.step)},
      options.target, options.threads);
  if (!results.ok()) return results.status();
  return Noisy{(*results)[0], (*results)[1]};
}

Tensor Filled(const Dims& dims, const std::function<float(int64_t)>& value) {
  Tensor tensor = *Tensor::Create(DType::kFloat32, dims);
  for (int64_t i = 0; i < tensor.num_elements(); ++i) tensor.mutable_data<float>()[i] = value(i);
  return tensor;
}
Tensor Ones(const Dims& dims) {
  return Filled(dims, [](int64_t) { return 1.f; });
}
// Powers of two of both signs: products with them are exact.
Tensor Powers(const Dims& dims) {
  return Filled(dims, [](int64_t i) { return std::ldexp(i % 3 == 0 ? -1.f : 1.f, static_cast<int>(i % 7) - 3); });
}

struct Statistics {
  double mean = 0, deviation = 0, zeros = 0;
};
Statistics StatisticsOf(const Tensor& t) {
  const auto n = static_cast<double>(t.num_elements());
  Statistics s;
  for (int64_t i = 0; i < t.num_elements(); ++i) s.mean += t.AtDouble(i) / n, s.zeros += (t.AtDouble(i) == 0) / n;
  for (int64_t i = 0; i < t.num_elements(); ++i) s.deviation += std::pow(t.AtDouble(i) - s.mean, 2) / n;
  s.deviation = std::sqrt(s.deviation);
  return s;
}

constexpr int64_t kElements = 40 * 25 * 100;
const Dims& Sequences() {
  static const Dims& dims = *new Dims{40, 25, 100};
  return dims;
}

struct NoiseCase {
  std::string name;
  LayerRef layer;
  Dims dims;
};
std::vector<NoiseCase> Cases() {
  return {{"Dropout", Dropout(0.3), {9, 5, 17}},
          {"DropoutShape", Dropout({.rate = 0.3, .noise_shape = {{-1, 1, -1}}}), {9, 5, 17}},
          {"SpatialDropout1D", SpatialDropout1D(0.3), {9, 5, 17}},
          {"SpatialDropout2D", SpatialDropout2D(0.3), {9, 5, 3, 17}},
          {"GaussianNoise", GaussianNoise(0.3), {9, 5, 17}},
          {"GaussianDropout", GaussianDropout(0.3), {9, 5, 17}},
          {"AlphaDropout", AlphaDropout(0.3), {9, 5, 17}}};
}

// Over ones y is the mask times its scale; and so is dx / dy.
TEST(Noise, DropoutsDropTheRateAndScaleTheRest) {
  for (double rate : {0.1, 0.5, 0.8}) {
    const struct {
      const char* name;
      LayerRef layer;
      double draws;  // independent ones
    } cases[] = {{"Dropout", Dropout(rate), kElements},
                 {"DropoutShape", Dropout({.rate = rate, .noise_shape = {{-1, -1, 1}}}), kElements / 100},
                 {"SpatialDropout1D", SpatialDropout1D(rate), kElements / 25}};
    for (const auto& c : cases) {
      WEFT_ASSERT_OK_AND_ASSIGN(Noisy noisy, Draw(c.layer, Ones(Sequences()), Powers(Sequences())));
      const double sigma = std::sqrt(rate * (1 - rate) / c.draws);
      EXPECT_NEAR(StatisticsOf(noisy.y).zeros, rate, 4 * sigma) << c.name;
      const auto kept = static_cast<float>(1 / (1 - rate));
      const Tensor dy = Powers(Sequences());
      for (int64_t i = 0; i < kElements; ++i) {
        const float y = noisy.y.data<float>()[i];
        ASSERT_TRUE(y == 0 || y == kept) << c.name << " " << y;
        ASSERT_EQ(noisy.dx.data<float>()[i], y * dy.data<float>()[i]) << c.name << " " << i;
      }
    }
  }
}

TEST(Noise, SpatialDropoutDropsWholeChannels) {
  WEFT_ASSERT_OK_AND_ASSIGN(Noisy one, Draw(SpatialDropout1D(0.5), Ones({6, 9, 40}), Ones({6, 9, 40})));
  for (int64_t i = 0; i < one.y.num_elements(); ++i) {
    EXPECT_EQ(one.y.AtDouble(i), one.y.AtDouble(i / 360 * 360 + i % 40));
  }
  const Dims dims = {6, 5, 7, 20};
  WEFT_ASSERT_OK_AND_ASSIGN(Noisy last, Draw(SpatialDropout2D(0.5), Ones(dims), Ones(dims)));
  WEFT_ASSERT_OK_AND_ASSIGN(
      Noisy first, Draw(SpatialDropout2D({.rate = 0.5, .data_format = "channels_first"}), Ones(dims), Ones(dims)));
  for (int64_t i = 0; i < last.y.num_elements(); ++i) {
    EXPECT_EQ(last.y.AtDouble(i), last.y.AtDouble(i / 700 * 700 + i % 20));
    EXPECT_EQ(first.y.AtDouble(i), first.y.AtDouble(i / 140 * 140));
  }
  EXPECT_NEAR(StatisticsOf(last.y).zeros, 0.5, 0.2);
  EXPECT_NEAR(StatisticsOf(first.y).zeros, 0.5, 0.4);
}

TEST(Noise, DropoutOfEverything) {
  WEFT_ASSERT_OK_AND_ASSIGN(Noisy all, Draw(SpatialDropout1D(1.0), Ones({2, 3, 4}), Ones({2, 3, 4})));
  EXPECT_DOUBLE_EQ(StatisticsOf(all.y).zeros, 1);
  EXPECT_DOUBLE_EQ(StatisticsOf(all.dx).zeros, 1);
}

TEST(Noise, GaussianNoiseIsAdded) {
  const Tensor x = Filled(Sequences(), [](int64_t i) { return static_cast<float>(i % 5); }), dy = Powers(Sequences());
  WEFT_ASSERT_OK_AND_ASSIGN(Noisy noisy, Draw(GaussianNoise(0.25), x, dy));
  EXPECT_TRUE(BitEqual(noisy.dx, dy));
  const Tensor noise = Filled(Sequences(), [&](int64_t i) { return noisy.y.data<float>()[i] - x.data<float>()[i]; });
  const Statistics s = StatisticsOf(noise);
  EXPECT_NEAR(s.mean, 0, 4 * 0.25 / std::sqrt(kElements));
  EXPECT_NEAR(s.deviation, 0.25, 4 * 0.25 / std::sqrt(2.0 * kElements));
  double beyond = 0;  // the share beyond one deviation tells a normal from a uniform distribution
  for (int64_t i = 0; i < kElements; ++i) beyond += std::abs(noise.AtDouble(i)) > 0.25;
  EXPECT_NEAR(beyond / kElements, 0.3173, 0.006);
}

TEST(Noise, GaussianDropoutMultiplies) {
  const Tensor dy = Powers(Sequences());
  WEFT_ASSERT_OK_AND_ASSIGN(Noisy noisy, Draw(GaussianDropout(0.2), Ones(Sequences()), dy));
  const Statistics s = StatisticsOf(noisy.y);
  EXPECT_NEAR(s.mean, 1, 4 * 0.5 / std::sqrt(kElements));
  EXPECT_NEAR(s.deviation, 0.5, 4 * 0.5 / std::sqrt(2.0 * kElements));  // sqrt(0.2 / 0.8)
  for (int64_t i = 0; i < kElements; ++i) {
    ASSERT_EQ(noisy.dx.data<float>()[i], noisy.y.data<float>()[i] * dy.data<float>()[i]);
  }
}

// Of a standard normal input mean and variance stay; what is dropped gets no gradient.
TEST(Noise, AlphaDropoutKeepsMeanAndVariance) {
  WEFT_ASSERT_OK_AND_ASSIGN(Noisy normal, Draw(GaussianNoise(1.0), Filled(Sequences(), [](int64_t) { return 0.f; }),
                                               Ones(Sequences()), {.step = 77}));
  for (double rate : {0.1, 0.5}) {
    WEFT_ASSERT_OK_AND_ASSIGN(Noisy noisy, Draw(AlphaDropout(rate), normal.y, Ones(Sequences())));
    const Statistics s = StatisticsOf(noisy.y);
    EXPECT_NEAR(s.mean, 0, 0.02);
    EXPECT_NEAR(s.deviation, 1, 0.02);
    EXPECT_NEAR(StatisticsOf(noisy.dx).zeros, rate, 4 * std::sqrt(rate * (1 - rate) / kElements));
    float dropped = 0, scale = 0;
    for (int64_t i = 0; i < kElements; ++i) {
      const float y = noisy.y.data<float>()[i], dx = noisy.dx.data<float>()[i];
      float& seen = dx == 0 ? dropped : scale;
      if (seen == 0) seen = dx == 0 ? y : dx;
      ASSERT_EQ(dx == 0 ? y : dx, seen);
    }
    EXPECT_LT(dropped, 0);
    EXPECT_GT(scale, 0);
  }
}

TEST(Noise, AnotherMaskEachStepAndKey) {
  for (const NoiseCase& c : Cases()) {
    const Tensor x = Ones(c.dims), dy = Ones(c.dims);
    WEFT_ASSERT_OK_AND_ASSIGN(Noisy first, Draw(c.layer, x, dy));
    WEFT_ASSERT_OK_AND_ASSIGN(Noisy again, Draw(c.layer, x, dy));
    WEFT_ASSERT_OK_AND_ASSIGN(Noisy step, Draw(c.layer, x, dy, {.step = 2}));
    WEFT_ASSERT_OK_AND_ASSIGN(Noisy key, Draw(c.layer, x, dy, {.key = 6}));
    EXPECT_TRUE(BitEqual(first.y, again.y)) << c.name;
    EXPECT_FALSE(BitEqual(first.y, step.y)) << c.name;
    EXPECT_FALSE(BitEqual(first.y, key.y)) << c.name;
  }
  // A seed of the layer's own takes the place of the model's key, not of the step.
  const Tensor x = Ones({8, 50});
  const LayerRef seeded = Dropout({.rate = 0.5, .seed = 9});
  WEFT_ASSERT_OK_AND_ASSIGN(Noisy a, Draw(seeded, x, x, {.key = 1}));
  WEFT_ASSERT_OK_AND_ASSIGN(Noisy b, Draw(seeded, x, x, {.key = 2}));
  WEFT_ASSERT_OK_AND_ASSIGN(Noisy c, Draw(seeded, x, x, {.key = 1, .step = 2}));
  EXPECT_TRUE(BitEqual(a.y, b.y));
  EXPECT_FALSE(BitEqual(a.y, c.y));
}

TEST(Noise, OneResultOnEveryTarget) {
  for (const NoiseCase& c : Cases()) {
    const Tensor x = Powers(c.dims), dy = Ones(c.dims);
    WEFT_ASSERT_OK_AND_ASSIGN(Noisy first, Draw(c.layer, x, dy));
    for (const Target& target : EveryTarget()) {
      for (int threads : {0, 2}) {
        WEFT_ASSERT_OK_AND_ASSIGN(Noisy noisy, Draw(c.layer, x, dy, {.target = target, .threads = threads}));
        EXPECT_TRUE(BitEqual(noisy.y, first.y)) << c.name << ", " << Name(target.isa) << ", " << target.threads;
        EXPECT_TRUE(BitEqual(noisy.dx, first.dx)) << c.name << ", " << Name(target.isa) << ", " << target.threads;
      }
    }
  }
}

TEST(Noise, NothingHappensOutsideTraining) {
  for (const NoiseCase& c : Cases()) {
    const Tensor x = Powers(c.dims), dy = Powers(c.dims);
    WEFT_ASSERT_OK_AND_ASSIGN(Noisy noisy, Draw(c.layer, x, dy, {.training = false}));
    EXPECT_TRUE(BitEqual(noisy.y, x)) << c.name;
    EXPECT_TRUE(BitEqual(noisy.dx, dy)) << c.name;
  }
}

// Two layers of one rate draw from streams of their own: a mask that repeated would drop the same half twice.
TEST(Noise, LayersOfAModelAreIndependent) {
  Sequential model({Input({.shape = {1000}}), Dropout(0.5), Dropout(0.5)}, {.seed = 5});
  model.Compile({.optimizer = SGD(), .loss = "mae"});
  // Four times what a quarter lets through, against zeros: 1 on average; two equal masks would give 2.
  WEFT_ASSERT_OK_AND_ASSIGN(double mean,
                            model.TrainOnBatch(Ones({50, 1000}), Filled({50, 1000}, [](int64_t) { return 0.f; })));
  EXPECT_NEAR(mean, 1, 0.05);
}

TEST(Noise, Mistakes) {
  auto error = [](LayerRef layer, Dims dims) { return NoisyGraph(layer, dims).status(); };
  const absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
  using ::testing::HasSubstr;
  EXPECT_THAT(error(GaussianDropout(1.0), {3, 4}),
              StatusIs(kInvalid, HasSubstr("rate must lie in [0, 1), received 1")));
  EXPECT_THAT(error(AlphaDropout(-0.1), {3, 4}), StatusIs(kInvalid, HasSubstr("rate must lie in [0, 1)")));
  EXPECT_THAT(error(SpatialDropout1D(2), {3, 4, 5}), StatusIs(kInvalid, HasSubstr("rate must lie in [0, 1]")));
  EXPECT_THAT(error(GaussianNoise(1.5), {3, 4}), StatusIs(kInvalid, HasSubstr("stddev must lie in [0, 1]")));
  EXPECT_THAT(error(SpatialDropout1D(0.5), {3, 4}),
              StatusIs(kInvalid, HasSubstr("expected an input [batch, time, channels], received f32[3,4]")));
  EXPECT_THAT(error(SpatialDropout2D(0.5), {3, 4, 5}), StatusIs(kInvalid, HasSubstr("[batch, height, width")));
  EXPECT_THAT(error(SpatialDropout2D({.rate = 0.5, .data_format = "NHWC"}), {3, 4, 5, 6}),
              StatusIs(kInvalid, HasSubstr("received 'NHWC'")));
  EXPECT_THAT(error(Dropout({.rate = 0.5, .noise_shape = {{-1, 3}}}), {3, 4}),
              StatusIs(kInvalid, HasSubstr("the input's); received [-1,3]")));
  EXPECT_THAT(error(AlphaDropout({.rate = 0.5, .noise_shape = {{-1}}}), {3, 4}),
              StatusIs(kInvalid, HasSubstr("noise_shape must have a dim for each axis of the input f32[3,4]")));
}

}  // namespace
}  // namespace weft
