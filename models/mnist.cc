// bazel run //models:mnist [-- --model=cnn]: a network learns to read handwritten digits.
//
// Images stay uint8 in memory and are scaled in the graph, so the saved module takes the images as they are.

#include "models/data/mnist.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/cli/help.h"
#include "core/io.h"
#include "core/status.h"
#include "core/thread_pool.h"
#include "models/data/to_categorical.h"
#include "models/mnist_networks.h"
#include "models/sequential.h"
#include "nlohmann/json.hpp"

ABSL_FLAG(
    std::string, data_dir, "",
    "folder with MNIST as IDX files (gzipped or not) or CSV; empty: $WEFT_DATA_DIR, then the cache, a mirror on the "
    "net, and where all of these fail digits that the program draws itself");
ABSL_FLAG(std::string, model, "mlp",
          "the network: mlp (784-512-256-10), cnn (two convolutions), or one that reads the rows of an image one after "
          "another: rnn, lstm, gru (128 units)");
ABSL_FLAG(std::optional<int>, epochs, std::nullopt, "passes over the 60,000 training images; default: mlp 8, others 3");
ABSL_FLAG(std::optional<int>, batch_size, std::nullopt, "images per training step; default: mlp 64, others 128");
ABSL_FLAG(int, threads, 0, "threads that compute; 0: all processors. Never changes a result");
ABSL_FLAG(std::string, isa, "",
          "instruction set: baseline, avx2 or avx512; empty: the best there is. Never changes a result");
ABSL_FLAG(uint64_t, seed, 0, "of initial weights and shuffling");
ABSL_FLAG(std::string, save_dir, "~/.cache/weft/models/mnist",
          "where the trained module is saved: a folder, or a file ending in .zip; empty: nowhere");
ABSL_FLAG(std::string, report, "", "file for a report in JSON; empty: none");
ABSL_FLAG(int, verbose, -1, "-1: a progress bar on a terminal, else a line per epoch; 0: silent; 1: bar; 2: lines");

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;

// Time spent in training steps: what is left of an epoch is validation.
class StepTimer final : public Callback {
 public:
  StepTimer(int64_t samples, int64_t batch_size) : samples_(samples), batch_size_(batch_size) {}
  absl::Status OnEpochBegin(TrainingControl&, int64_t) override {
    last_ = Clock::now();
    return absl::OkStatus();
  }
  absl::Status OnTrainBatchEnd(TrainingControl&, int64_t step) override {
    const Clock::time_point now = Clock::now();
    seconds_ += std::chrono::duration<double>(now - last_).count();
    last_ = now;
    trained_ += std::min(batch_size_, samples_ - step * batch_size_);
    return absl::OkStatus();
  }
  double samples_per_second() const { return seconds_ > 0 ? static_cast<double>(trained_) / seconds_ : 0; }

 private:
  Clock::time_point last_;
  double seconds_ = 0;
  int64_t samples_, batch_size_, trained_ = 0;
};

void Say(absl::string_view text) {
  if (absl::GetFlag(FLAGS_verbose) == 0) return;
  std::printf("%s\n", std::string(text).c_str());
  std::fflush(stdout);
}

std::string ExpandHome(const std::string& path) {
  if (path.rfind("~/", 0) != 0) return path;
  const char* home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? path.substr(2) : absl::StrCat(home, path.substr(1));
}

absl::Status Save(const Sequential& model, const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (error) return InvalidArgument("--save_dir: cannot make ", parent.string(), ": ", error.message());
  return Annotate(model.Save(path), "--save_dir");
}

// Whether a folder can be written to, or made where there is none. Makes nothing itself.
absl::Status CheckFolder(absl::string_view flag, std::filesystem::path folder, bool may_make) {
  std::error_code error;
  if (folder.empty()) folder = ".";
  while (may_make && !std::filesystem::exists(folder, error) && !error) {
    folder = folder.has_parent_path() ? folder.parent_path() : std::filesystem::path(".");
  }
  if (!std::filesystem::is_directory(folder, error)) {
    return InvalidArgument(flag, ": ", folder.string(), " is not a folder");
  }
  if (access(folder.c_str(), W_OK | X_OK) != 0)
    return absl::ErrnoToStatus(errno, absl::StrCat(flag, ": ", folder.string()));
  return absl::OkStatus();
}

