#include <vector>

#include "absl/strings/str_cat.h"
#include "graph/text/dump.h"
#include "graph/text/literal.h"
#include "graph/text/value_names.h"

namespace weft {
namespace {

constexpr int64_t kShownElements = 4;
constexpr size_t kShownText = 60;

std::string Clip(std::string text) {
  if (text.size() > kShownText) {
    text.resize(kShownText);
    while (!IsUtf8(text)) text.pop_back();  // terminates: an empty text is UTF-8
    text += "...";
  }
  return text;
}

class DotWriter {
 public:
  // The nodes of one function as n<prefix>_<id>, bodies in clusters of their own below it.
  void Function(const Graph& graph, const std::string& prefix, int indent) {
    const std::vector<std::string> names = ValueNames(graph);
    for (NodeId id = 0; id < graph.num_nodes(); ++id) {
      const Node& node = graph.node(id);
      Line(indent, NodeName(prefix, id), " [label=", Quote(Label(graph, node, names)),
           IsInput(node) ? ", shape=ellipse" : (IsVariable(node) ? ", shape=cylinder" : ""), "];");
      for (const AttrMap::Entry& entry : node.attrs->entries()) {
        const GraphPtr* body = std::get_if<GraphPtr>(&entry.second);
        if (body == nullptr) continue;
        const std::string inner = absl::StrCat(prefix, "_", id, "_", entry.first);
        Line(indent, "subgraph ", Quote(absl::StrCat("cluster", inner)), " {");
        Line(indent + 1, "label=", Quote(absl::StrCat(names[node.first_output], " ", entry.first)), ";");
        Function(**body, inner, indent + 1);
        Line(indent, "}");
      }
    }
    for (NodeId id = 0; id < graph.num_nodes(); ++id) {
      for (ValueId value : graph.node(id).inputs) Edge(graph, prefix, value, NodeName(prefix, id), indent);
    }
    for (size_t i = 0; i < graph.outputs().size(); ++i) {
      const std::string name = absl::StrCat("o", prefix, "_", i);
      Line(indent, name, " [label=", Quote(absl::StrCat("output ", Clip(graph.outputs()[i].name))),
           ", shape=ellipse];");
      Edge(graph, prefix, graph.outputs()[i].value, name, indent);
    }
    for (size_t i = 0; i < graph.updates().size(); ++i) {
      const std::string name = absl::StrCat("u", prefix, "_", i);
      Line(indent, name, " [label=", Quote(absl::StrCat("update ", Clip(graph.updates()[i].variable))),
           ", shape=cylinder, style=dashed];");
      Edge(graph, prefix, graph.updates()[i].value, name, indent);
    }
  }

  template <typename... Args>
  void Line(int indent, const Args&... args) {
    out_.append(2 * indent, ' ');
    absl::StrAppend(&out_, args..., "\n");
  }

  std::string& out() { return out_; }

 private:
  static std::string NodeName(const std::string& prefix, NodeId id) { return absl::StrCat("n", prefix, "_", id); }

  void Edge(const Graph& graph, const std::string& prefix, ValueId value, const std::string& to, int indent) {
    Line(indent, NodeName(prefix, graph.value(value).node), " -> ", to,
         " [label=", Quote(Clip(graph.type(value).ToString())), "];");
  }

  static std::string Label(const Graph& graph, const Node& node, const std::vector<std::string>& names) {
    if (IsInput(node) || IsVariable(node)) {
      return absl::StrCat(node.op->name, " ", Clip(node.attrs->String("name")), "\n",
                          Clip(graph.type(node.first_output).ToString()));
    }
    std::string label = absl::StrCat(names[node.first_output], "\n", node.op->name);
    for (const AttrMap::Entry& entry : node.attrs->entries()) {
      const std::string value = Short(entry.second);
      if (!value.empty()) absl::StrAppend(&label, "\n", entry.first, "=", Clip(value));
    }
    return label;
  }

  template <typename T>
  static std::string ListText(const std::vector<T>& values) {
    std::string out = "[";
    for (size_t i = 0; i < values.size() && i < kShownText; ++i) {
      if (i > 0) out += ",";
      if constexpr (std::is_same_v<T, double>) {
        AppendFloat(values[i], &out);
      } else {
        absl::StrAppend(&out, values[i]);
      }
    }
    return out + "]";
  }

  // "" for functions, which are drawn as clusters.
  static std::string Short(const AttrValue& value) {
    struct Visitor {
      std::string operator()(bool b) const { return b ? "true" : "false"; }
      std::string operator()(int64_t i) const { return absl::StrCat(i); }
      std::string operator()(double f) const {
        std::string out;
        AppendFloat(f, &out);
        return out;
      }
      std::string operator()(const std::string& s) const { return s; }
      std::string operator()(const std::vector<int64_t>& v) const { return ListText(v); }
      std::string operator()(const std::vector<double>& v) const { return ListText(v); }
      std::string operator()(DType d) const { return std::string(Name(d).data(), Name(d).size()); }
      std::string operator()(const Shape& s) const { return s.ToString(); }
      std::string operator()(const TensorType& t) const { return t.ToString(); }
      std::string operator()(const Tensor& t) const {
        std::string out;
        AppendTensor(t, kShownElements, &out);
        return out;
      }
      std::string operator()(const GraphPtr&) const { return ""; }
    };
    return std::visit(Visitor(), value);
  }

  std::string out_;
};

}  // namespace

std::string ToDot(const Graph& graph, absl::string_view title) {
  DotWriter writer;
  writer.Line(0, "digraph ", Quote(title), " {");
  writer.Line(1, "rankdir=TB;");
  writer.Line(1, "node [shape=box, fontsize=10];");
  writer.Line(1, "edge [fontsize=9];");
  writer.Function(graph, "", 1);
  writer.Line(0, "}");
  return std::move(writer.out());
}

}  // namespace weft
