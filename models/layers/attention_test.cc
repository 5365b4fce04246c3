// Attention against its formulas in double, with masks; and dropout.
#include <cmath>
#include <functional>

#include "core/philox.h"
#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"
#include "models/layers/layers.h"
#include "models/layers/testing/joined.h"
#include "models/optimizers/sgd.h"
#include "models/sequential.h"

namespace weft {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

constexpr int64_t kBatch = 2, kQueries = 3, kValues = 4, kDim = 5, kValueDim = 2;

// [rows][columns] of one sample.
using Matrix = std::vector<std::vector<double>>;

Matrix Zeros(int64_t rows, int64_t columns) { return Matrix(rows, std::vector<double>(columns)); }

struct Sample {
  Matrix query, value, key;
  bool QueryCounts(size_t step) const { return Counts(query[step]); }
  bool ValueCounts(size_t step) const { return Counts(value[step]); }
  static bool Counts(const std::vector<double>& step) {
    for (double v : step) {
      if (v != 0) return true;
    }
    return false;
  }
};

// Rows [query, value, key], flat, with a masked step in the value of row 0 and in the query of row 1; without a key the
// value is as wide as the query.
struct Inputs {
  Tensor flat;
  std::vector<std::vector<int64_t>> pieces;
  std::vector<Sample> samples;
};
Inputs MakeInputs(bool with_key) {
  const int64_t width = with_key ? kValueDim : kDim;
  Inputs inputs;
  inputs.pieces = {{kQueries, kDim}, {kValues, width}};
  if (with_key) inputs.pieces.push_back({kValues, kDim});
  const int64_t columns = kQueries * kDim + kValues * width + (with_key ? kValues * kDim : 0);
  inputs.flat = *Tensor::Create(DType::kFloat32, {kBatch, columns});
  PhiloxStream random(5);
  float* to = inputs.flat.mutable_data<float>().data();
  for (int64_t b = 0; b < kBatch; ++b) {
    auto fill = [&](int64_t rows, int64_t size, int64_t masked) {
      Matrix matrix = Zeros(rows, size);
      for (int64_t r = 0; r < rows; ++r) {
        for (double& v : matrix[r]) {
          *to = r == masked ? 0.f : static_cast<float>(random.Uniform() * 2 - 1);
          v = *to++;
        }
      }
      return matrix;
    };
    Sample sample;
    sample.query = fill(kQueries, kDim, b == 1 ? 1 : -1);
    sample.value = fill(kValues, width, b == 0 ? 2 : -1);
    sample.key = with_key ? fill(kValues, kDim, -1) : sample.value;
    inputs.samples.push_back(std::move(sample));
  }
  return inputs;
}

using PairScore = std::function<double(const std::vector<double>& query, const std::vector<double>& key)>;

// softmax(scores) value, with the masks.
Matrix Attend(const Matrix& query, const Matrix& key, const Matrix& value, const PairScore& score,
              const std::function<bool(size_t, size_t)>& counts) {
  Matrix y = Zeros(static_cast<int64_t>(query.size()), static_cast<int64_t>(value[0].size()));
  for (size_t q = 0; q < query.size(); ++q) {
    double sum = 0;
    std::vector<double> shares;
    for (size_t v = 0; v < value.size(); ++v) {
      shares.push_back(counts(q, v) ? std::exp(score(query[q], key[v])) : 0);
      sum += shares.back();
    }
    for (size_t v = 0; v < value.size(); ++v) {
      for (size_t i = 0; i < value[v].size(); ++i) y[q][i] += sum == 0 ? 0 : shares[v] / sum * value[v][i];
    }
  }
  return y;
}

void ExpectNear(const Tensor& got, int64_t sample, const Matrix& want) {
  int64_t i = sample * static_cast<int64_t>(want.size() * want[0].size());
  for (const std::vector<double>& row : want) {
    for (double v : row) EXPECT_NEAR(got.data<float>()[i++], v, 2e-6) << "sample " << sample;
  }
}

double Dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

Sequential Model(LayerRef layer, const Inputs& inputs, bool masks) {
  return Sequential({Joined({.layer = std::move(layer), .pieces = inputs.pieces, .mask_zeros = masks})},
                    {.seed = 3, .threads = 1});
}

TEST(Attention, IsItsFormulaWithMasks) {
  struct Case {
    LayerRef layer;
    std::vector<Tensor> weights;
    PairScore score;
  };
  const Tensor scale = *Tensor::FromVector<float>({0.5}, {}), weight = *Tensor::FromVector<float>({2}, {});
  const Tensor scales = *Tensor::FromVector<float>({1, -1, 2, 0.5, 0.25}, {kDim});
  auto tanh_sum = [](double inner, const Tensor& outer) {
    return [inner, outer](const std::vector<double>& q, const std::vector<double>& k) {
      double sum = 0;
      for (size_t i = 0; i < q.size(); ++i) {
        sum +=
            outer.AtDouble(outer.num_elements() == 1 ? 0 : static_cast<int64_t>(i)) * std::tanh(inner * (q[i] + k[i]));
      }
      return sum;
    };
  };
  const std::vector<Case> cases = {
      {Attention(), {}, Dot},
      {Attention({.use_scale = true}),
       {scale},
       [](const std::vector<double>& q, const std::vector<double>& k) { return 0.5 * Dot(q, k); }},
      {Attention({.use_scale = true, .score_mode = "concat"}), {scale, weight}, tanh_sum(0.5, weight)},
      {AdditiveAttention(), {scales}, tanh_sum(1, scales)},
      {AdditiveAttention({.use_scale = false}), {}, tanh_sum(1, *Tensor::FromVector<float>({1}, {}))},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    for (bool with_key : {false, true}) {
      for (bool masks : {false, true}) {
        SCOPED_TRACE(testing::Message() << "case " << i << ", key " << with_key << ", masks " << masks);
        const Inputs inputs = MakeInputs(with_key);
        Sequential model = Model(cases[i].layer, inputs, masks);
        WEFT_ASSERT_OK(model.Build({inputs.flat.dims()[1]}));
        WEFT_ASSERT_OK(model.SetWeights(cases[i].weights));
        WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, model.Predict(inputs.flat));
        for (int64_t b = 0; b < kBatch; ++b) {
          const Sample& sample = inputs.samples[b];
          Matrix want = Attend(sample.query, sample.key, sample.value, cases[i].score,
                               [&](size_t, size_t v) { return !masks || sample.ValueCounts(v); });
          for (size_t q = 0; masks && q < want.size(); ++q) {
            if (!sample.QueryCounts(q)) want[q].assign(want[q].size(), 0);
          }
          ExpectNear(y, b, want);
        }
      }
    }
  }
}