// Hours of training are not to end in a path that cannot be written.
absl::Status CheckOutputs(const std::string& save_dir, const std::string& report) {
  const std::filesystem::path module(save_dir), file(report);
  const bool single_file = module.extension() == ".zip" || module.extension() == ".weftz";
  if (!save_dir.empty()) {
    WEFT_RETURN_IF_ERROR(CheckFolder("--save_dir", single_file ? module.parent_path() : module, /*may_make=*/true));
  }
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) return InvalidArgument("--report: ", report, " is a folder");
  return report.empty() ? absl::OkStatus() : CheckFolder("--report", file.parent_path(), /*may_make=*/false);
}

struct Trained {
  std::string data;
  History history;
  absl::btree_map<std::string, double> test;
  double samples_per_s = 0;
  int threads = 0, batch_size = 0;
  Isa isa = Isa::kBaseline;
  bool cancelled = false;
};

std::string Report(Sequential& model, const Trained& run) {
  nlohmann::ordered_json epochs = nlohmann::ordered_json::array();
  for (size_t i = 0; i < run.history.epoch.size(); ++i) {
    nlohmann::ordered_json epoch = {{"epoch", run.history.epoch[i] + 1}};
    for (const char* key : {"loss", "accuracy", "val_loss", "val_accuracy"}) {
      auto values = run.history.history.find(key);  // an epoch that was stopped has no val_
      const bool known = values != run.history.history.end() && i < values->second.size();
      epoch[key] = known ? nlohmann::ordered_json(values->second[i]) : nullptr;
    }
    epoch["seconds"] = run.history.seconds[i];
    epochs.push_back(std::move(epoch));
  }
  const nlohmann::ordered_json report = {
      {"data", run.data},
      {"epochs", std::move(epochs)},
      {"test_loss", run.test.at("loss")},
      {"test_accuracy", run.test.at("accuracy")},
      {"samples_per_s", run.samples_per_s},
      {"compile_ms", model.compile_ms()},
      {"peak_bytes", model.peak_bytes()},
      {"weights_hash", model.state()->WeightsHash()},
      {"threads", run.threads},
      {"isa", std::string(Name(run.isa))},
      {"seed", absl::GetFlag(FLAGS_seed)},
      {"batch_size", run.batch_size},
  };
  return report.dump(2) + "\n";
}

absl::StatusOr<Trained> Train(Sequential& model, const Mnist& data, int batch_size, int epochs) {
  Trained run;
  run.data = data.source;
  WEFT_ASSIGN_OR_RETURN(Tensor train_y, ToCategorical(data.train_labels, 10));
  WEFT_ASSIGN_OR_RETURN(Tensor test_y, ToCategorical(data.test_labels, 10));
  auto timer = std::make_shared<StepTimer>(data.train_images.dims()[0], batch_size);
  FitOptions options;
  options.batch_size = run.batch_size = batch_size;
  options.epochs = epochs;
  options.validation_x = &data.test_images;
  options.validation_y = &test_y;
  options.callbacks = {timer};
  options.verbose = absl::GetFlag(FLAGS_verbose);
  absl::Status fitted = model.Fit(data.train_images, train_y, options).status();
  run.cancelled = absl::IsCancelled(fitted);
  if (!fitted.ok() && !run.cancelled) return fitted;
  run.history = model.history();
  run.samples_per_s = timer->samples_per_second();
  WEFT_ASSIGN_OR_RETURN(run.test, model.Evaluate(data.test_images, test_y, {.batch_size = 256}));
  return run;
}

absl::Status CheckFlags() {
  if (absl::GetFlag(FLAGS_epochs).value_or(1) < 1) return InvalidArgument("--epochs must be at least 1");
  if (absl::GetFlag(FLAGS_batch_size).value_or(1) < 1) return InvalidArgument("--batch_size must be at least 1");
  const int verbose = absl::GetFlag(FLAGS_verbose);
  if (verbose < -1 || verbose > 2) return InvalidArgument("--verbose must be -1, 0, 1 or 2");
  return absl::OkStatus();
}

