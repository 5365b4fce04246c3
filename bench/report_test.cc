#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "bench/report_lines.h"
#include "bench/report_markdown.h"
#include "bench/report_svg.h"
#include "core/testing/status_matchers.h"
#include "graph/text/testing/golden.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

absl::StatusOr<Report> Read(absl::string_view text) {
  ReportReader reader;
  absl::Status status = reader.Add("run.jsonl", text);
  if (!status.ok()) return status;
  return reader.Compare();
}

std::string ErrorOf(absl::string_view text) { return std::string(Read(text).status().message()); }

Report Example() {
  absl::StatusOr<Report> report = Read(RepositoryFile("bench/testdata/report.jsonl"));
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? *std::move(report) : Report{};
}

TEST(ReportTest, SvgIsTheGoldenOne) {
  const std::string svg = DrawSvg(Example());
  EXPECT_EQ(svg, GoldenFile("bench/testdata/report.svg", svg));
}

TEST(ReportTest, MarkdownIsTheGoldenOne) {
  const std::string markdown = WriteMarkdown(Example());
  EXPECT_EQ(markdown, GoldenFile("bench/testdata/report.md", markdown));
}

TEST(ReportTest, DocsShowTheCommittedFigures) {
  absl::StatusOr<Report> report = Read(RepositoryFile("docs/performance.jsonl"));
  ASSERT_TRUE(report.ok()) << report.status();
  const char* how = "run bench:report as docs/performance.md says";
  EXPECT_EQ(DrawSvg(*report), RepositoryFile("docs/performance.svg")) << how;
  const std::string page = RepositoryFile("docs/performance.md");
  absl::StatusOr<std::string> again = ReplacePart(page, WriteMarkdown(*report));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, page) << how;
}

TEST(ReportTest, MediansOfOddAndEvenRounds) {
  EXPECT_EQ(Median({3}), 3);
  EXPECT_EQ(Median({9, 1, 2}), 2);
  EXPECT_EQ(Median({8, 1, 2, 4}), 3);
}

TEST(ReportTest, RatioIsOfSpeedsWhereLessIsBetterToo) {
  absl::StatusOr<Report> report = Read(
      "{\"peer\":\"weft\",\"work\":\"mlp_infer1\",\"threads\":2,\"p50_us\":20}\n"
      "{\"peer\":\"ort\",\"work\":\"mlp_infer1\",\"threads\":2,\"p50_us\":50}\n"
      "{\"peer\":\"ort\",\"work\":\"mlp_infer1\",\"threads\":2,\"p50_us\":30}\n"
      "{\"peer\":\"jax\",\"work\":\"mlp_infer1\",\"threads\":2,\"p50_us\":80}\n");
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->comparisons.size(), 1u);
  const Comparison& c = report->comparisons[0];
  EXPECT_EQ(c.ours.speed, 2);
  ASSERT_EQ(c.peers.size(), 2u);
  EXPECT_EQ(c.peers[0].peer, "ort");
  EXPECT_EQ(c.peers[0].figure, 40);
  EXPECT_EQ(c.peers[0].rounds, 2);
  EXPECT_EQ(c.peers[1].speed, 0.5);
}

TEST(ReportTest, MissingPeersAreShownAsMissing) {
  absl::StatusOr<Report> report = Read(
      "{\"peer\":\"weft\",\"work\":\"mlp_train\",\"threads\":2,\"samples_per_s\":20}\n"
      "{\"peer\":\"jax\",\"work\":\"mlp_train\",\"threads\":2,\"samples_per_s\":10}\n"
      "{\"peer\":\"torch\",\"work\":\"mlp_train\",\"threads\":2,\"error\":\"it crashed\"}\n"
      "{\"peer\":\"jax\",\"work\":\"csv_fit\",\"threads\":2,\"fit_s\":3}\n"
      "{\"peer\":\"ort\",\"work\":\"mlp_infer1\",\"threads\":2,\"p50_us\":3}\n");
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_EQ(report->comparisons.size(), 3u);
  for (int k : {0, 1}) {
    const std::vector<Entry>& peers = report->comparisons[static_cast<size_t>(k)].peers;
    ASSERT_EQ(peers.size(), 2u) << "peers of training alone";
    EXPECT_EQ(peers[1].peer, "torch");
    EXPECT_FALSE(peers[1].figure.has_value());
  }
  EXPECT_EQ(report->comparisons[1].ours.speed, 0);
  EXPECT_THAT(WriteMarkdown(*report), HasSubstr("| 2 | 20.0 | **10.0** | missing | \u00d72.00 |"));
  EXPECT_THAT(WriteMarkdown(*report), HasSubstr("| 2 | missing | **3.00** | missing | missing |"));
  EXPECT_THAT(DrawSvg(*report), HasSubstr(">missing</text>"));
}

TEST(ReportTest, OursAloneHasNoRatio) {
  absl::StatusOr<Report> report = Read("{\"peer\":\"weft\",\"work\":\"new\",\"threads\":1,\"samples_per_s\":20000}");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(WriteMarkdown(*report), HasSubstr("| new | samples/s | 1 | 20,000 | missing |"));
  EXPECT_THAT(DrawSvg(*report), HasSubstr(">20,000</text>"));
}

