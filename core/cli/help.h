// The --help of programs: Abseil's ends a program as an error would, with exit code 1; a program that was asked for
// help and gave it has succeeded. In main, before the command line is parsed:
//
//   absl::SetProgramUsageMessage("...");
//   if (weft::AsksForHelp(argc, argv)) {
//     std::fputs(weft::HelpText(__FILE__).c_str(), stdout);
//     return 0;
//   }
//
// --helpfull, --help=TEXT and --version stay Abseil's.
#ifndef WEFT_CORE_CLI_HELP_H_
#define WEFT_CORE_CLI_HELP_H_

#include <string>

#include "absl/strings/string_view.h"

namespace weft {

// Whether --help, -help or -h is among the arguments, before "--".
bool AsksForHelp(int argc, const char* const* argv);

// The usage message of the program, and the flags that `file` defines with their defaults, in alphabetical order.
std::string HelpText(absl::string_view file);

}  // namespace weft

#endif  // WEFT_CORE_CLI_HELP_H_
