// Initializers: limits, moments, orthogonality, and what their values depend on.
#include "models/initializers/initializers.h"

#include <cmath>

#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"
#include "models/config_json.h"
#include "models/initializers/all_initializers.h"
#include "models/losses/testing/record_and_run.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

const ModelRegistry& Registry() {
  static const ModelRegistry& registry = *[] {
    auto* made = new ModelRegistry;
    EXPECT_THAT(AddAllInitializers(*made), IsOk());
    return made;
  }();
  return registry;
}

// `count` weights of the model with this seed, made by one function.
std::vector<Tensor> Weights(const Initializer& initializer, const Shape& shape, int64_t seed, int count) {
  auto made = RunOnKernels({Tensor::ScalarInt(DType::kInt64, seed), Tensor::ScalarInt(DType::kInt64, 0)},
                           [&](GraphBuilder& builder, absl::Span<const Value> in) {
                             std::vector<Value> weights;
                             for (int i = 0; i < count; ++i) {
                               weights.push_back(initializer.Record(builder, in[0], in[1], {DType::kFloat32, shape}));
                             }
                             return weights;
                           });
  EXPECT_THAT(made, IsOk());
  return made.ok() ? *made : std::vector<Tensor>(count, Tensor::Create(DType::kFloat32, {0}).value());
}
Tensor Weight(const Initializer& initializer, const Shape& shape, int64_t seed = 7) {
  return Weights(initializer, shape, seed, 1)[0];
}

struct Moments {
  double mean = 0, stddev = 0, smallest = 1e9, largest = -1e9;
};
Moments MomentsOf(const Tensor& tensor) {
  Moments m;
  const int64_t n = tensor.num_elements();
  for (int64_t i = 0; i < n; ++i) {
    const double x = tensor.AtDouble(i);
    m.mean += x / n;
    m.smallest = std::min(m.smallest, x), m.largest = std::max(m.largest, x);
  }
  for (int64_t i = 0; i < n; ++i) m.stddev += std::pow(tensor.AtDouble(i) - m.mean, 2) / n;
  m.stddev = std::sqrt(m.stddev);
  return m;
}

// 300 x 200 elements: the mean is within 5 standard errors, the deviation within 2 %.
void ExpectMoments(const Initializer& initializer, double mean, double stddev, double bound) {
  SCOPED_TRACE(ToConfigJson(const_cast<Initializer&>(initializer)));
  const Moments m = MomentsOf(Weight(initializer, {300, 200}));
  EXPECT_NEAR(m.mean, mean, 5 * stddev / std::sqrt(60000));
  EXPECT_NEAR(m.stddev, stddev, 0.02 * stddev);
  EXPECT_LE(m.largest, mean + bound * 1.000001);
  EXPECT_GE(m.smallest, mean - bound * 1.000001);
  EXPECT_GE(m.largest, mean + std::min(bound * 0.99, 3.5 * stddev));
  EXPECT_LE(m.smallest, mean - std::min(bound * 0.99, 3.5 * stddev));
}

TEST(InitializersTest, DistributionsAreKeras) {
  const double sqrt3 = std::sqrt(3);
  auto uniform = [&](const Initializer& i, double variance) {
    ExpectMoments(i, 0, std::sqrt(variance), sqrt3 * std::sqrt(variance));
  };
  auto truncated = [&](const Initializer& i, double variance) {
    ExpectMoments(i, 0, std::sqrt(variance), 2 * std::sqrt(variance) / 0.87962566103423978);
  };
  uniform(GlorotUniform(), 1.0 / 250);
  truncated(GlorotNormal(), 1.0 / 250);
  uniform(HeUniform(), 2.0 / 300);
  truncated(HeNormal(), 2.0 / 300);
  uniform(LecunUniform(), 1.0 / 300);
  truncated(LecunNormal(), 1.0 / 300);
  truncated(VarianceScaling(), 1.0 / 300);
  uniform(VarianceScaling({.scale = 3, .mode = "fan_out", .distribution = "uniform"}), 3.0 / 200);
  ExpectMoments(VarianceScaling({.mode = "fan_avg", .distribution = "untruncated_normal"}), 0, std::sqrt(1.0 / 250), 1);
  ExpectMoments(initializers::RandomNormal(), 0, 0.05, 0.3);
  ExpectMoments(initializers::RandomNormal({.mean = 2, .stddev = 0.5}), 2, 0.5, 3);
  ExpectMoments(initializers::TruncatedNormal({.mean = 1, .stddev = 0.5}), 1, 0.5 * 0.87962566103423978, 1);
  ExpectMoments(initializers::RandomUniform(), 0, 0.05 / sqrt3, 0.05);
  ExpectMoments(initializers::RandomUniform({.minval = 1, .maxval = 3}), 2, 1 / sqrt3, 1);
}

