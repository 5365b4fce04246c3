#include "models/summary.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace weft {
namespace {

constexpr int kColumns = 3;
using Row = std::array<std::string, kColumns>;
constexpr std::array<int, kColumns> kWidths = {36, 27, 15};  // of the text; a blank stands on either side

std::string Repeat(absl::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) absl::StrAppend(&result, text);
  return result;
}

std::string Rule(absl::string_view left, absl::string_view line, absl::string_view middle, absl::string_view right) {
  std::string rule(left);
  for (int c = 0; c < kColumns; ++c) {
    absl::StrAppend(&rule, Repeat(line, kWidths[c] + 2), c + 1 < kColumns ? middle : right);
  }
  return rule + "\n";
}

// A cell that is too long goes on below, as in Keras' tables. Names are ASCII or shown by bytes.
std::string Lines(const Row& row, absl::string_view edge) {
  std::string text;
  for (size_t line = 0;; ++line) {
    bool more = line == 0;
    for (int c = 0; c < kColumns; ++c) more |= row[c].size() > line * kWidths[c];
    if (!more) return text;
    absl::StrAppend(&text, edge);
    for (int c = 0; c < kColumns; ++c) {
      const size_t begin = line * kWidths[c];
      const std::string part = begin < row[c].size() ? row[c].substr(begin, kWidths[c]) : "";
      const std::string blanks(kWidths[c] - part.size(), ' ');
      const bool right = c == kColumns - 1;
      absl::StrAppend(&text, " ", right ? blanks : part, right ? part : blanks, " ", edge);
    }
    text += "\n";
  }
}

std::string WithCommas(int64_t number) {
  std::string digits = absl::StrCat(number);
  for (int64_t i = static_cast<int64_t>(digits.size()) - 3; i > 0; i -= 3) digits.insert(static_cast<size_t>(i), ",");
  return digits;
}

std::string ReadableBytes(int64_t bytes) {
  double size = static_cast<double>(bytes);
  for (const char* unit : {"B", "KB", "MB", "GB", "TB"}) {
    if (size < 1024) return absl::StrFormat("%.2f %s", size, unit);
    size /= 1024;
  }
  return absl::StrFormat("%.2f PB", size);
}

std::string ShownShape(const Shape& shape) {
  std::string text = "(";
  for (int axis = 0; axis < shape.rank(); ++axis) {
    absl::StrAppend(&text, axis > 0 ? ", " : "", shape[axis].is_constant() ? shape[axis].ToString() : "None");
  }
  return absl::StrCat(text, shape.rank() == 1 ? ",)" : ")");
}

struct Count {
  int64_t params = 0, bytes = 0;
  void Add(const VariableDecl& variable) {
    const int64_t elements = variable.type.shape.NumElements().value();
    params += elements;
    bytes += elements * SizeOf(variable.type.dtype);
  }
  std::string Line(absl::string_view title) const {
    return absl::StrCat(" ", title, ": ", WithCommas(params), " (", ReadableBytes(bytes), ")\n");
  }
};

}  // namespace

std::string SummaryTable(absl::string_view name, const std::vector<NamedLayer>& layers, const RecordedModel& model) {
  std::string text = absl::StrCat("Model: \"", name, "\"\n", Rule("┏", "━", "┳", "┓"));
  absl::StrAppend(&text, Lines({"Layer (type)", "Output Shape", "Param #"}, "┃"), Rule("┡", "━", "╇", "┩"));
  Count total, trainable, fixed, optimizer;
  for (size_t i = 0; i < layers.size(); ++i) {
    Count of_layer;
    for (const std::string& variable_name : model.layer_variables[i]) {
      const VariableDecl& variable = *model.module->FindVariable(variable_name);
      of_layer.Add(variable);
      total.Add(variable);
      (variable.trainable ? trainable : fixed).Add(variable);
    }
    const std::string title = absl::StrCat(layers[i].name, " (", layers[i].layer->class_name(), ")");
    absl::StrAppend(&text, Lines({title, ShownShape(model.layer_outputs[i].shape), WithCommas(of_layer.params)}, "│"),
                    i + 1 < layers.size() ? Rule("├", "─", "┼", "┤") : Rule("└", "─", "┴", "┘"));
  }
  bool has_optimizer = false;
  for (const VariableDecl& variable : model.module->variables()) {
    if (variable.kind != "optimizer") continue;
    has_optimizer = true;
    optimizer.Add(variable);
    total.Add(variable);
  }
  absl::StrAppend(&text, total.Line("Total params"), trainable.Line("Trainable params"),
                  fixed.Line("Non-trainable params"));
  if (has_optimizer) absl::StrAppend(&text, optimizer.Line("Optimizer params"));
  return text;
}

}  // namespace weft
