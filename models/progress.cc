#include "models/progress.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace weft {
namespace {

constexpr int kBarWidth = 20;
constexpr double kMinInterval = 0.05;

std::string Repeat(absl::string_view text, int64_t times) {
  std::string result;
  for (int64_t i = 0; i < times; ++i) absl::StrAppend(&result, text);
  return result;
}

std::string StepTime(double seconds) {
  if (seconds >= 1 || seconds == 0) return absl::StrFormat(" %.0fs/step", seconds);
  if (seconds >= 1e-3) return absl::StrFormat(" %.0fms/step", seconds * 1e3);
  return absl::StrFormat(" %.0fus/step", seconds * 1e6);
}

std::string Remaining(double seconds) {
  const auto s = static_cast<int64_t>(seconds);
  if (seconds > 3600) return absl::StrFormat("%d:%02d:%02d", s / 3600, s % 3600 / 60, s % 60);
  if (seconds > 60) return absl::StrFormat("%d:%02d", s / 60, s % 60);
  return absl::StrFormat("%ds", s);
}

std::string Metrics(const Logs& logs) {
  std::string text;
  for (const auto& [name, value] : logs) {
    absl::StrAppend(&text, " - ", name, ": ",
                    std::abs(value) > 1e-3 ? absl::StrFormat("%.4f", value) : absl::StrFormat("%.4e", value));
  }
  return text;
}

// Terminal columns: escape sequences take none, a character of several bytes takes one.
size_t Columns(absl::string_view text) {
  size_t columns = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      while (i < text.size() && text[i] != 'm') ++i;
    } else if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) {
      ++columns;
    }
  }
  return columns;
}

}  // namespace

Progress::Style Progress::ChooseStyle(int verbose, const Sink& sink) {
  if (verbose == 0) return Style::kSilent;
  if (verbose == 1) return Style::kBar;
  return verbose < 0 && sink == nullptr && isatty(STDOUT_FILENO) == 1 ? Style::kBar : Style::kLinePerEpoch;
}

Progress::Progress(Style style, Sink sink, std::function<double()> now)
    : style_(style), sink_(std::move(sink)), now_(std::move(now)) {
  if (sink_ == nullptr) {
    sink_ = [](absl::string_view text) {
      std::fwrite(text.data(), 1, text.size(), stdout);
      std::fflush(stdout);
    };
  }
  if (now_ == nullptr) {
    now_ = [] { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); };
  }
}

void Progress::BeginEpoch(int64_t epoch, int64_t epochs, int64_t steps) {
  steps_ = steps;
  start_ = now_();
  last_drawn_ = start_ - kMinInterval;
  first_step_end_ = -1;
  width_ = 0;
  if (style_ != Style::kSilent && epochs > 1) sink_(absl::StrCat("Epoch ", epoch + 1, "/", epochs, "\n"));
}

double Progress::SecondsPerStep(int64_t done, double now) {
  if (done < 1) return 0;
  if (done > 1 && first_step_end_ >= 0) return (now - first_step_end_) / static_cast<double>(done - 1);
  if (done == 1) first_step_end_ = now;
  return (now - start_) / static_cast<double>(done);
}

void Progress::Step(int64_t done, absl::FunctionRef<Logs()> logs) {
  if (style_ == Style::kSilent) return;
  const double now = now_();
  if (done == 1) first_step_end_ = now;
  if (style_ != Style::kBar || now - last_drawn_ < kMinInterval) return;
  Draw(done, logs(), /*last=*/false);
}

void Progress::EndEpoch(const Logs& logs) {
  if (style_ != Style::kSilent) Draw(steps_, logs, /*last=*/true);
}

void Progress::Break() {
  if (style_ == Style::kBar && width_ > 0) sink_("\n");
  width_ = 0;
}

void Progress::Draw(int64_t done, const Logs& logs, bool last) {
  const double now = now_();
  const double per_step = SecondsPerStep(done, now);
  const std::string elapsed = absl::StrFormat("%.0fs", now - start_);
  std::string text = absl::StrCat(steps_);
  text = absl::StrCat(absl::StrFormat("%*d", static_cast<int>(text.size()), done), "/", text);
  if (style_ == Style::kLinePerEpoch) {
    sink_(absl::StrCat(text, " - ", elapsed, " -", StepTime(per_step), Metrics(logs), "\n"));
    return;
  }
  const int64_t filled = std::min<int64_t>(kBarWidth, kBarWidth * done / std::max<int64_t>(steps_, 1));
  text = absl::StrCat("\x1b[1m", text, "\x1b[0m ");
  if (filled > 0) absl::StrAppend(&text, "\x1b[32m", Repeat("━", filled), "\x1b[0m");
  absl::StrAppend(&text, "\x1b[37m", Repeat("━", kBarWidth - filled), "\x1b[0m");
  absl::StrAppend(&text, " \x1b[1m", last ? elapsed : Remaining(per_step * static_cast<double>(steps_ - done)),
                  "\x1b[0m", StepTime(per_step), Metrics(logs));
  const size_t width = Columns(text);
  if (width_ > width) text.append(width_ - width, ' ');  // what stood there before
  if (last) text += '\n';
  sink_(absl::StrCat("\r", text));
  width_ = last ? 0 : width;
  last_drawn_ = now;
}

}  // namespace weft
