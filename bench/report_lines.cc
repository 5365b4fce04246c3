#include "bench/report_lines.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/status.h"
#include "nlohmann/json.hpp"

namespace weft {
namespace {

using Json = nlohmann::json;

constexpr const char* kOurs = "weft";

// In the order of preference where the work is not listed below.
struct FigureSpec {
  const char* key;
  const char* unit;
  bool less_is_better;
};
constexpr FigureSpec kFigures[] = {
    {"gflops", "GFLOP/s", false},          {"p50_us", "\u00b5s a call", true}, {"fit_s", "seconds", true},
    {"samples_per_s", "samples/s", false}, {"steps_per_s", "steps/s", false},
};

struct WorkSpec {
  const char* work;
  const char* title;
  const char* figure;
};
constexpr WorkSpec kWorks[] = {
    {"mlp_train", "Training 784-512-256-10, RMSprop, batch 64", "samples_per_s"},
    {"tiny_train", "Training 2-10-20-1, Adam, batch 64", "steps_per_s"},
    {"csv_fit", "A whole fit: 800 rows, 100 epochs, batch 256", "fit_s"},
    {"cnn_train", "Training a convolutional network, batch 128", "samples_per_s"},
    {"lstm_train", "Training an LSTM(128), batch 128", "samples_per_s"},
    {"rnn_train", "Training a SimpleRNN(128), batch 128", "samples_per_s"},
    {"mlp_infer1", "Inference, 784-512-256-10, batch 1", "p50_us"},
    {"mlp_infer64", "Inference, 784-512-256-10, batch 64", "p50_us"},
    {"cnn_infer1", "Inference, convolutional network, batch 1", "p50_us"},
    {"cnn_infer64", "Inference, convolutional network, batch 64", "p50_us"},
    {"lstm_infer1", "Inference, LSTM(128), batch 1", "p50_us"},
    {"dense_relu", "Dense + ReLU", "gflops"},
};
constexpr int kNumWorks = sizeof(kWorks) / sizeof(kWorks[0]);

int WorkRank(absl::string_view work) {
  int rank = 0;
  while (rank < kNumWorks && work != kWorks[rank].work) ++rank;
  return rank;
}

bool IsTraining(absl::string_view work) {
  return work.find("train") != absl::string_view::npos || work.find("fit") != absl::string_view::npos;
}

absl::StatusOr<std::string> StringOf(const Json& line, const char* key) {
  auto it = line.find(key);
  if (it == line.end()) return InvalidArgument("'", key, "' is missing");
  if (!it->is_string() || it->get<std::string>().empty()) {
    return InvalidArgument("'", key, "': expected a string, received ", it->dump());
  }
  return it->get<std::string>();
}

absl::StatusOr<double> PositiveOf(const Json& line, const char* key) {
  auto it = line.find(key);
  if (it == line.end()) return InvalidArgument("'", key, "' is missing");
  if (!it->is_number() || !(it->get<double>() > 0) || !std::isfinite(it->get<double>())) {
    return InvalidArgument("'", key, "': expected a positive number, received ", it->dump());
  }
  return it->get<double>();
}

absl::StatusOr<int> CountOf(const Json& value, const char* key) {
  if (!value.is_number_integer() || value.get<double>() < 1 || value.get<double>() > 1e9) {
    return InvalidArgument("'", key, "': expected a positive integer, received ", value.dump());
  }
  return value.get<int>();
}

// The figure that stands for the work: fixed for the works of the list, so that all peers are compared by the same one.
absl::StatusOr<const FigureSpec*> FigureOf(absl::string_view work, const Json& line) {
  const int rank = WorkRank(work);
  for (const FigureSpec& figure : kFigures) {
    if (rank < kNumWorks ? absl::string_view(kWorks[rank].figure) == figure.key : line.contains(figure.key)) {
      return &figure;
    }
  }
  return InvalidArgument("a line needs \"error\" or one of ",
                         absl::StrJoin(kFigures, ", ", [](std::string* out, const FigureSpec& f) { *out += f.key; }));
}

// Sets `have`, or fails where two runs differ in what must be the same for their figures to be compared.
absl::Status Agree(const char* key, const std::string& value, std::string& have) {
  if (have.empty()) have = value;
  if (have == value) return absl::OkStatus();
  return InvalidArgument("'", key, "': runs that differ cannot be compared: '", have, "' and '", value, "'");
}

absl::Status Describe(const Json& line, Report& report) {
  WEFT_ASSIGN_OR_RETURN(std::string machine, StringOf(line, "machine"));
  WEFT_RETURN_IF_ERROR(Agree("machine", machine, report.machine));
  WEFT_ASSIGN_OR_RETURN(std::string date, StringOf(line, "date"));
  report.dates.insert(date);
  if (line.contains("isa")) {
    WEFT_ASSIGN_OR_RETURN(std::string isa, StringOf(line, "isa"));
    WEFT_RETURN_IF_ERROR(Agree("isa", isa, report.isa));
  }
  if (line.contains("cpus")) {
    WEFT_ASSIGN_OR_RETURN(report.cpus, CountOf(line["cpus"], "cpus"));
  }
  if (line.contains("seconds")) {
    WEFT_ASSIGN_OR_RETURN(report.seconds, PositiveOf(line, "seconds"));
  }
  if (line.contains("note")) {
    WEFT_ASSIGN_OR_RETURN(std::string note, StringOf(line, "note"));
    report.notes.insert(note);
  }
  if (!line.contains("versions")) return absl::OkStatus();
  if (!line["versions"].is_object()) {
    return InvalidArgument("'versions': expected an object, received ", line["versions"].dump());
  }
  for (const auto& [name, value] : line["versions"].items()) {
    WEFT_ASSIGN_OR_RETURN(std::string version, StringOf(line["versions"], name.c_str()));
    WEFT_RETURN_IF_ERROR(Agree(name.c_str(), version, report.versions[name]));
  }
  return absl::OkStatus();
}

}  // namespace

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

absl::Status ReportReader::AddLine(absl::string_view text) {
  Json line = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!line.is_object()) return InvalidArgument("expected a JSON object, received '", text.substr(0, 60), "'");
  if (line.contains("machine")) return Describe(line, description_);
  WEFT_ASSIGN_OR_RETURN(std::string peer, StringOf(line, "peer"));
  WEFT_ASSIGN_OR_RETURN(std::string work, StringOf(line, "work"));
  if (!line.contains("threads")) return InvalidArgument("'threads' is missing");
  WEFT_ASSIGN_OR_RETURN(int threads, CountOf(line["threads"], "threads"));
  if (peer != kOurs) peers_[IsTraining(work)].insert(peer);
  if (line.contains("error")) return absl::OkStatus();
  std::vector<int64_t> shape;
  if (line.contains("shape")) {
    if (!line["shape"].is_array() || line["shape"].empty()) {
      return InvalidArgument("'shape': expected an array of sizes, received ", line["shape"].dump());
    }
    for (const Json& size : line["shape"]) {
      WEFT_ASSIGN_OR_RETURN(int value, CountOf(size, "shape"));
      shape.push_back(value);
    }
  }
  WEFT_ASSIGN_OR_RETURN(const FigureSpec* figure, FigureOf(work, line));
  WEFT_ASSIGN_OR_RETURN(double value, PositiveOf(line, figure->key));
  // A figure of another kind would be compared as if it were the same.
  WEFT_RETURN_IF_ERROR(Agree(work.c_str(), figure->key, figure_of_[work]));
  figures_[Key{WorkRank(work), work, std::move(shape), -threads}][peer].push_back(value);
  return absl::OkStatus();
}

