#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "graph/text/dump.h"
#include "graph/text/literal.h"

namespace weft {
namespace {

// Names come from files: nothing in them moves the cursor of a terminal.
std::string Shown(absl::string_view name) {
  std::string out;
  while (!name.empty()) {
    const size_t length = static_cast<size_t>(std::max(Utf8Length(name), 1));
    const unsigned char c = name[0], next = length == 2 ? name[1] : 0xff;
    if (Utf8Length(name) == 0 || c < 0x20 || c == 0x7f || (c == 0xc2 && next < 0xa0)) {
      for (char escaped : name.substr(0, length))
        absl::StrAppendFormat(&out, "\\x%02x", static_cast<unsigned char>(escaped));
    } else {
      absl::StrAppend(&out, name.substr(0, length));
    }
    name.remove_prefix(length);
  }
  return out;
}

// "1,234,567"
std::string WithCommas(uint64_t number) {
  std::string digits = absl::StrCat(number);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(at, ",");
  return digits;
}

// Unsigned: each variable fits (Module::AddVariable checks that), but a file may declare very many.
struct Size {
  uint64_t elements = 0, bytes = 0;
};

Size SizeOfVariable(const VariableDecl& variable) {
  Size size{1, 0};
  for (const Dim& dim : variable.type.shape) size.elements *= static_cast<uint64_t>(dim.value());
  size.bytes = size.elements * SizeOf(variable.type.dtype);
  return size;
}

// Rows of cells as lines, columns aligned: the first to the left, numbers (from `right` on) to the right.
std::string Table(const std::vector<std::vector<std::string>>& rows, size_t right) {
  std::vector<size_t> width;
  for (const auto& row : rows) {
    width.resize(std::max(width.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string padding(width[i] - row[i].size(), ' ');
      absl::StrAppend(&line, "  ", i >= right ? padding : "", row[i], i >= right ? "" : padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&out, line, "\n");
  }
  return out;
}

// Counts of ops, those in bodies included, the most frequent first.
std::string OpCounts(const Graph& graph) {
  absl::btree_map<std::string, int> counts;
  std::vector<const Graph*> stack = {&graph};
  while (!stack.empty()) {
    const Graph* next = stack.back();
    stack.pop_back();
    for (const Node& node : next->nodes()) {
      if (!IsInput(node) && !IsVariable(node)) ++counts[node.op->name];
      for (const AttrMap::Entry& entry : node.attrs->entries()) {
        if (const GraphPtr* body = std::get_if<GraphPtr>(&entry.second)) stack.push_back(body->get());
      }
    }
  }
  std::vector<std::pair<std::string, int>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return absl::StrJoin(sorted, ", ",
                       [](std::string* out, const auto& c) { absl::StrAppend(out, c.first, " ", c.second); });
}

}  // namespace

std::string Summary(const Module& module) {
  std::vector<std::vector<std::string>> rows = {{"name", "type", "kind", "elements", "bytes"}};
  uint64_t elements = 0, bytes = 0, trainable = 0;
  for (const VariableDecl& variable : module.variables()) {
    const Size size = SizeOfVariable(variable);
    elements += size.elements;
    bytes += size.bytes;
    if (variable.trainable) trainable += size.elements;
    rows.push_back({Shown(variable.name), variable.type.ToString(),
                    Shown(absl::StrCat(variable.kind, variable.trainable ? " (trainable)" : "")),
                    WithCommas(size.elements), WithCommas(size.bytes)});
  }
  std::string out = absl::StrCat("Variables: ", module.variables().size(), "\n");
  if (!module.variables().empty()) {
    absl::StrAppend(&out, Table(rows, 3), "  In all ", WithCommas(elements), " elements (", WithCommas(trainable),
                    " trainable), ", WithCommas(bytes), " bytes\n");
  }
  absl::StrAppend(&out, "\nFunctions: ", module.functions().size(), "\n");
  for (const auto& [name, graph] : module.functions()) {
    absl::StrAppend(&out, "  ", Shown(name), "\n");
    for (size_t i = 0; i < graph->inputs().size(); ++i) {
      absl::StrAppend(&out, "    input   ", Shown(graph->input_name(static_cast<int>(i))), ": ",
                      graph->type(graph->inputs()[i]).ToString(), "\n");
    }
    for (const Graph::Output& output : graph->outputs()) {
      absl::StrAppend(&out, "    output  ", Shown(output.name), ": ", graph->type(output.value).ToString(), "\n");
    }
    if (!graph->updates().empty()) {
      absl::StrAppend(&out, "    updates ", graph->updates().size(), " variables\n");
    }
    const std::string counts = OpCounts(*graph);
    absl::StrAppend(&out, "    ops     ", counts.empty() ? "(none)" : counts, "\n");
  }
  if (!module.metadata().empty()) {
    absl::StrAppend(&out, "\nMetadata: ", module.metadata().size(), "\n");
    std::vector<std::vector<std::string>> facts;
    for (const auto& [key, value] : module.metadata()) {
      facts.push_back(
          {Shown(key), value.size() <= 60 ? Shown(value) : absl::StrCat("(", WithCommas(value.size()), " bytes)")});
    }
    out += Table(facts, 2);
  }
  return out;
}

}  // namespace weft
