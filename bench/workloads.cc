// The reference workloads, timed as the peers are timed: a whole training step (forward, backward, update, a new batch
// copied in), a whole call (input copied in, output copied out). One JSON object a line on standard output.
//
//   bazel run //bench:workloads -- mlp_train --threads 2 --seconds 3 --data DIR
//
// Each network is built with models/, and what runs are the very programs of Fit and Predict.
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "bench/workload_data.h"
#include "bench/workload_models.h"
#include "core/cli/help.h"
#include "core/status.h"
#include "core/thread_pool.h"
#include "nlohmann/json.hpp"

ABSL_FLAG(int, threads, 0, "Threads; 0: all processors. 1 also binds the process to one processor.");
ABSL_FLAG(double, seconds, 3, "How long to measure.");
ABSL_FLAG(std::string, data, "",
          "Folder of the MNIST files (default: $WEFT_DATA_DIR); random numbers where there are none.");

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;

double Since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void Say(const std::string& work, int threads, nlohmann::ordered_json figures) {
  nlohmann::ordered_json line = {{"peer", "weft"}, {"work", work}, {"threads", threads}};
  line.update(figures);
  std::printf("%s\n", line.dump().c_str());
  std::fflush(stdout);
}

double Rounded(double value, double unit) { return std::round(value / unit) * unit; }

absl::Status TimeTraining(const std::string& work, int threads, double seconds, const std::string& dir) {
  WEFT_ASSIGN_OR_RETURN(WorkloadData data, LoadWorkloadData(work, dir));
  WEFT_ASSIGN_OR_RETURN(std::vector<Batch> batches, CutIntoBatches(data, BatchSize(work)));
  Clock::time_point start = Clock::now();
  WEFT_ASSIGN_OR_RETURN(Sequential model, BuildWorkload(work, threads));
  TrainingWorkload training(std::move(model), batches);
  WEFT_RETURN_IF_ERROR(training.Step().status());
  double first_step_s = Since(start);
  for (int i = 1; i < 20; ++i) WEFT_RETURN_IF_ERROR(training.Step().status());
  std::vector<double> rates;
  double loss = 0;
  Clock::time_point begin = Clock::now();
  do {
    Clock::time_point window = Clock::now();
    int64_t steps = 0;
    while (Since(window) < 0.5) {
      for (int k = 0; k < 10; ++k, ++steps) {
        WEFT_ASSIGN_OR_RETURN(loss, training.Step());
      }
    }
    rates.push_back(static_cast<double>(steps) / Since(window));
  } while (Since(begin) < seconds);
  std::sort(rates.begin(), rates.end());
  double median = rates[rates.size() / 2];
  Say(work, threads,
      {{"samples_per_s", Rounded(median * static_cast<double>(BatchSize(work)), 1)},
       {"steps_per_s", Rounded(median, 0.1)},
       {"best_steps_per_s", Rounded(rates.back(), 0.1)},
       {"first_step_s", Rounded(first_step_s, 0.0001)},
       {"final_loss", loss}});
  return absl::OkStatus();
}

// Medians of single calls.
struct Latencies {
  double p50_us, p99_us;
};
absl::StatusOr<Latencies> TimeCalls(Sequential& model, const std::vector<Tensor>& inputs, double seconds) {
  PredictOptions options;
  options.batch_size = inputs[0].dims()[0];
  for (size_t i = 0; i < 200; ++i) WEFT_RETURN_IF_ERROR(model.Predict(inputs[i % inputs.size()], options).status());
  std::vector<double> us;
  us.reserve(1 << 20);
  Clock::time_point begin = Clock::now();
  for (size_t i = 0; Since(begin) < seconds; ++i) {
    Clock::time_point start = Clock::now();
    absl::StatusOr<Tensor> result = model.Predict(inputs[i % inputs.size()], options);
    us.push_back(Since(start) * 1e6);
    WEFT_RETURN_IF_ERROR(result.status());
  }
  std::sort(us.begin(), us.end());
  return Latencies{us[us.size() / 2], us[us.size() * 99 / 100]};
}