absl::Status ReportReader::Add(absl::string_view file, absl::string_view text) {
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    absl::Status status = AddLine(line);
    if (!status.ok()) return Annotate(status, absl::StrCat(file, ":", number));
  }
  return absl::OkStatus();
}

Comparison ReportReader::CompareOne(const Key& key, const std::map<std::string, std::vector<double>>& figures) const {
  Comparison c;
  c.work = key.work;
  c.threads = -key.minus_threads;
  c.training = IsTraining(key.work);
  c.shape = absl::StrJoin(key.shape, " \u00d7 ");
  c.title = key.rank < kNumWorks ? kWorks[key.rank].title : key.work;
  if (!c.shape.empty()) absl::StrAppend(&c.title, ", ", c.shape);
  for (const FigureSpec& figure : kFigures) {
    if (figure_of_.at(key.work) != figure.key) continue;
    c.unit = figure.unit;
    c.less_is_better = figure.less_is_better;
  }
  auto entry = [&](const std::string& peer) {
    Entry e{peer};
    auto it = figures.find(peer);
    if (it == figures.end()) return e;
    e.figure = Median(it->second);
    e.rounds = static_cast<int>(it->second.size());
    return e;
  };
  auto speed = [&](const Entry& e) { return !e.figure ? 0 : c.less_is_better ? 1 / *e.figure : *e.figure; };
  c.ours = entry(kOurs);
  for (const std::string& peer : peers_[c.training]) c.peers.push_back(entry(peer));
  std::stable_sort(c.peers.begin(), c.peers.end(), [&](const Entry& a, const Entry& b) { return speed(a) > speed(b); });
  const double best = c.peers.empty() ? 0 : speed(c.peers[0]);
  if (best > 0) {
    c.ours.speed = speed(c.ours) / best;
    for (Entry& e : c.peers) e.speed = speed(e) / best;
  }
  return c;
}