TEST(InitializersTest, FansAreKeras) {
  auto fans = [](Shape shape) {
    const initializers::Fans f = initializers::ComputeFans(shape);
    return std::make_pair(f.in, f.out);
  };
  EXPECT_EQ(fans({}), std::make_pair(1.0, 1.0));
  EXPECT_EQ(fans({7}), std::make_pair(7.0, 7.0));
  EXPECT_EQ(fans({7, 5}), std::make_pair(7.0, 5.0));
  EXPECT_EQ(fans({3, 3, 4, 8}), std::make_pair(36.0, 72.0));
  // fan_in of nothing counts as 1.
  const Moments m = MomentsOf(Weight(HeUniform(), {3, 3, 16, 32}));
  EXPECT_NEAR(m.largest, std::sqrt(6.0 / 144), 0.002);
}

TEST(InitializersTest, ConstantsAndIdentity) {
  EXPECT_TRUE(BitEqual(Weight(Zeros(), {2, 2}), F32({2, 2}, {0, 0, 0, 0})));
  EXPECT_TRUE(BitEqual(Weight(Ones(), {3}), F32({3}, {1, 1, 1})));
  EXPECT_TRUE(BitEqual(Weight(initializers::Constant({.value = 0.5}), {2}), F32({2}, {0.5, 0.5})));
  EXPECT_TRUE(BitEqual(Weight(Identity({.gain = 2}), {2, 3}), F32({2, 3}, {2, 0, 0, 0, 2, 0})));
}

// The largest |q q^T - gain^2 I| over rows, or columns where there are fewer of them.
double OrthogonalityError(const Tensor& q, int64_t rows, int64_t columns, double gain) {
  const int64_t n = std::min(rows, columns), m = std::max(rows, columns);
  auto at = [&](int64_t vector, int64_t i) {
    return rows >= columns ? q.AtDouble(i * columns + vector) : q.AtDouble(vector * columns + i);
  };
  double error = 0;
  for (int64_t a = 0; a < n; ++a) {
    for (int64_t b = 0; b <= a; ++b) {
      double dot = 0;
      for (int64_t i = 0; i < m; ++i) dot += at(a, i) * at(b, i);
      error = std::max(error, std::abs(dot - (a == b ? gain * gain : 0)));
    }
  }
  return error;
}

TEST(InitializersTest, OrthogonalMatricesAreOrthogonal) {
  EXPECT_LT(OrthogonalityError(Weight(Orthogonal(), {64, 64}), 64, 64, 1), 2e-6);
  EXPECT_LT(OrthogonalityError(Weight(Orthogonal(), {90, 30}), 90, 30, 1), 2e-6);
  EXPECT_LT(OrthogonalityError(Weight(Orthogonal({.gain = 3}), {30, 90}), 30, 90, 3), 2e-5);
  const Tensor kernel = Weight(Orthogonal(), {3, 3, 2, 7});
  EXPECT_EQ(kernel.dims(), (Dims{3, 3, 2, 7}));
  EXPECT_LT(OrthogonalityError(kernel, 18, 7, 1), 2e-6);
  EXPECT_LT(OrthogonalityError(Weight(Orthogonal(), {1, 1}), 1, 1, 1), 1e-6);
}

// Uniform over all orthogonal matrices: of 2 x 2 ones the angle of the first column is uniform on the circle, and
// reflections are as frequent as rotations. (QR without a rule for the signs is far from it.)
TEST(InitializersTest, OrthogonalMatricesAreHaarDistributed) {
  constexpr int kSamples = 2000;
  const std::vector<Tensor> samples = Weights(Orthogonal(), {2, 2}, 3, kSamples);
  int octants[8] = {}, rotations = 0;
  for (const Tensor& q : samples) {
    const double a = q.AtDouble(0), b = q.AtDouble(1), c = q.AtDouble(2), d = q.AtDouble(3);
    ++octants[std::min(7, static_cast<int>((std::atan2(c, a) / M_PI + 1) * 4))];
    rotations += a * d - b * c > 0;
  }
  // Within 5 standard deviations.
  for (int count : octants) EXPECT_NEAR(count, kSamples / 8, 5 * std::sqrt(kSamples * 0.125 * 0.875));
  EXPECT_NEAR(rotations, kSamples / 2, 5 * std::sqrt(kSamples * 0.25));
}

