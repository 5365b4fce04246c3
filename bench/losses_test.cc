// What the workloads time is what Fit does: their steps have the losses of Fit on the same batches, bit for bit.
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "bench/workload_data.h"
#include "bench/workload_models.h"
#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

constexpr size_t kBatches = 5, kSteps = 12;  // so the batches come round

// The rows of all steps' batches, one after another.
Tensor Joined(const std::vector<Batch>& batches, Tensor Batch::*part) {
  Dims dims = (batches[0].*part).dims();
  dims[0] *= static_cast<int64_t>(kSteps);
  Tensor joined = Tensor::Create((batches[0].*part).dtype(), dims).value();
  char* to = static_cast<char*>(joined.mutable_raw());
  for (size_t step = 0; step < kSteps; ++step) {
    const Tensor& from = batches[step % kBatches].*part;
    std::memcpy(to, from.raw(), static_cast<size_t>(from.num_bytes()));
    to += from.num_bytes();
  }
  return joined;
}

class Losses : public ::testing::TestWithParam<std::string> {};

TEST_P(Losses, AreThoseOfFit) {
  const std::string& work = GetParam();
  WEFT_ASSERT_OK_AND_ASSIGN(const WorkloadData data, LoadWorkloadData(work, ""));
  WEFT_ASSERT_OK_AND_ASSIGN(std::vector<Batch> batches, CutIntoBatches(data, BatchSize(work)));
  ASSERT_GE(batches.size(), kBatches);
  batches.resize(kBatches);

  for (const int threads : {1, 2}) {
    SCOPED_TRACE(threads);
    // Fit reports the mean over an epoch: a call for each step gives the losses one by one.
    WEFT_ASSERT_OK_AND_ASSIGN(Sequential model, BuildWorkload(work, threads));
    TrainingWorkload timed(std::move(model), batches);
    WEFT_ASSERT_OK_AND_ASSIGN(Sequential fitted, BuildWorkload(work, threads));
    FitOptions options;
    options.batch_size = BatchSize(work);
    options.shuffle = false;
    options.verbose = 0;
    std::vector<double> losses;
    for (size_t step = 0; step < kSteps; ++step) {
      WEFT_ASSERT_OK_AND_ASSIGN(const double loss, timed.Step());
      const Batch& batch = batches[step % kBatches];
      WEFT_ASSERT_OK_AND_ASSIGN(const History history, fitted.Fit(batch.x, batch.y, options));
      EXPECT_EQ(loss, history.history.at("loss").back()) << "step " << step;
      losses.push_back(loss);
    }
    EXPECT_LT(losses.back(), losses.front());

    // And one epoch over all of them, as training is done: the same weights, moments and sums of the metrics.
    WEFT_ASSERT_OK_AND_ASSIGN(Sequential epoch, BuildWorkload(work, threads));
    WEFT_ASSERT_OK_AND_ASSIGN(const History history,
                              epoch.Fit(Joined(batches, &Batch::x), Joined(batches, &Batch::y), options));
    double sum = 0;
    for (const double loss : losses) sum += loss;
    EXPECT_NEAR(history.history.at("loss").back(), sum / static_cast<double>(kSteps), 1e-6 * sum);
    EXPECT_EQ(epoch.state()->WeightsHash(), timed.model().state()->WeightsHash());
  }
}

std::vector<std::string> TrainingWorkloads() {
  std::vector<std::string> works;
  for (const std::string& work : WorkloadNames()) {
    if (absl::StrContains(work, "train") || absl::StrContains(work, "fit")) works.push_back(work);
  }
  return works;
}

INSTANTIATE_TEST_SUITE_P(All, Losses, ::testing::ValuesIn(TrainingWorkloads()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace weft
