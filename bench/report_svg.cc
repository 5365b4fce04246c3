#include "bench/report_svg.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace weft {
namespace {

// Sizes in pixels.
constexpr double kMargin = 32, kColumn = 520, kColumnGap = 40;
constexpr double kRow = 22, kBar = 14, kPanelHead = 34, kPanelFoot = 22;
constexpr double kNames = 142;   // of the programs, left of the bars
constexpr double kValues = 140;  // right of the longest bar: the figure, then the ratio
constexpr double kCaptionLine = 17;

constexpr const char* kInk = "#1f2328";
constexpr const char* kMuted = "#59636e";
constexpr const char* kRule = "#d1d9e0";
constexpr const char* kOursFill = "#0b62d6";
constexpr const char* kBestFill = "#8c959f";
constexpr const char* kPeerFill = "#c4ccd4";

std::string Escape(absl::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      // XML has no way to write control characters.
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

// Appends elements, with one decimal: enough for a screen, and no noise in differences.
class Writer {
 public:
  void Rect(double x, double y, double w, double h, const char* fill, double radius = 0) {
    absl::StrAppend(
        &out_, absl::StrFormat("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"%.1f\" fill=\"%s\"/>\n",
                               x, y, w, h, radius, fill));
  }
  void Line(double x1, double y1, double x2, double y2, const char* stroke, const char* dashes) {
    absl::StrAppend(&out_, absl::StrFormat("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"%s/>\n",
                                           x1, y1, x2, y2, stroke, dashes));
  }
  // `style`: further attributes, e.g. font-size.
  void Text(double x, double y, absl::string_view text, const char* fill, absl::string_view style) {
    absl::StrAppend(&out_, absl::StrFormat("<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\" %s>", x, y, fill, style),
                    Escape(text), "</text>\n");
  }
  void Raw(absl::string_view text) { absl::StrAppend(&out_, text); }
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

double PanelHeight(const Comparison& c) {
  return kPanelHead + kRow * static_cast<double>(c.peers.size() + 1) + kPanelFoot;
}

void DrawPanel(const Comparison& c, double x, double y, Writer& w) {
  w.Text(x, y + 12, c.title, kInk, "font-size=\"14\" font-weight=\"600\"");
  w.Text(x + kColumn, y + 12, absl::StrCat(c.unit, ", ", c.threads, c.threads == 1 ? " thread" : " threads"), kMuted,
         "font-size=\"12\" text-anchor=\"end\"");
  w.Line(x, y + 20.5, x + kColumn, y + 20.5, kRule, "");
  const double left = x + kNames, length = kColumn - kNames - kValues;
  const double rows = static_cast<double>(c.peers.size() + 1), top = y + kPanelHead;
  // Without any peer there is nothing to relate to: one full bar.
  const double longest = std::max(1.0, c.ours.speed);
  double at = top;
  auto row = [&](const Entry& e, const char* fill, bool bold) {
    const double base = at + 11.5;
    w.Text(left - 10, base, DisplayName(e.peer), e.figure ? kInk : kMuted,
           absl::StrCat("font-size=\"13\" text-anchor=\"end\"", bold ? " font-weight=\"600\"" : ""));
    if (!e.figure) {
      w.Text(left + 6, base, "missing", kMuted, "font-size=\"12\" font-style=\"italic\"");
    } else {
      const double width = std::max(1.5, length * (e.speed > 0 ? e.speed : 1) / longest);
      w.Rect(left, at, width, kBar, fill, 2);
      const char* ink = bold ? kInk : kMuted;
      const std::string style = bold ? "font-size=\"12\" font-weight=\"600\"" : "font-size=\"12\"";
      w.Text(left + width + 8, base, FigureText(*e.figure), ink, style);
      if (e.speed > 0) {
        w.Text(x + kColumn, base, absl::StrFormat("\u00d7%.2f", e.speed), ink, style + " text-anchor=\"end\"");
      }
    }
    at += kRow;
  };
  row(c.ours, kOursFill, true);
  for (const Entry& e : c.peers) row(e, e.speed == 1 ? kBestFill : kPeerFill, false);
  const double bottom = top + rows * kRow - (kRow - kBar);
  w.Line(left, top - 4, left, bottom + 4, kMuted, "");
  // The line of the fastest peer, from our bar to its own.
  if (!c.peers.empty() && c.peers[0].figure && c.ours.speed > 1) {
    const double one = left + length / longest;
    w.Line(one, top - 4, one, top + kBar, "#ffffff", " stroke-dasharray=\"3 2\"");
    w.Line(one, top + kBar, one, top + kRow, kMuted, " stroke-dasharray=\"3 2\"");
  }
}

// Words of the text in lines of at most `width` characters.
std::vector<std::string> Wrap(absl::string_view text, size_t width) {
  std::vector<std::string> lines;
  for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (lines.empty() || lines.back().size() + 1 + word.size() > width) {
      lines.emplace_back(word);
    } else {
      absl::StrAppend(&lines.back(), " ", word);
    }
  }
  return lines;
}

}  // namespace

std::string DrawSvg(const Report& report) {
  std::set<int, std::greater<int>> threads;
  for (const Comparison& c : report.comparisons) threads.insert(c.threads);
  // Rows of panels: of one work and shape with all thread counts, or just pairs.
  const size_t columns = std::max<size_t>(2, threads.size());
  std::vector<std::vector<const Comparison*>> rows;
  const Comparison* last = nullptr;
  for (const Comparison& c : report.comparisons) {
    const bool same = last != nullptr && last->work == c.work && last->shape == c.shape;
    if (threads.size() == 1 ? rows.empty() || rows.back().size() == columns : !same) rows.emplace_back();
    if (threads.size() > 1) rows.back().resize(columns);
    if (threads.size() == 1) {
      rows.back().push_back(&c);
    } else {
      rows.back()[static_cast<size_t>(std::distance(threads.begin(), threads.find(c.threads)))] = &c;
    }
    last = &c;
  }
  const double width =
      2 * kMargin + static_cast<double>(columns) * kColumn + static_cast<double>(columns - 1) * kColumnGap;
  const std::vector<std::string> caption = Wrap(Caption(report), static_cast<size_t>((width - 2 * kMargin) / 6.4));

  Writer w;
  double y = kMargin + 14;
  w.Text(kMargin, y, "Weft beside other frameworks", kInk, "font-size=\"22\" font-weight=\"600\"");
  y += 24;
  w.Text(kMargin, y,
         "Bars show speed relative to the fastest other (\u00d71.00): longer is faster. Figures are medians.", kMuted,
         "font-size=\"13\"");
  y += 30;
  for (const auto& row : rows) {
    double height = 0;
    for (size_t k = 0; k < row.size(); ++k) {
      if (row[k] == nullptr) continue;
      DrawPanel(*row[k], kMargin + static_cast<double>(k) * (kColumn + kColumnGap), y, w);
      height = std::max(height, PanelHeight(*row[k]));
    }
    y += height;
  }
  y += 6;
  for (const std::string& line : caption) {
    w.Text(kMargin, y, line, kMuted, "font-size=\"12\"");
    y += kCaptionLine;
  }
  const double height = y - kCaptionLine + kMargin - 6;

  Writer page;
  page.Raw(absl::StrFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
      "font-family=\"-apple-system, 'Segoe UI', Helvetica, Arial, 'DejaVu Sans', sans-serif\">\n",
      width, height, width, height));
  page.Raw("<title>Weft beside other frameworks</title>\n");
  page.Rect(0, 0, width, height, "#ffffff");
  page.Raw(w.Take());
  page.Raw("</svg>\n");
  return page.Take();
}

}  // namespace weft