TEST(InitializersTest, ValuesDependOnSeedAndWeightAlone) {
  const GlorotUniform plain;
  const std::vector<Tensor> first = Weights(plain, {5, 4}, 1, 2), again = Weights(plain, {5, 4}, 1, 2);
  EXPECT_TRUE(BitEqual(first[0], again[0]));
  EXPECT_TRUE(BitEqual(first[1], again[1]));
  EXPECT_FALSE(BitEqual(first[0], first[1]));  // each weight has numbers of its own
  EXPECT_FALSE(BitEqual(first[0], Weight(plain, {5, 4}, 2)));

  // With a seed of its own the model's does not matter, nor what else is recorded.
  const HeNormal seeded({.seed = 42});
  const std::vector<Tensor> twins = Weights(seeded, {5, 4}, 1, 2);
  EXPECT_TRUE(BitEqual(twins[0], twins[1]));
  EXPECT_TRUE(BitEqual(twins[0], Weight(seeded, {5, 4}, 2)));
  EXPECT_FALSE(BitEqual(twins[0], Weight(HeNormal({.seed = 43}), {5, 4}, 1)));
  const Tensor q = Weight(Orthogonal({.seed = 1}), {6, 6}, 1);
  EXPECT_TRUE(BitEqual(q, Weight(Orthogonal({.seed = 1}), {6, 6}, 2)));
}

TEST(InitializersTest, MistakesAreExplained) {
  auto status = [](const Initializer& initializer, const TensorType& type) {
    return RecordGraph({{DType::kInt64, {}}, {DType::kInt64, {}}},
                       [&](GraphBuilder& builder, absl::Span<const Value> in) -> std::vector<Value> {
                         return {initializer.Record(builder, in[0], in[1], type)};
                       })
        .status();
  };
  const TensorType matrix{DType::kFloat32, {2, 3}}, vector{DType::kFloat32, {3}};
  EXPECT_THAT(status(Identity(), vector), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("matrix")));
  EXPECT_THAT(status(Orthogonal(), vector), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("two dims")));
  EXPECT_THAT(status(GlorotUniform(), {DType::kInt32, {3}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("GlorotUniform: expected a weight of floats")));
  EXPECT_THAT(status(GlorotUniform(), {DType::kFloat32, {Dim::Symbol("n")}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("static dims")));
  EXPECT_THAT(status(VarianceScaling({.mode = "fan"}), matrix),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("mode must be one of fan_in, fan_out, fan_avg")));
  EXPECT_THAT(status(VarianceScaling({.scale = 0}), matrix), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(status(initializers::RandomUniform({.minval = 1, .maxval = 0}), matrix),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("minval <= maxval")));
  EXPECT_THAT(status(initializers::RandomNormal({.stddev = -1}), matrix),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("stddev")));
}

TEST(InitializersTest, NamesAreKeras) {
  for (const char* name : {"zeros",
                           "zero",
                           "ones",
                           "one",
                           "constant",
                           "identity",
                           "normal",
                           "random_normal",
                           "uniform",
                           "random_uniform",
                           "truncated_normal",
                           "variance_scaling",
                           "glorot_uniform",
                           "glorot_normal",
                           "he_uniform",
                           "he_normal",
                           "lecun_uniform",
                           "lecun_normal",
                           "orthogonal",
                           "GlorotUniform",
                           "HeNormal"}) {
    WEFT_EXPECT_OK(Registry().Create("initializer", name)) << name;
  }
  EXPECT_THAT(Registry().Create("initializer", "he_nomral").status().message(), HasSubstr("did you mean 'he_normal'?"));
}

TEST(InitializersTest, ConfigurationsComeBack) {
  for (
      const std::string json :
      {R"({"class_name":"GlorotUniform","config":{"seed":3,"input_axes":null,"output_axes":null}})",
       R"({"class_name":"VarianceScaling","config":{"seed":null,"scale":2.5,"mode":"fan_out","distribution":"uniform","input_axes":null,"output_axes":null}})",
       R"({"class_name":"Orthogonal","config":{"seed":null,"gain":1.5}})",
       R"({"class_name":"RandomUniform","config":{"seed":null,"minval":-0.5,"maxval":0.25}})",
       R"({"class_name":"RandomNormal","config":{"seed":5,"mean":-0.5,"stddev":0.25}})",
       R"({"class_name":"TruncatedNormal","config":{"seed":5,"mean":-0.5,"stddev":0.25}})",
       R"({"class_name":"Constant","config":{"value":0.5}})", R"({"class_name":"Identity","config":{"gain":0.5}})",
       R"({"class_name":"Zeros","config":{}})"}) {
    auto object = FromConfigJson(Registry(), "initializer", json);
    WEFT_ASSERT_OK(object);
    EXPECT_EQ(ToConfigJson(**object), json);
  }
  for (const char* bad :
       {R"({"class_name":"HeNormal","config":{"scale":1}})", R"({"class_name":"HeNormal","config":{"input_axes":[0]}})",
        R"({"class_name":"VarianceScaling","config":{"distribution":"gauss"}})"}) {
    EXPECT_THAT(FromConfigJson(Registry(), "initializer", bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
}

}  // namespace
}  // namespace weft
