// Runs reference cases computed by Keras: keras_vectors DIR [--only=kind,...]
//
// Prints a line for each case that did not pass, and last "N passed, N failed, N skipped". A case is skipped only for a
// class that does not exist yet. --only takes kinds ("layer") and beginnings of file names ("layer_Dense").
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/cli/help.h"
#include "core/status.h"
#include "tests/keras_vectors_case.h"

ABSL_FLAG(std::vector<std::string>, only, {}, "Kinds or beginnings of file names; empty: all.");

namespace weft {
namespace {

absl::Status RunCase(const VectorCase& c) {
  if (c.kind == "layer") return RunLayerCase(c);
  if (c.kind == "activation") return RunActivationCase(c);
  if (c.kind == "loss") return RunLossCase(c);
  if (c.kind == "metric") return RunMetricCase(c);
  if (c.kind == "optimizer") return RunOptimizerCase(c);
  if (c.kind == "schedule") return RunScheduleCase(c);
  if (c.kind == "training") return RunTrainingCase(c);
  return InvalidArgument("there is no kind '", c.kind, "'");
}

int RunFolder(std::filesystem::path dir, const std::vector<std::string>& only) {
  if (const char* base = std::getenv("BUILD_WORKING_DIRECTORY"); base != nullptr && dir.is_relative()) dir = base / dir;
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path().string());
  }
  if (error) {
    std::fprintf(stderr, "%s: %s\n", dir.c_str(), error.message().c_str());
    return 2;
  }
  std::sort(files.begin(), files.end());
  int passed = 0, failed = 0, skipped = 0;
  for (const std::string& file : files) {
    std::string name = std::filesystem::path(file).stem().string();
    bool wanted = only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string& prefix) {
                    return name == prefix || absl::StartsWith(name, prefix + "_");
                  });
    if (!wanted) continue;
    absl::StatusOr<VectorCase> c = LoadVectorCase(file);
    absl::Status status = c.ok() ? RunCase(*c) : c.status();
    if (status.ok()) {
      ++passed;
    } else if (absl::IsUnimplemented(status)) {
      ++skipped;
      std::printf("%s: skipped: %s\n", name.c_str(), std::string(status.message()).c_str());
    } else {
      ++failed;
      std::printf("%s: FAILED: %s\n", name.c_str(), status.ToString().c_str());
    }
  }
  std::printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
  return failed == 0 && passed + skipped > 0 ? 0 : 1;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("runs reference cases computed by Keras: keras_vectors DIR [--only=kind,...]");
  if (weft::AsksForHelp(argc, argv)) {
    std::fputs(weft::HelpText(__FILE__).c_str(), stdout);
    return 0;
  }
  std::vector<char*> positional = absl::ParseCommandLine(argc, argv);
  if (positional.size() != 2) {
    std::fprintf(stderr, "%s\n", absl::ProgramUsageMessage().data());
    return 2;
  }
  return weft::RunFolder(positional[1], absl::GetFlag(FLAGS_only));
}
