#include "core/cli/help.h"

#include <map>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/reflection.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace weft {
namespace {

constexpr size_t kWidth = 100;

// The words of `text`, in lines that begin with `indent`.
std::string Wrapped(absl::string_view text, absl::string_view indent) {
  std::string lines, line;
  for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (!line.empty() && indent.size() + line.size() + 1 + word.size() > kWidth) {
      absl::StrAppend(&lines, indent, line, "\n");
      line.clear();
    }
    absl::StrAppend(&line, line.empty() ? "" : " ", word);
  }
  absl::StrAppend(&lines, indent, line, "\n");
  return lines;
}

}  // namespace

bool AsksForHelp(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const absl::string_view argument = argv[i];
    if (argument == "--") return false;
    if (argument == "--help" || argument == "-help" || argument == "-h") return true;
  }
  return false;
}

std::string HelpText(absl::string_view file) {
  std::string text = absl::StrCat(absl::ProgramUsageMessage(), "\n\nOptions:\n");
  std::map<std::string, const absl::CommandLineFlag*> flags;
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    if (flag->Filename() == file) flags.emplace(std::string(name), flag);
  }
  for (const auto& [name, flag] : flags) {
    const std::string value = flag->DefaultValue();
    absl::StrAppend(&text, "  --", name, value.empty() ? "" : absl::StrCat(" (default: ", value, ")"), "\n",
                    Wrapped(flag->Help(), "      "));
  }
  return text;
}

}  // namespace weft
