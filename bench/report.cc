// Draws the comparison with other frameworks: tables and a chart, from the JSON lines that bench/collect.py writes.
//
//   bazel run //bench:report -- --input=FILE[,FILE...] --svg=OUT.svg --markdown=OUT.md
//
// Only what is asked for is written, and nothing if a line is malformed. A Markdown file that exists must have the
// lines
// <!-- report:begin --> and <!-- report:end -->; what stands between them is replaced.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "bench/report_lines.h"
#include "bench/report_markdown.h"
#include "bench/report_svg.h"
#include "core/cli/help.h"
#include "core/io.h"
#include "core/status.h"

ABSL_FLAG(std::vector<std::string>, input, {}, "Files of JSON lines, all of one machine.");
ABSL_FLAG(std::string, svg, "", "Where the chart goes.");
ABSL_FLAG(std::string, markdown, "", "Where the tables go; in an existing file, between its two report lines.");

namespace weft {
namespace {

constexpr int64_t kMaxBytes = int64_t{64} << 20;

// `bazel run` works elsewhere than where the user stands.
std::string UserPath(const std::string& path) {
  const char* folder = std::getenv("BUILD_WORKING_DIRECTORY");
  return folder == nullptr || path[0] == '/' ? path : std::string(folder) + "/" + path;
}

absl::Status Run() {
  const std::vector<std::string> inputs = absl::GetFlag(FLAGS_input);
  const std::string svg = absl::GetFlag(FLAGS_svg), markdown = absl::GetFlag(FLAGS_markdown);
  if (inputs.empty()) return InvalidArgument("--input: expected files of JSON lines");
  if (svg.empty() && markdown.empty()) return InvalidArgument("expected --svg=FILE, --markdown=FILE or both");
  ReportReader reader;
  for (const std::string& input : inputs) {
    if (input.empty()) return InvalidArgument("--input: expected files, received an empty name");
    WEFT_ASSIGN_OR_RETURN(std::string text, ReadFile(UserPath(input), kMaxBytes));
    WEFT_RETURN_IF_ERROR(reader.Add(input, text));
  }
  WEFT_ASSIGN_OR_RETURN(Report report, reader.Compare());
  std::string document;
  if (!markdown.empty()) {
    absl::StatusOr<std::string> old = ReadFile(UserPath(markdown), kMaxBytes);
    if (!old.ok() && !absl::IsNotFound(old.status())) return old.status();
    absl::StatusOr<std::string> replaced = ReplacePart(old.ok() ? *old : "", WriteMarkdown(report));
    if (!replaced.ok()) return Annotate(replaced.status(), markdown);
    document = *std::move(replaced);
  }
  if (!svg.empty()) WEFT_RETURN_IF_ERROR(WriteFileAtomically(UserPath(svg), DrawSvg(report)));
  if (!markdown.empty()) WEFT_RETURN_IF_ERROR(WriteFileAtomically(UserPath(markdown), document));
  return absl::OkStatus();
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "draws the comparison: report --input=FILE[,FILE...] [--svg=OUT.svg] [--markdown=OUT.md]");
  if (weft::AsksForHelp(argc, argv)) {
    std::fputs(weft::HelpText(__FILE__).c_str(), stdout);
    return 0;
  }
  if (absl::ParseCommandLine(argc, argv).size() != 1) {
    std::fprintf(stderr, "%s\n", absl::ProgramUsageMessage().data());
    return 2;
  }
  absl::Status status = weft::Run();
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return 1;
}