absl::StatusOr<int> Run() {
  WEFT_RETURN_IF_ERROR(CheckFlags());
  const std::string save_dir = ExpandHome(absl::GetFlag(FLAGS_save_dir)), report = absl::GetFlag(FLAGS_report);
  WEFT_RETURN_IF_ERROR(CheckOutputs(save_dir, report));
  SequentialOptions options;
  options.name = "mnist";
  options.seed = absl::GetFlag(FLAGS_seed);
  options.threads = absl::GetFlag(FLAGS_threads);
  if (!absl::GetFlag(FLAGS_isa).empty()) {
    absl::StatusOr<Isa> isa = ParseIsa(absl::GetFlag(FLAGS_isa));
    if (!isa.ok()) return Annotate(isa.status(), "--isa");
    options.isa = *isa;
  }
  absl::StatusOr<MnistNetwork> network = MakeMnistNetwork(absl::GetFlag(FLAGS_model));
  if (!network.ok()) return Annotate(network.status(), "--model");
  const int batch_size = absl::GetFlag(FLAGS_batch_size).value_or(network->batch_size);
  const int epochs = absl::GetFlag(FLAGS_epochs).value_or(network->epochs);
  Sequential model(std::move(network->layers), options);
  model.Compile({.optimizer = network->optimizer, .loss = "categorical_crossentropy", .metrics = {"accuracy"}});
  WEFT_ASSIGN_OR_RETURN(std::string summary,
                        model.Summary());  // what is wrong with the options shows before a download

  MnistOptions mnist;
  mnist.data_dir = absl::GetFlag(FLAGS_data_dir);
  mnist.notice = Say;
  WEFT_ASSIGN_OR_RETURN(Mnist data, LoadMnist(mnist));
  Say(data.source == "mnist" ? absl::StrCat("data: MNIST from ", data.where)
                             : absl::StrCat("data: embedded digits, not MNIST: ", data.where));
  Say(summary);
  WEFT_ASSIGN_OR_RETURN(Trained run, Train(model, data, batch_size, epochs));
  run.threads = options.threads > 0 ? options.threads : ThreadPool::AvailableProcessors();
  run.isa = options.isa.value_or(DefaultIsa());
  if (run.cancelled) Say("training was stopped; what follows is about the weights so far");
  Say(absl::StrFormat("test: loss %.4f, accuracy %.4f; training: %.0f images/s", run.test.at("loss"),
                      run.test.at("accuracy"), run.samples_per_s));

  absl::Status reported;  // returned when the module is safe
  if (!report.empty()) reported = Annotate(WriteFileAtomically(report, Report(model, run)), "--report");
  if (!save_dir.empty()) {
    WEFT_RETURN_IF_ERROR(Save(model, save_dir));
    Say(absl::StrCat("saved: ", save_dir, "\nlook at it with: bazel run //tools:weft -- inspect ",
                     std::filesystem::absolute(save_dir).lexically_normal().string()));
  }
  WEFT_RETURN_IF_ERROR(reported);
  return run.cancelled ? 130 : 0;  // as shells say that Ctrl-C ended a program
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "Trains a network to read handwritten digits, tests it, and saves it as a module that any program which links "
      "Weft's graph can load.\nUnder `bazel run`, relative paths are relative to where you are.");
  if (weft::AsksForHelp(argc, argv)) {
    std::fputs(weft::HelpText(__FILE__).c_str(), stdout);
    return 0;
  }
  const std::vector<char*> args = absl::ParseCommandLine(argc, argv);
  if (args.size() > 1) {
    std::fprintf(stderr, "error: unexpected argument '%s': options begin with --\n", args[1]);
    return 1;
  }
  // Bazel runs programs in a folder of its own.
  if (const char* folder = std::getenv("BUILD_WORKING_DIRECTORY"); folder != nullptr && chdir(folder) != 0) {
    std::fprintf(stderr, "error: cannot enter %s\n", folder);
    return 1;
  }
  absl::StatusOr<int> code = weft::Run();
  if (code.ok()) return *code;
  std::fprintf(stderr, "error: %s\n", std::string(code.status().message()).c_str());
  return 1;
}
