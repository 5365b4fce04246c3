#include "bench/report_markdown.h"

#include <algorithm>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "core/status.h"

namespace weft {
namespace {

constexpr absl::string_view kBegin = "<!-- report:begin -->\n";
constexpr absl::string_view kEnd = "<!-- report:end -->\n";

std::string Cell(const Entry* entry, int rounds, bool bold) {
  if (entry == nullptr || !entry->figure) return "missing";
  std::string text = FigureText(*entry->figure);
  if (bold) text = absl::StrCat("**", text, "**");
  if (entry->rounds < rounds) absl::StrAppend(&text, " (", entry->rounds, " of ", rounds, " rounds)");
  return text;
}

std::string Escape(absl::string_view text) { return absl::StrReplaceAll(text, {{"|", "\\|"}, {"\n", " "}}); }

std::string Table(const std::vector<const Comparison*>& rows) {
  std::set<std::string> names;
  for (const Comparison* c : rows) {
    for (const Entry& e : c->peers) names.insert(e.peer);
  }
  std::string out = "| work | unit | threads | Weft |";
  std::string rule = "| --- | --- | ---: | ---: |";
  for (const std::string& name : names) {
    absl::StrAppend(&out, " ", Escape(DisplayName(name)), " |");
    absl::StrAppend(&rule, " ---: |");
  }
  absl::StrAppend(&out, " to the fastest other |\n", rule, " ---: |\n");
  for (const Comparison* c : rows) {
    int rounds = c->ours.rounds;
    for (const Entry& e : c->peers) rounds = std::max(rounds, e.rounds);
    absl::StrAppend(&out, "| ", Escape(c->title), " | ", c->unit, c->less_is_better ? " (less is better)" : "", " | ",
                    c->threads, " | ", Cell(&c->ours, rounds, false), " |");
    for (const std::string& name : names) {
      auto it = std::find_if(c->peers.begin(), c->peers.end(), [&](const Entry& e) { return e.peer == name; });
      const Entry* entry = it == c->peers.end() ? nullptr : &*it;
      absl::StrAppend(&out, " ", Cell(entry, rounds, entry != nullptr && entry->speed == 1), " |");
    }
    absl::StrAppend(&out, " ", c->ours.speed > 0 ? absl::StrFormat("\u00d7%.2f", c->ours.speed) : "missing", " |\n");
  }
  return out;
}

}  // namespace

std::string WriteMarkdown(const Report& report) {
  std::string out = absl::StrCat(Caption(report), ".\n");
  for (bool training : {true, false}) {
    std::vector<const Comparison*> rows;
    for (const Comparison& c : report.comparisons) {
      if (c.training == training) rows.push_back(&c);
    }
    if (!rows.empty()) absl::StrAppend(&out, "\n", Table(rows));
  }
  return out;
}

absl::StatusOr<std::string> ReplacePart(absl::string_view document, absl::string_view part) {
  if (document.empty()) return std::string(part);
  const size_t begin = document.find(kBegin), end = document.find(kEnd);
  if (begin == absl::string_view::npos || end == absl::string_view::npos || end < begin ||
      document.rfind(kBegin) != begin || document.rfind(kEnd) != end) {
    return InvalidArgument("expected the lines '", kBegin.substr(0, kBegin.size() - 1), "' and '",
                           kEnd.substr(0, kEnd.size() - 1), "' once each, between which the tables go");
  }
  return absl::StrCat(document.substr(0, begin + kBegin.size()), part, document.substr(end));
}

}  // namespace weft
