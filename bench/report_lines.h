// The JSON lines of one comparison (bench/collect.py), read, checked and grouped; what the table and the chart show.
#ifndef WEFT_BENCH_REPORT_LINES_H_
#define WEFT_BENCH_REPORT_LINES_H_

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weft {

// One program's figure for one job: the median of its rounds. No figure: the program failed or was not run.
struct Entry {
  std::string peer;
  std::optional<double> figure = {};
  int rounds = 0;
  double speed = 0;  // relative to the fastest peer, more is faster; 0 where one of the two figures is missing
};

// One panel of the chart, one row of the table.
struct Comparison {
  std::string work;
  std::string shape;  // "64 × 784 × 512", or "" for works without shapes
  int threads = 0;
  std::string title;  // "Inference, 784-512-256-10, batch 1"
  std::string unit;   // "samples/s"
  bool training = false;
  bool less_is_better = false;
  Entry ours;
  std::vector<Entry> peers;  // fastest first, missing ones last
};

struct Report {
  std::string machine, isa;  // "" where no line describes the run
  int cpus = 0;
  double seconds = 0;
  std::set<std::string> dates, notes;
  std::map<std::string, std::string> versions;
  std::vector<Comparison> comparisons;  // by work, shape, threads (most first)
};

// Collects lines, of any number of files, and then compares. Lines are of two kinds:
//   {"machine": "...", "cpus": 2, "isa": "...", "date": "2026-01-31", "seconds": 3, "versions": {"weft": "...", ...},
//    "note": "..."}
//   {"peer": "weft", "work": "mlp_train", "threads": 2, "samples_per_s": 43210, ...}; one a round, "weft" is ours
// with "shape": [m, k, n] for products, and "error": "..." instead of figures where the program failed.
class ReportReader {
 public:
  // Errors name the file, the line, what was expected and what was found.
  absl::Status Add(absl::string_view file, absl::string_view text);

  // A peer that was run for some training work is expected (and shown as missing) in all training works; so with
  // inference. InvalidArgument if there is no figure at all.
  absl::StatusOr<Report> Compare() const;

 private:
  struct Key {
    int rank;  // of the work, as the table shows them
    std::string work;
    std::vector<int64_t> shape;
    int minus_threads;
    auto operator<=>(const Key&) const = default;
  };
  absl::Status AddLine(absl::string_view line);
  Comparison CompareOne(const Key& key, const std::map<std::string, std::vector<double>>& figures) const;

  Report description_;
  std::map<Key, std::map<std::string, std::vector<double>>> figures_;
  std::map<std::string, std::string> figure_of_;  // work -> key of the figure compared
  std::set<std::string> peers_[2];                // of inference, of training
};

// The middle one; the mean of the two in the middle of an even number. REQUIRES: not empty.
double Median(std::vector<double> values);

// "JAX" for "jax"; a name that is not known stays as it is.
std::string DisplayName(absl::string_view peer);
// 43,210; 12.3; 1.23: three digits or all before the point.
std::string FigureText(double figure);
// "Intel Xeon, 2 processors, avx512; 2026-01-31; PyTorch 2.1, ...; medians of 5 rounds of 3 s".
std::string Caption(const Report& report);

}  // namespace weft

#endif  // WEFT_BENCH_REPORT_LINES_H_
