// Metrics: over several batches, with weights, against Keras' own numbers where they are there; which accuracy is
// meant.
#include "models/metrics/metrics.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"
#include "models/config_json.h"
#include "models/losses/testing/keras_case.h"
#include "models/losses/testing/record_and_run.h"
#include "models/metrics/all_metrics.h"
#include "models/metrics/resolve.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

const ModelRegistry& Registry() {
  static const ModelRegistry& registry = *[] {
    auto* made = new ModelRegistry;
    EXPECT_THAT(AddAllMetrics(*made), IsOk());
    return made;
  }();
  return registry;
}

struct Batch {
  Tensor y_true, y_pred;
  Tensor weight = Tensor();  // of dims [0]: none
};

// The metric's value after the batches.
absl::StatusOr<double> Measure(const Metric& metric, const std::vector<Batch>& batches) {
  std::vector<Tensor> accumulators;
  for (const auto& accumulator : metric.accumulators(TypeOf(batches[0].y_pred))) {
    EXPECT_EQ(accumulator.type.ToString(), "f32[]");
    accumulators.push_back(Tensor::Scalar(accumulator.type.dtype, 0));
  }
  for (const Batch& batch : batches) {
    const bool weighted = batch.weight.num_elements() > 0;
    std::vector<Tensor> inputs = {batch.y_true, batch.y_pred};
    if (weighted) inputs.push_back(batch.weight);
    inputs.insert(inputs.end(), accumulators.begin(), accumulators.end());
    auto updated = RunOnKernels(inputs, [&](GraphBuilder& builder, absl::Span<const Value> in) {
      return metric.Update(builder, in[0], in[1], weighted ? in[2] : Value(), in.subspan(weighted ? 3 : 2));
    });
    if (!updated.ok()) return updated.status();
    accumulators = *std::move(updated);
  }
  return metric.Result(accumulators);
}

TEST(MetricsTest, AccuraciesOverBatches) {
  const Tensor p = F32({3, 3}, {.1, .7, .2, .5, .3, .2, .2, .2, .6}), q = F32({1, 3}, {.4, .4, .2});
  const Tensor one_hot = F32({3, 3}, {0, 1, 0, 0, 0, 1, 0, 0, 1});
  EXPECT_THAT(Measure(metrics::CategoricalAccuracy(), {{one_hot, p}}), IsOkAndHolds(::testing::DoubleEq(2.0 / 3)));
  // Batches of different sizes count by their samples; of equal largest values the first is chosen.
  EXPECT_THAT(Measure(metrics::CategoricalAccuracy(), {{one_hot, p}, {F32({1, 3}, {0, 1, 0}), q}}), IsOkAndHolds(0.5));
  for (const Tensor& labels : {I32({3}, {1, 2, 2}), I32({3, 1}, {1, 2, 2}), F32({3}, {1, 2, 2})}) {
    EXPECT_THAT(Measure(metrics::SparseCategoricalAccuracy(), {{labels, p}, {I32({1}, {0}), q}}), IsOkAndHolds(0.75));
  }
  const Tensor b = F32({4, 1}, {.5, .51, .2, .9});
  EXPECT_THAT(Measure(metrics::BinaryAccuracy(), {{F32({4, 1}, {0, 1, 1, 0}), b}}), IsOkAndHolds(0.5));
  EXPECT_THAT(Measure(metrics::BinaryAccuracy(), {{I32({4}, {0, 1, 1, 0}), b}}), IsOkAndHolds(0.5));
  EXPECT_THAT(Measure(metrics::BinaryAccuracy({.threshold = 0.1}), {{F32({4, 1}, {0, 1, 1, 0}), b}}),
              IsOkAndHolds(0.5));
  EXPECT_THAT(Measure(metrics::Accuracy(), {{F32({4}, {1, 2, 3, 4}), F32({4}, {0, 2, 3, 4})}}), IsOkAndHolds(0.75));
}

TEST(MetricsTest, MeansOfErrors) {
  const Tensor t = F32({2, 2}, {0, 0, 1, 1}), p = F32({2, 2}, {1, 3, 1, 0});
  EXPECT_THAT(Measure(metrics::MeanSquaredError(), {{t, p}}), IsOkAndHolds(11.0 / 4));
  EXPECT_THAT(Measure(metrics::MeanAbsoluteError(), {{t, p}}), IsOkAndHolds(5.0 / 4));
  EXPECT_THAT(Measure(metrics::Mean(), {{t, p}, {t, F32({1}, {5})}}), IsOkAndHolds(::testing::DoubleNear(2.5, 1e-6)));
  EXPECT_THAT(Measure(metrics::Mean(), {{t, F32({}, {5})}, {t, F32({}, {6})}}), IsOkAndHolds(5.5));
}

TEST(MetricsTest, SampleWeights) {
  const Tensor p = F32({4, 1}, {.9, .9, .1, .1}), t = F32({4, 1}, {1, 0, 0, 1});
  for (const Tensor& w : {F32({4}, {1, 2, 3, 0}), F32({4, 1}, {1, 2, 3, 0})}) {
    EXPECT_THAT(Measure(metrics::BinaryAccuracy(), {{t, p, w}}), IsOkAndHolds(::testing::DoubleNear(4.0 / 6, 1e-7)));
  }
  EXPECT_THAT(Measure(metrics::BinaryAccuracy(), {{t, p, F32({4}, {0, 0, 0, 0})}}), IsOkAndHolds(0.0));
  // A weight per sample of values at several positions, and one per position.
  const Tensor values = F32({2, 2}, {1, 2, 3, 4});
  EXPECT_THAT(Measure(metrics::Mean(), {{values, values, F32({2}, {1, 3})}}), IsOkAndHolds((1.5 + 3 * 3.5) / 4));
  EXPECT_THAT(Measure(metrics::Mean(), {{values, values, F32({2, 2}, {1, 0, 0, 1})}}),
              IsOkAndHolds((0.5 + 2.0) / (0.5 + 0.5)));
}