absl::StatusOr<Report> ReportReader::Compare() const {
  if (figures_.empty()) return InvalidArgument("the input has no figure of any work");
  Report report = description_;
  for (const auto& [key, figures] : figures_) report.comparisons.push_back(CompareOne(key, figures));
  return report;
}

std::string DisplayName(absl::string_view peer) {
  static constexpr std::pair<const char*, const char*> kNames[] = {
      {kOurs, "Weft"},
      {"torch", "PyTorch"},
      {"torch_compile", "torch.compile"},
      {"jax", "JAX"},
      {"tensorflow", "TensorFlow"},
      {"tensorflow-cpu", "TensorFlow"},
      {"keras", "Keras"},
      {"keras_tf", "Keras on TensorFlow"},
      {"keras_jax", "Keras on JAX"},
      {"ort", "ONNX Runtime"},
      {"onnxruntime", "ONNX Runtime"},
      {"openvino", "OpenVINO"},
  };
  for (const auto& [name, display] : kNames) {
    if (peer == name) return display;
  }
  return std::string(peer);
}

std::string FigureText(double figure) {
  if (figure < 9.995) return absl::StrFormat("%.2f", figure);
  if (figure < 99.95) return absl::StrFormat("%.1f", figure);
  std::string digits = absl::StrFormat("%.0f", figure);
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3) digits.insert(static_cast<size_t>(i), ",");
  return digits;
}

std::string Caption(const Report& report) {
  std::vector<std::string> parts;
  if (!report.machine.empty()) {
    parts.push_back(report.machine);
    if (report.cpus > 0) absl::StrAppend(&parts.back(), ", ", report.cpus, report.cpus == 1 ? " core" : " cores");
    if (!report.isa.empty()) absl::StrAppend(&parts.back(), ", ", report.isa);
  }
  if (!report.dates.empty()) parts.push_back(absl::StrJoin(report.dates, " and "));
  if (!report.versions.empty()) {
    parts.push_back(absl::StrJoin(report.versions, ", ", [](std::string* out, const auto& version) {
      absl::StrAppend(out, DisplayName(version.first), " ", version.second);
    }));
  }
  int least = 1 << 30, most = 0;
  for (const Comparison& c : report.comparisons) {
    for (const Entry& e : c.peers) {
      if (e.rounds > 0) least = std::min(least, e.rounds), most = std::max(most, e.rounds);
    }
    if (c.ours.rounds > 0) least = std::min(least, c.ours.rounds), most = std::max(most, c.ours.rounds);
  }
  std::string rounds = least == most ? absl::StrCat(most) : absl::StrCat(least, " to ", most);
  parts.push_back(absl::StrCat("medians of ", rounds, most == 1 ? " round" : " rounds"));
  if (report.seconds > 0) absl::StrAppend(&parts.back(), " of ", report.seconds, " s");
  parts.insert(parts.end(), report.notes.begin(), report.notes.end());
  return absl::StrJoin(parts, "; ");
}

}  // namespace weft