// rows x W + b, W [in, heads, size], one head.
Matrix Projected(const Matrix& x, const Tensor& kernel, const Tensor& bias, int64_t head) {
  const int64_t heads = kernel.dims()[1], size = kernel.dims()[2];
  Matrix y = Zeros(static_cast<int64_t>(x.size()), size);
  for (size_t row = 0; row < x.size(); ++row) {
    for (int64_t j = 0; j < size; ++j) {
      y[row][j] = bias.AtDouble(head * size + j);
      for (size_t i = 0; i < x[row].size(); ++i) {
        y[row][j] += x[row][i] * kernel.AtDouble((static_cast<int64_t>(i) * heads + head) * size + j);
      }
    }
  }
  return y;
}

TEST(MultiHeadAttention, IsItsFormulaWithMasks) {
  constexpr int64_t kHeads = 3, kKeyDim = 4, kHeadValues = 2;
  for (bool with_key : {false, true}) {
    for (bool masks : {false, true}) {
      for (double dropout : {0.0, 0.5}) {  // of training only; but it decides what a masked query gives
        const Inputs inputs = MakeInputs(with_key);
        Sequential model = Model(MultiHeadAttention({.num_heads = kHeads,
                                                     .key_dim = kKeyDim,
                                                     .value_dim = kHeadValues,
                                                     .dropout = dropout,
                                                     .bias_initializer = "random_normal"}),
                                 inputs, masks);
        WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, model.Predict(inputs.flat));
        WEFT_ASSERT_OK_AND_ASSIGN(auto named, model.Weights());
        ASSERT_EQ(named.size(), 8u);
        EXPECT_EQ(named[0].first, "joined/inner/query/kernel");
        EXPECT_EQ(named[7].first, "joined/inner/attention_output/bias");
        std::vector<Tensor> w;
        for (const auto& [name, value] : named) w.push_back(value);
        for (int64_t b = 0; b < kBatch; ++b) {
          const Sample& sample = inputs.samples[b];
          Matrix want = Zeros(kQueries, kDim);
          for (int64_t head = 0; head < kHeads; ++head) {
            const Matrix heads = Attend(
                Projected(sample.query, w[0], w[1], head), Projected(sample.key, w[2], w[3], head),
                Projected(sample.value, w[4], w[5], head),
                [&](const std::vector<double>& q, const std::vector<double>& k) { return Dot(q, k) / 2; },
                [&](size_t q, size_t v) {
                  if (!masks) return true;
                  // Without dropout a query that is masked looks at everything alike, which has no formula worth one.
                  return sample.ValueCounts(v) && sample.QueryCounts(q);
                });
            for (int64_t q = 0; q < kQueries; ++q) {
              for (int64_t j = 0; j < kDim; ++j) {
                for (int64_t i = 0; i < kHeadValues; ++i) {
                  want[q][j] += heads[q][i] * w[6].AtDouble((head * kHeadValues + i) * kDim + j);
                }
                if (head == 0) want[q][j] += w[7].AtDouble(j);
              }
            }
          }
          if (masks && dropout == 0 && b == 1) {  // leave out the masked query
            for (int64_t j = 0; j < kDim; ++j) want[1][j] = y.data<float>()[(b * kQueries + 1) * kDim + j];
          }
          ExpectNear(y, b, want);
        }
      }
    }
  }
}

