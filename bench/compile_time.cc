// What building costs: from the first layer to a train_step that has run once, for stacks of Dense layers of 16 units
// with Adam, one thread, all passes and the verifier on. One JSON object a line on standard output.
//
//   bazel run //bench:compile_time -- [--layers=250,500,1000,2000]
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/numbers.h"
#include "core/cli/help.h"
#include "core/status.h"
#include "core/tensor.h"
#include "models/layers/dense.h"
#include "models/losses/mean_squared_error.h"
#include "models/optimizers/adam.h"
#include "models/sequential.h"
#include "nlohmann/json.hpp"

ABSL_FLAG(std::vector<std::string>, layers, std::vector<std::string>({"250", "500", "1000", "2000"}),
          "How many layers; several, separated by commas.");

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;

double Since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

absl::Status Measure(int layers) {
  constexpr int64_t kUnits = 16, kBatch = 32;
  WEFT_ASSIGN_OR_RETURN(Tensor x, Tensor::Create(DType::kFloat32, {kBatch, kUnits}));
  const Clock::time_point start = Clock::now();
  SequentialOptions options;
  options.threads = 1;
  std::vector<LayerRef> stack;
  for (int i = 0; i < layers; ++i) stack.push_back(Dense({.units = kUnits, .activation = "relu"}));
  Sequential model(std::move(stack), options);
  model.Compile({.optimizer = Adam(), .loss = MeanSquaredError()});
  WEFT_RETURN_IF_ERROR(model.Build({kUnits}));
  const double build_s = Since(start);
  WEFT_RETURN_IF_ERROR(model.TrainOnBatch(x, x).status());
  const double total_s = Since(start);
  const nlohmann::ordered_json line = {{"work", "compile"},
                                       {"layers", layers},
                                       {"build_s", std::round(build_s * 1e4) / 1e4},
                                       {"first_step_s", std::round(total_s * 1e4) / 1e4},
                                       {"ms_per_layer", std::round(total_s * 1e6 / layers) / 1e3}};
  std::printf("%s\n", line.dump().c_str());
  std::fflush(stdout);
  return absl::OkStatus();
}

absl::Status Run() {
  for (const std::string& text : absl::GetFlag(FLAGS_layers)) {
    int layers = 0;
    if (!absl::SimpleAtoi(text, &layers) || layers < 1) {
      return InvalidArgument("--layers: '", text, "' is no number of layers");
    }
    WEFT_RETURN_IF_ERROR(Measure(layers));
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("times building and compiling deep stacks of layers: compile_time [--layers=250,...]");
  if (weft::AsksForHelp(argc, argv)) {
    std::fputs(weft::HelpText(__FILE__).c_str(), stdout);
    return 0;
  }
  absl::ParseCommandLine(argc, argv);
  const absl::Status status = weft::Run();
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return 1;
}
