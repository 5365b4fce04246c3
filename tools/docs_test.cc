// What the documents say holds: the README's code compiles and does what it says, docs/ops.md is what the op list
// gives.
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

#include "core/status.h"
#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"
#include "models/data/digits.h"
#include "tools/ops_doc.h"

// The snippets bring their own includes: here they stand at the top of a file, as a reader would have them.
// clang-format off
#include "tools/raw_graph_snippet.inc"
#include "tools/builder_snippet.inc"
// clang-format on

namespace weft {
namespace {

TEST(Docs, OpsIsWhatTheOpListGives) {
  std::ifstream file("docs/ops.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), OpsMarkdown(AllOps())) << "bazel run //tools:ops_doc > docs/ops.md";
}

TEST(Readme, TheRawGraphFitsALine) {
  std::vector<float> xs, ys;
  for (int i = 0; i < 20; ++i) {
    xs.push_back(static_cast<float>(i) * 0.1f);
    ys.push_back(3 * xs.back());
  }
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor x, Tensor::FromVector<float>(xs, {20, 1}));
  WEFT_ASSERT_OK_AND_ASSIGN(Tensor y, Tensor::FromVector<float>(ys, {20, 1}));
  WEFT_ASSERT_OK_AND_ASSIGN(float slope, FitALine(x, y));
  EXPECT_NEAR(slope, 3, 1e-3);
}

TEST(Readme, TheBuilderTrainsAndSaves) {
  WEFT_ASSERT_OK_AND_ASSIGN(Digits digits, DrawDigits(256, 1));
  ASSERT_EQ(chdir(::testing::TempDir().c_str()), 0);
  WEFT_EXPECT_OK(TrainOnImages(digits.images, digits.labels));
  EXPECT_EQ(access("mnist.weft", R_OK), 0);
}

}  // namespace
}  // namespace weft