TEST(Attention, DropoutDropsSharesInTrainingOnly) {
  // Equal shares of ones: y is 1, and in training the mean of what dropout lets through.
  constexpr int64_t kRows = 20, kLong = 50;
  for (LayerRef layer : {LayerRef(Attention({.dropout = 0.3})), LayerRef(AdditiveAttention({.dropout = 0.3}))}) {
    Sequential model({Joined({.layer = layer, .pieces = {{kLong, 1}, {kLong, 2}, {kLong, 1}}})}, {.threads = 1});
    model.Compile({.optimizer = SGD({.learning_rate = 0}), .loss = "mae"});
    Tensor x = *Tensor::Create(DType::kFloat32, {kRows, 4 * kLong});
    for (int64_t b = 0; b < kRows; ++b) {
      for (int64_t i = kLong; i < 3 * kLong; ++i) x.mutable_data<float>()[b * 4 * kLong + i] = 1;
    }
    const Tensor zeros = *Tensor::Create(DType::kFloat32, {kRows, 2 * kLong});
    WEFT_ASSERT_OK_AND_ASSIGN(double first, model.TrainOnBatch(x, zeros));
    WEFT_ASSERT_OK_AND_ASSIGN(double second, model.TrainOnBatch(x, zeros));
    EXPECT_NEAR(first, 1, 0.02);
    EXPECT_NE(first, 1);
    EXPECT_NE(first, second) << "each step has a mask of its own";
    WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, model.Predict(x));
    EXPECT_THAT(y.data<float>(), Each(::testing::FloatNear(1, 1e-6)));
  }
}

absl::Status BuildError(LayerRef layer, std::vector<std::vector<int64_t>> pieces) {
  int64_t columns = 0;
  for (const auto& piece : pieces) columns += piece.size() == 1 ? piece[0] : piece[0] * piece[1];
  return Sequential({Input({.shape = {columns}}), Joined({.layer = std::move(layer), .pieces = std::move(pieces)})})
      .Summary()
      .status();
}

TEST(Attention, Mistakes) {
  const absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(
      Sequential({Input({.shape = {4, 3}}), Attention()}).Summary(),
      StatusIs(kInvalid, HasSubstr("expected the inputs query and value, or query, value and key, received 1")));
  EXPECT_THAT(BuildError(Attention(), {{2, 3}, {4, 5}}),
              StatusIs(kInvalid, HasSubstr("received f32[batch,2,3], f32[batch,4,5] and f32[batch,4,5]")));
  EXPECT_THAT(BuildError(AdditiveAttention(), {{2, 3}, {4, 5}, {3, 3}}), StatusIs(kInvalid, HasSubstr("a key [batch")));
  EXPECT_THAT(BuildError(Attention(), {{2, 3}, {3}}), StatusIs(kInvalid, HasSubstr("received f32[batch,3]")));
  EXPECT_THAT(BuildError(Attention({.score_mode = "cosine"}), {{2, 3}, {4, 3}}),
              StatusIs(kInvalid, HasSubstr("expected dot or concat, received 'cosine'")));
  EXPECT_THAT(BuildError(Attention({.dropout = 2}), {{2, 3}, {4, 3}}), StatusIs(kInvalid, HasSubstr("dropout")));
  const auto mha = [](MultiHeadAttentionOptions options) {
    return BuildError(MultiHeadAttention(options), {{2, 3}, {4, 5}});
  };
  WEFT_EXPECT_OK(mha({.num_heads = 2, .key_dim = 2}));
  EXPECT_THAT(mha({.key_dim = 2}), StatusIs(kInvalid, HasSubstr("num_heads must be at least 1, received 0")));
  EXPECT_THAT(mha({.num_heads = 2}), StatusIs(kInvalid, HasSubstr("key_dim must be at least 1")));
  EXPECT_THAT(mha({.num_heads = 2, .key_dim = 2, .value_dim = 0}), StatusIs(kInvalid, HasSubstr("value_dim")));
  EXPECT_THAT(mha({.num_heads = 2, .key_dim = 2, .dropout = -1}), StatusIs(kInvalid, HasSubstr("dropout")));
  EXPECT_THAT(mha({.num_heads = 2, .key_dim = 2, .output_shape = std::vector<int64_t>{}}),
              StatusIs(kInvalid, HasSubstr("output_shape: expected dims of at least 1, received []")));
  EXPECT_THAT(mha({.num_heads = 2, .key_dim = 2, .attention_axes = std::vector<int64_t>{2}}),
              StatusIs(kInvalid, HasSubstr("expected [1], the axis of steps, received [2]")));
  EXPECT_THAT(BuildError(MultiHeadAttention({.num_heads = 2, .key_dim = 2}), {{2, 3}, {4, 5}, {3, 3}}),
              StatusIs(kInvalid, HasSubstr("f32[batch,3,3]")));
}

}  // namespace
}  // namespace weft
