// Files of expected results, kept beside the tests.
#ifndef WEFT_GRAPH_TEXT_TESTING_GOLDEN_H_
#define WEFT_GRAPH_TEXT_TESTING_GOLDEN_H_

#include <string>

#include "absl/strings/string_view.h"

namespace weft {

// The contents of a file of the repository; "" if there is none.
std::string RepositoryFile(const std::string& path);

// The same of a golden file, which is first written with `actual` where the environment variable WEFT_UPDATE_GOLDEN
// names the repository's root:  WEFT_UPDATE_GOLDEN=$PWD bazel-bin/graph/text/text_test
std::string GoldenFile(const std::string& path, absl::string_view actual);

}  // namespace weft

#endif  // WEFT_GRAPH_TEXT_TESTING_GOLDEN_H_