absl::Status TimeInference(const std::string& work, int threads, double seconds, const std::string& dir) {
  WEFT_ASSIGN_OR_RETURN(WorkloadData data, LoadWorkloadData(work, dir));
  const int64_t batch = BatchSize(work);
  std::vector<Tensor> inputs;
  for (int64_t i = 0; i < 200; ++i) {
    WEFT_ASSIGN_OR_RETURN(Tensor rows, data.x.Rows(i * batch, (i + 1) * batch));
    inputs.push_back(std::move(rows));
  }
  Clock::time_point start = Clock::now();
  WEFT_ASSIGN_OR_RETURN(Sequential model, BuildWorkload(work, threads));
  PredictOptions options;
  options.batch_size = batch;
  WEFT_RETURN_IF_ERROR(model.Predict(inputs[0], options).status());
  double first = Since(start);
  WEFT_ASSIGN_OR_RETURN(Latencies latencies, TimeCalls(model, inputs, seconds));
  Say(work, threads,
      {{"p50_us", Rounded(latencies.p50_us, 0.01)},
       {"p99_us", Rounded(latencies.p99_us, 0.01)},
       {"samples_per_s", Rounded(static_cast<double>(batch) / latencies.p50_us * 1e6, 1)},
       {"first_call_s", Rounded(first, 0.0001)}});
  return absl::OkStatus();
}

absl::Status TimeDenseRelu(int threads, double seconds) {
  for (const DenseShape& shape : DenseShapes()) {
    WEFT_ASSIGN_OR_RETURN(Sequential model, BuildDenseRelu(shape, threads));
    WEFT_ASSIGN_OR_RETURN(Tensor x, RandomTensor({shape.m, shape.k}, 1));
    WEFT_ASSIGN_OR_RETURN(Latencies latencies, TimeCalls(model, {x}, std::max(0.5, seconds / 5)));
    double flops = 2.0 * static_cast<double>(shape.m) * static_cast<double>(shape.k) * static_cast<double>(shape.n);
    Say("dense_relu", threads,
        {{"shape", {shape.m, shape.k, shape.n}},
         {"gflops", Rounded(flops / latencies.p50_us / 1e3, 0.1)},
         {"p50_us", Rounded(latencies.p50_us, 0.01)}});
  }
  return absl::OkStatus();
}

absl::Status TimeCsvFit(int threads, const std::string& dir) {
  WEFT_ASSIGN_OR_RETURN(WorkloadData data, LoadWorkloadData("csv_fit", dir));
  WEFT_ASSIGN_OR_RETURN(Tensor x, data.x.Rows(0, 800));
  WEFT_ASSIGN_OR_RETURN(Tensor y, data.y.Rows(0, 800));
  WEFT_ASSIGN_OR_RETURN(Sequential model, BuildWorkload("csv_fit", threads));
  Clock::time_point start = Clock::now();  // the peers' models are there, too
  FitOptions options;
  options.batch_size = 256;
  options.epochs = 100;
  options.verbose = 0;
  WEFT_ASSIGN_OR_RETURN(History history, model.Fit(x, y, options));
  Say("csv_fit", threads, {{"fit_s", Rounded(Since(start), 0.001)}, {"final_loss", history.history.at("loss").back()}});
  return absl::OkStatus();
}

absl::Status Run(const std::string& work) {
  int threads = absl::GetFlag(FLAGS_threads);
  if (threads <= 0) threads = ThreadPool::AvailableProcessors();
  if (threads == 1) {
    // As the peers are: one thread on one processor, the last one this process may use.
    cpu_set_t allowed, one;
    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) {
      for (int cpu = CPU_SETSIZE - 1; cpu >= 0; --cpu) {
        if (!CPU_ISSET(cpu, &allowed)) continue;
        CPU_SET(cpu, &one);
        sched_setaffinity(0, sizeof(one), &one);
        break;
      }
    }
  }
  double seconds = absl::GetFlag(FLAGS_seconds);
  std::string dir = absl::GetFlag(FLAGS_data);
  if (work == "dense_relu") return TimeDenseRelu(threads, seconds);
  if (work == "csv_fit") return TimeCsvFit(threads, dir);
  std::vector<std::string> works = WorkloadNames();
  if (std::find(works.begin(), works.end(), work) == works.end()) {
    return InvalidArgument("there is no workload '", work, "'; expected one of ", absl::StrJoin(works, ", "));
  }
  return absl::StrContains(work, "train") ? TimeTraining(work, threads, seconds, dir)
                                          : TimeInference(work, threads, seconds, dir);
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      absl::StrCat("times one workload: workloads WORK [--threads N] [--seconds S] [--data DIR]\nWORK: ",
                   absl::StrJoin(weft::WorkloadNames(), ", ")));
  if (weft::AsksForHelp(argc, argv)) {
    std::fputs(weft::HelpText(__FILE__).c_str(), stdout);
    return 0;
  }
  std::vector<char*> positional = absl::ParseCommandLine(argc, argv);
  if (positional.size() != 2) {
    std::fprintf(stderr, "%s\n", absl::ProgramUsageMessage().data());
    return 2;
  }
  absl::Status status = weft::Run(positional[1]);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return 1;
}