TEST(ReportTest, RoundsThatAreMissingAreCounted) {
  EXPECT_THAT(WriteMarkdown(Example()), HasSubstr("3.00 (1 of 2 rounds)"));
  EXPECT_THAT(Caption(Example()), HasSubstr("medians of 1 to 3 rounds of 3 s"));
}

TEST(ReportTest, CaptionEndsWithTheNotesOfTheRuns) {
  absl::StatusOr<Report> report = Read(
      "{\"machine\":\"a\",\"date\":\"2026-01-01\",\"note\":\"a busy machine\"}\n"
      "{\"peer\":\"weft\",\"work\":\"mlp_train\",\"threads\":2,\"samples_per_s\":20}\n");
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(Caption(*report), "a; 2026-01-01; medians of 1 round; a busy machine");
}

TEST(ReportTest, FiguresHaveThreeDigitsOrAll) {
  EXPECT_EQ(FigureText(1.234), "1.23");
  EXPECT_EQ(FigureText(9.996), "10.0");
  EXPECT_EQ(FigureText(99.96), "100");
  EXPECT_EQ(FigureText(999.4), "999");
  EXPECT_EQ(FigureText(1000), "1,000");
  EXPECT_EQ(FigureText(1234567), "1,234,567");
}

TEST(ReportTest, SvgEscapesWhatItIsGiven) {
  const std::string svg = DrawSvg(Example());
  EXPECT_THAT(svg, HasSubstr("Example Processor &lt;1&gt;"));
  EXPECT_THAT(svg, Not(HasSubstr("Processor <1>")));
}

TEST(ReportTest, MalformedLinesNameFileLineAndFault) {
  const std::string good = "{\"peer\":\"weft\",\"work\":\"mlp_train\",\"threads\":2,\"samples_per_s\":20}";
  ASSERT_TRUE(Read(good).ok());
  struct Case {
    const char *from, *to, *error;
  };
  for (const Case& c : std::vector<Case>{
           {"}", "", "run.jsonl:2: expected a JSON object, received '{\"peer\""},
           {good.c_str(), "Traceback", "run.jsonl:2: expected a JSON object, received 'Traceback'"},
           {good.c_str(), "[1]", "run.jsonl:2: expected a JSON object, received '[1]'"},
           {"\"peer\":\"weft\",", "", "'peer' is missing"},
           {"\"weft\"", "7", "'peer': expected a string, received 7"},
           {"\"mlp_train\"", "\"\"", "'work': expected a string"},
           {"\"threads\":2,", "", "'threads' is missing"},
           {":2,", ":0,", "'threads': expected a positive integer, received 0"},
           {":2,", ":1.5,", "'threads': expected a positive integer, received 1.5"},
           {":20}", ":-20}", "'samples_per_s': expected a positive number, received -20"},
           {":20}", ":\"20\"}", "'samples_per_s': expected a positive number, received \"20\""},
           {":20}", ":NaN}", "run.jsonl:2: expected a JSON object"},
           {"samples_per_s", "p50_us", "'samples_per_s' is missing"},
           {":20}", ":20,\"shape\":[1,0]}", "'shape': expected a positive integer, received 0"},
           {":20}", ":20,\"shape\":64}", "'shape': expected an array of sizes, received 64"},
       }) {
    const std::string line = absl::StrReplaceAll(good, {{c.from, c.to}});
    EXPECT_THAT(ErrorOf(absl::StrCat(good, "\n", line, "\n")), HasSubstr(c.error)) << line;
  }
  EXPECT_THAT(ErrorOf("{\"peer\":\"weft\",\"work\":\"new\",\"threads\":2}"),
              HasSubstr("\"error\" or one of gflops, p50_us"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("no figure"));
}

TEST(ReportTest, RunsThatDifferAreNotCompared) {
  const std::string one = "{\"machine\":\"a\",\"date\":\"2026-01-01\",\"versions\":{\"jax\":\"1\"}}\n";
  EXPECT_THAT(ErrorOf(one + "{\"machine\":\"b\",\"date\":\"2026-01-01\"}"), HasSubstr("'machine': runs that differ"));
  EXPECT_THAT(ErrorOf(one + "{\"machine\":\"a\",\"date\":\"2026-01-01\",\"versions\":{\"jax\":\"2\"}}"),
              HasSubstr("run.jsonl:2: 'jax': runs that differ cannot be compared: '1' and '2'"));
  EXPECT_THAT(ErrorOf("{\"peer\":\"weft\",\"work\":\"new\",\"threads\":2,\"fit_s\":1}\n"
                      "{\"peer\":\"jax\",\"work\":\"new\",\"threads\":2,\"p50_us\":1}"),
              HasSubstr("'new': runs that differ cannot be compared: 'fit_s' and 'p50_us'"));
}

TEST(ReportTest, OnlyThePartBetweenTheMarksIsReplaced) {
  const std::string begin = "<!-- report:begin -->\n", end = "<!-- report:end -->\n";
  EXPECT_EQ(*ReplacePart("", "new\n"), "new\n");
  EXPECT_EQ(*ReplacePart("a\n" + begin + "old\n" + end + "b\n", "new\n"), "a\n" + begin + "new\n" + end + "b\n");
  for (const std::string& document : {std::string("text\n"), begin, end + begin, begin + begin + end}) {
    EXPECT_THAT(std::string(ReplacePart(document, "new\n").status().message()), HasSubstr("once each")) << document;
  }
}

}  // namespace
}  // namespace weft
