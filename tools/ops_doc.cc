#include "tools/ops_doc.h"

#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace weft {
namespace {

// One table cell: no line breaks, no bars.
std::string Cell(const std::string& text) { return absl::StrReplaceAll(text, {{"\n", " "}, {"|", "\\|"}}); }

std::string Attributes(const std::vector<AttrSpec>& specs) {
  return absl::StrJoin(specs, ", ", [](std::string* out, const AttrSpec& spec) {
    absl::StrAppend(out, "`", spec.name, "`", spec.default_value.has_value() ? "" : "*");
  });
}

std::string GradientOf(const OpDef& op) {
  switch (op.differentiability) {
    case Differentiability::kGradient:
      return "yes";
    case Differentiability::kZero:
      return "zero";
    case Differentiability::kNone:
      break;
  }
  return op.name == "scan" ? "yes" : "-";
}

}  // namespace

std::string OpsMarkdown(const OpRegistry& registry) {
  std::string text =
      "# Ops\n\n"
      "Generated from the op list: `bazel run //tools:ops_doc > docs/ops.md`. An attribute with a star must be given, "
      "the others have "
      "defaults.\nOps marked *fused* are made by the optimizer only.\n";
  std::map<std::string, std::vector<const OpDef*>> families;
  for (const OpDef* op : registry.ops()) families[op->family].push_back(op);
  for (const auto& [family, ops] : families) {
    absl::StrAppend(
        &text, "\n## ", family,
        "\n\n| op | operands | attributes | gradient | what it computes |\n| --- | --- | --- | --- | --- |\n");
    for (const OpDef* op : ops) {
      absl::StrAppend(&text, "| `", op->name, "`", op->is_fused ? " *fused*" : "", " | ",
                      absl::StrJoin(op->inputs, ", "), " | ", Attributes(op->attrs), " | ", GradientOf(*op), " | ",
                      Cell(op->doc), " |\n");
    }
  }
  absl::StrAppend(
      &text,
      "\n## Compositions\n\nFunctions that record the ops above. Activations can be given to layers by name.\n\n"
      "| name | activation | arguments | what it computes |\n| --- | --- | --- | --- |\n");
  for (const Composition* composition : registry.compositions()) {
    absl::StrAppend(&text, "| `", composition->name, "` | ", composition->is_activation ? "yes" : "", " | ",
                    Attributes(composition->args), " | ", Cell(composition->doc), " |\n");
  }
  return text;
}

}  // namespace weft
