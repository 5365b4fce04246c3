#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "graph/text/literal.h"
#include "graph/text/text.h"
#include "graph/text/value_names.h"

namespace weft {
namespace {

class Printer {
 public:
  explicit Printer(const TextOptions& options) : options_(options) {}

  // "{", the statements, "}".
  void Function(const Graph& graph, int indent) {
    const std::vector<std::string> names = ValueNames(graph);
    absl::StrAppend(&out_, "{\n");
    for (const Node& node : graph.nodes()) {
      Indent(indent + 1);
      Statement(graph, node, names, indent + 1);
      if (options_.origins && node.origin != nullptr) {
        // Escaped, so that no layer name ends the comment.
        const std::string origin = absl::CHexEscape(node.origin->ToString());
        if (!origin.empty()) absl::StrAppend(&out_, "  // ", origin);
      }
      out_ += '\n';
    }
    for (const Graph::Output& output : graph.outputs()) {
      Indent(indent + 1);
      absl::StrAppend(&out_, "output ", Quote(output.name), " = %", names[output.value], "\n");
    }
    for (const Graph::Update& update : graph.updates()) {
      Indent(indent + 1);
      absl::StrAppend(&out_, "update ", Quote(update.variable), " = %", names[update.value], "\n");
    }
    Indent(indent);
    out_ += '}';
  }

  void Indent(int levels) { out_.append(2 * levels, ' '); }

  std::string& out() { return out_; }

 private:
  void Statement(const Graph& graph, const Node& node, const std::vector<std::string>& names, int indent) {
    for (int i = 0; i < node.num_outputs; ++i) {
      const ValueId value = node.first_output + i;
      absl::StrAppend(&out_, i > 0 ? ", %" : "%", names[value], ": ", graph.type(value).ToString());
    }
    absl::StrAppend(&out_, " = ", node.op->name);
    if (node.op->version != 1) absl::StrAppend(&out_, "@", node.op->version);
    out_ += '(';
    if (IsInput(node) || IsVariable(node)) {  // the type stands in front already
      absl::StrAppend(&out_, Quote(node.attrs->String("name")), ")");
      return;
    }
    const char* separator = "";
    for (ValueId value : node.inputs) {
      absl::StrAppend(&out_, separator, "%", names[value]);
      separator = ", ";
    }
    // Functions last: they are blocks of many lines.
    for (bool functions : {false, true}) {
      for (const AttrMap::Entry& entry : node.attrs->entries()) {
        if ((KindOf(entry.second) == AttrKind::kFunction) != functions || IsDefault(*node.op, entry)) continue;
        absl::StrAppend(&out_, separator, entry.first, "=");
        Attribute(entry.second, indent);
        separator = ", ";
      }
    }
    out_ += ')';
  }

  static bool IsDefault(const OpDef& op, const AttrMap::Entry& entry) {
    for (const AttrSpec& spec : op.attrs) {
      if (spec.name == entry.first)
        return spec.default_value.has_value() && AttrEqual(*spec.default_value, entry.second);
    }
    return false;
  }

  template <typename T, typename F>
  void List(const std::vector<T>& values, F append) {
    out_ += '[';
    for (size_t i = 0; i < values.size(); ++i) {
      if (i > 0) absl::StrAppend(&out_, ", ");
      append(values[i]);
    }
    out_ += ']';
  }

  void Attribute(const AttrValue& value, int indent) {
    switch (KindOf(value)) {
      case AttrKind::kBool:
        absl::StrAppend(&out_, std::get<bool>(value) ? "true" : "false");
        return;
      case AttrKind::kInt:
        absl::StrAppend(&out_, std::get<int64_t>(value));
        return;
      case AttrKind::kFloat:
        return AppendFloat(std::get<double>(value), &out_);
      case AttrKind::kString:
        absl::StrAppend(&out_, Quote(std::get<std::string>(value)));
        return;
      case AttrKind::kInts:
        return List(std::get<std::vector<int64_t>>(value), [&](int64_t i) { absl::StrAppend(&out_, i); });
      case AttrKind::kFloats:
        return List(std::get<std::vector<double>>(value), [&](double f) { AppendFloat(f, &out_); });
      case AttrKind::kDType:
        absl::StrAppend(&out_, Name(std::get<DType>(value)));
        return;
      case AttrKind::kShape:
        absl::StrAppend(&out_, std::get<Shape>(value).ToString());
        return;
      case AttrKind::kType:
        absl::StrAppend(&out_, std::get<TensorType>(value).ToString());
        return;
      case AttrKind::kTensor:
        return AppendTensor(std::get<Tensor>(value), options_.max_tensor_elements, &out_);
      case AttrKind::kFunction:
        return Function(*std::get<GraphPtr>(value), indent);  // the verifier bounds the depth (kMaxBodyDepth)
    }
  }

  const TextOptions options_;
  std::string out_;
};

}  // namespace

std::string ToText(const Graph& graph, const TextOptions& options) {
  Printer printer(options);
  printer.out() = "function ";
  printer.Function(graph, 0);
  printer.out() += '\n';
  return std::move(printer.out());
}

std::string ToText(const Module& module, const TextOptions& options) {
  Printer printer(options);
  std::string& out = printer.out();
  out = "module {\n";
  for (const auto& [key, value] : module.metadata()) {
    absl::StrAppend(&out, "  metadata ", Quote(key), " = ", Quote(value), "\n");
  }
  for (const VariableDecl& variable : module.variables()) {
    absl::StrAppend(&out, "  variable ", Quote(variable.name), ": ", variable.type.ToString());
    if (variable.trainable) absl::StrAppend(&out, " trainable");
    if (!variable.kind.empty()) absl::StrAppend(&out, " kind ", Quote(variable.kind));
    out += '\n';
  }
  for (const auto& [name, graph] : module.functions()) {
    absl::StrAppend(&out, "  function ", Quote(name), " ");
    printer.Function(*graph, 1);
    out += '\n';
  }
  out += "}\n";
  return std::move(out);
}

}  // namespace weft