TEST(MetricsTest, NoSamplesGiveZero) {
  EXPECT_EQ(metrics::Mean().Result({Tensor::Scalar(DType::kFloat32, 0), Tensor::Scalar(DType::kFloat32, 0)}), 0);
}

TEST(MetricsTest, AccuracyIsChosenByShapes) {
  const Dim n = Dim::Symbol("batch");
  auto type = [](Shape shape) { return TensorType{DType::kFloat32, shape}; };
  EXPECT_EQ(ResolveAccuracy(type({n, 1}), type({n, 1})), "BinaryAccuracy");
  EXPECT_EQ(ResolveAccuracy(type({n}), type({n, 1})), "BinaryAccuracy");
  EXPECT_EQ(ResolveAccuracy(type({n}), type({n, 10})), "SparseCategoricalAccuracy");
  EXPECT_EQ(ResolveAccuracy(type({n, 1}), type({n, 10})), "SparseCategoricalAccuracy");
  EXPECT_EQ(ResolveAccuracy(type({n, 10}), type({n, 10})), "CategoricalAccuracy");
  EXPECT_EQ(ResolveAccuracy(type({n, 3}), type({n, 3, 10})), "SparseCategoricalAccuracy");

  auto resolved = [&](MetricRef ref) { return ResolveMetric(Registry(), ref, type({n, 10}), type({n, 10})); };
  WEFT_ASSERT_OK_AND_ASSIGN(NamedMetric metric, resolved("acc"));
  EXPECT_EQ(metric.name, "acc");
  EXPECT_EQ(metric.metric->class_name(), "CategoricalAccuracy");
  WEFT_ASSERT_OK_AND_ASSIGN(metric, resolved("mse"));
  EXPECT_EQ(metric.name, "mse");
  EXPECT_EQ(metric.metric->class_name(), "MeanSquaredError");
  WEFT_ASSERT_OK_AND_ASSIGN(metric, resolved(metrics::BinaryAccuracy({.threshold = 0.25})));
  EXPECT_EQ(metric.name, "binary_accuracy");
  EXPECT_THAT(resolved("acuracy"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("did you mean 'accuracy'?")));
  EXPECT_THAT(resolved(MetricRef()), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(MetricsTest, MistakesAreExplained) {
  const Tensor p = F32({2, 3}, {.1, .7, .2, .5, .3, .2});
  EXPECT_THAT(Measure(metrics::CategoricalAccuracy(), {{I32({2}, {1, 0}), p}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("sparse_categorical_accuracy")));
  EXPECT_THAT(Measure(metrics::SparseCategoricalAccuracy(), {{p, p}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("categorical_accuracy")));
  EXPECT_THAT(Measure(metrics::BinaryAccuracy(), {{F32({2, 2}, {1, 0, 1, 0}), p}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("do not fit")));
}

TEST(MetricsTest, ConfigurationsComeBack) {
  for (const std::string& name : Registry().Names("metric")) {
    auto object = FromConfigJson(Registry(), "metric", "\"" + name + "\"");
    WEFT_ASSERT_OK(object);
    const std::string json = ToConfigJson(**object);
    EXPECT_THAT(json, HasSubstr(R"("dtype":"float32")"));
    auto again = FromConfigJson(Registry(), "metric", json);
    WEFT_ASSERT_OK(again);
    EXPECT_EQ(ToConfigJson(**again), json);
  }
  auto status = [](const char* json) { return FromConfigJson(Registry(), "metric", json).status(); };
  WEFT_EXPECT_OK(status(R"({"class_name":"BinaryAccuracy","config":{"name":"b","dtype":null,"threshold":0.25}})"));
  EXPECT_THAT(status(R"({"class_name":"Mean","config":{"dtype":"float64"}})"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("float32")));
  EXPECT_THAT(status(R"({"class_name":"Mean","config":{"threshold":1}})"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("threshold")));
}

TEST(KerasVectorsTest, Metrics) {
  int found = 0;
  for (const std::string& name : Registry().Names("metric")) {
    WEFT_ASSERT_OK_AND_ASSIGN(auto cases, KerasCases("metric", name));
    for (const KerasCase& one : cases) {
      SCOPED_TRACE(one.name);
      auto object = FromConfigJson(Registry(), "metric", one.config);
      WEFT_ASSERT_OK(object);
      std::vector<Batch> batches;
      for (int i = 0; one.tensors.count(absl::StrCat("y_true", i)) > 0; ++i) {
        batches.push_back({one.tensors.at(absl::StrCat("y_true", i)), one.tensors.at(absl::StrCat("y_pred", i))});
      }
      auto value = Measure(*std::static_pointer_cast<Metric>(*object), batches);
      WEFT_ASSERT_OK(value);
      EXPECT_NEAR(*value, one.tensors.at("value").AtDouble(0), 1e-6);
      ++found;
    }
  }
  if (found == 0) GTEST_SKIP() << "no vectors in $WEFT_DATA_DIR/keras_vectors";
}

}  // namespace
}  // namespace weft
