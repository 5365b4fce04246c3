#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_join.h"
#include "graph/ir/builder.h"
#include "graph/ir/verifier.h"
#include "graph/text/cursor.h"
#include "graph/text/record_errors.h"
#include "graph/text/text.h"

namespace weft {
namespace {

// A node has no more results, and a function no more outputs and updates, than this.
constexpr size_t kMaxResults = 1 << 14;

class Parser {
 public:
  Parser(absl::string_view text, const OpRegistry& registry)
      : cursor_(text),
        registry_(registry),
        type_text_limit_((int64_t{1} << 20) + 16 * static_cast<int64_t>(text.size())),
        type_text_left_(type_text_limit_) {}

  absl::StatusOr<GraphPtr> GraphText() {
    WEFT_RETURN_IF_ERROR(cursor_.Expect("function"));
    WEFT_ASSIGN_OR_RETURN(GraphPtr graph, Function(nullptr, 0));
    if (!cursor_.AtEnd()) return cursor_.Error("expected the end of the text");
    return graph;
  }

  absl::StatusOr<Module> ModuleText() {
    Module module(registry_);
    WEFT_RETURN_IF_ERROR(cursor_.Expect("module"));
    WEFT_RETURN_IF_ERROR(cursor_.Expect("{"));
    while (!cursor_.Take("}")) {
      const size_t begin = Here();
      absl::Status added;
      if (cursor_.Take("metadata")) {
        WEFT_ASSIGN_OR_RETURN(std::string key, cursor_.String());
        WEFT_RETURN_IF_ERROR(cursor_.Expect("="));
        WEFT_ASSIGN_OR_RETURN(std::string value, cursor_.String());
        if (!module.metadata().emplace(key, std::move(value)).second) {
          added = InvalidArgument("metadata '", key, "' is given twice");
        }
      } else if (cursor_.Take("variable")) {
        WEFT_ASSIGN_OR_RETURN(VariableDecl variable, Variable());
        added = module.AddVariable(std::move(variable));
      } else if (cursor_.Take("function")) {
        WEFT_ASSIGN_OR_RETURN(std::string name, cursor_.String());
        WEFT_ASSIGN_OR_RETURN(GraphPtr graph, Function(&module, 0));
        added = module.AddFunction(name, std::move(graph));
      } else {
        return cursor_.Error("expected metadata, variable, function or }");
      }
      if (!added.ok()) return cursor_.ErrorAt(begin, added);
    }
    if (!cursor_.AtEnd()) return cursor_.Error("expected the end of the text");
    return module;
  }

 private:
  struct Named {
    ValueId id = 0;
    int64_t type_text = 0;  // characters of its symbolic dims
  };
  using Scope = absl::flat_hash_map<std::string, Named>;

  size_t Here() {
    cursor_.SkipBlanks();
    return cursor_.position();
  }

  absl::StatusOr<VariableDecl> Variable() {
    VariableDecl variable;
    WEFT_ASSIGN_OR_RETURN(variable.name, cursor_.String());
    WEFT_RETURN_IF_ERROR(cursor_.Expect(":"));
    WEFT_ASSIGN_OR_RETURN(variable.type, cursor_.Type());
    variable.trainable = cursor_.Take("trainable");
    if (cursor_.Take("kind")) {
      WEFT_ASSIGN_OR_RETURN(variable.kind, cursor_.String());
    }
    return variable;
  }

  // "{" statements "}". Bodies of attributes call it again, at most kMaxBodyDepth deep.
  absl::StatusOr<GraphPtr> Function(const Module* module, int depth) {
    const size_t begin = Here();
    if (depth > kMaxBodyDepth) return cursor_.Error("bodies are nested deeper than ", kMaxBodyDepth);
    WEFT_RETURN_IF_ERROR(cursor_.Expect("{"));
    GraphBuilder builder(registry_, module);
    Scope scope;
    size_t outputs = 0;
    while (!cursor_.Take("}")) {
      const size_t statement = Here();
      if (cursor_.Peek() == '%') {
        WEFT_RETURN_IF_ERROR(Node(builder, module, scope, depth));
        continue;
      }
      const bool output = cursor_.Take("output");
      if (!output && !cursor_.Take("update")) return cursor_.Error("expected %value, output, update or }");
      if (++outputs > kMaxResults) return cursor_.Error("more than ", kMaxResults, " outputs and updates");
      WEFT_ASSIGN_OR_RETURN(const std::string name, cursor_.String());
      WEFT_RETURN_IF_ERROR(cursor_.Expect("="));
      WEFT_ASSIGN_OR_RETURN(const Named value, Operand(scope));
      if (output) {
        builder.Output(name, builder.value(value.id));
      } else {
        builder.Update(name, builder.value(value.id), kNowhere);
      }
      WEFT_RETURN_IF_ERROR(CheckBuilder(builder, statement));
    }
    absl::StatusOr<GraphPtr> graph = builder.Build();
    if (!graph.ok()) return cursor_.ErrorAt(begin, graph.status());
    return graph;
  }

  absl::Status CheckBuilder(const GraphBuilder& builder, size_t position) const {
    if (builder.status().ok()) return absl::OkStatus();
    return cursor_.ErrorAt(position, WithoutNowhere(builder.status()));
  }

  absl::StatusOr<Named> Operand(const Scope& scope) {
    const size_t begin = Here();
    WEFT_ASSIGN_OR_RETURN(const std::string name, cursor_.ValueName());
    auto it = scope.find(name);
    if (it == scope.end()) return cursor_.ErrorAt(begin, InvalidArgument("%", name, " is not defined"));
    return it->second;
  }

  struct Result {
    size_t position = 0;
    std::string name;
    std::optional<TensorType> type;
  };

  // %a: type, %b: type = op(operands, name=value, ...)
  absl::Status Node(GraphBuilder& builder, const Module* module, Scope& scope, int depth) {
    std::vector<Result> results;
    do {
      Result result;
      result.position = Here();
      WEFT_ASSIGN_OR_RETURN(result.name, cursor_.ValueName());
      if (scope.contains(result.name)) {
        return cursor_.ErrorAt(result.position, InvalidArgument("%", result.name, " is defined twice"));
      }
      if (cursor_.Take(":")) {
        WEFT_ASSIGN_OR_RETURN(result.type, cursor_.Type());
      }
      if (results.size() == kMaxResults) return cursor_.Error("more than ", kMaxResults, " results");
      results.push_back(std::move(result));
    } while (cursor_.Take(","));
    WEFT_RETURN_IF_ERROR(cursor_.Expect("="));

    const size_t begin = Here();
    auto origin = std::make_shared<Origin>();
    origin->file = "text";
    origin->line = static_cast<int>(cursor_.Line(begin));
    builder.set_origin(std::move(origin));
    WEFT_ASSIGN_OR_RETURN(const std::string op, cursor_.Word("the name of an op"));
    WEFT_RETURN_IF_ERROR(CheckOp(op, begin));
    WEFT_RETURN_IF_ERROR(cursor_.Expect("("));
    const int nodes = builder.graph().num_nodes();
    std::vector<Value> values;
    if (op == kInputOp || op == kVariableOp) {
      WEFT_ASSIGN_OR_RETURN(values, Source(builder, module, op, results[0].type));
      if (builder.status().ok() && builder.graph().num_nodes() == nodes) {
        return cursor_.ErrorAt(begin, InvalidArgument("the variable is read already: use that value"));
      }
    } else {
      WEFT_ASSIGN_OR_RETURN(values, Operation(builder, scope, *registry_.Find(op), results.size(), depth));
    }
    WEFT_RETURN_IF_ERROR(CheckBuilder(builder, begin));
    return Bind(std::move(results), values, op, begin, scope);
  }

  // Names the results, their types compared with those that were written.
  absl::Status Bind(std::vector<Result> results, absl::Span<const Value> values, absl::string_view op, size_t begin,
                    Scope& scope) {
    if (values.size() != results.size()) {
      return cursor_.ErrorAt(begin,
                             InvalidArgument(op, " gives ", values.size(), " results, written are ", results.size()));
    }
    for (size_t i = 0; i < results.size(); ++i) {
      const TensorType& type = values[i].type();
      if (results[i].type.has_value() && *results[i].type != type) {
        return cursor_.ErrorAt(results[i].position,
                               InvalidArgument("%", results[i].name, " is written as ", results[i].type->ToString(),
                                               ", but ", op, " gives ", type.ToString()));
      }
      // Types may be left out, and that of a concatenation is longer than its operands': without a bound a short text
      // could make very many long ones.
      int64_t type_text = 0;
      for (const Dim& dim : type.shape) {
        if (!dim.is_constant()) type_text += static_cast<int64_t>(dim.ToString().size());
      }
      type_text_left_ -= type_text;
      if (type_text_left_ < 0) return cursor_.ErrorAt(begin, InvalidArgument("the types are too large for the text"));
      if (!scope.emplace(std::move(results[i].name), Named{values[i].id(), type_text}).second) {
        return cursor_.ErrorAt(results[i].position, InvalidArgument("this name is defined twice"));
      }
    }
    return absl::OkStatus();
  }

  // The op must be there, in the version that is written behind it (1 if none is).
  absl::Status CheckOp(const std::string& name, size_t begin) {
    const OpDef* op = registry_.Find(name);
    if (op == nullptr) {
      const std::string nearest = registry_.NearestOp(name);
      return cursor_.ErrorAt(begin,
                             InvalidArgument("unknown op '", name, "'",
                                             nearest.empty() ? "" : absl::StrCat("; did you mean '", nearest, "'?")));
    }
    int64_t version = 1;
    if (cursor_.Take("@")) {
      WEFT_ASSIGN_OR_RETURN(version, cursor_.Int());
    }
    if (version == op->version) return absl::OkStatus();
    return cursor_.ErrorAt(
        begin, InvalidArgument("op '", name, "' is of version ", version, ", known is version ", op->version));
  }

  // input("name") and variable("name"); the parenthesis is open.
  absl::StatusOr<std::vector<Value>> Source(GraphBuilder& builder, const Module* module, const std::string& op,
                                            const std::optional<TensorType>& type) {
    WEFT_ASSIGN_OR_RETURN(const std::string name, cursor_.String());
    WEFT_RETURN_IF_ERROR(cursor_.Expect(")"));
    if (type.has_value()) {
      // AddFunction compares the type of a variable with its declaration.
      if (op == kInputOp) return std::vector<Value>{builder.Input(name, *type, kNowhere)};
      return std::vector<Value>{builder.Variable(name, *type, kNowhere)};
    }
    if (op == kInputOp || module == nullptr) {
      return cursor_.Error("the type of '", name, "' is missing: expected %value: type = ", op, "(...)");
    }
    return std::vector<Value>{builder.Variable(name, kNowhere)};
  }

  absl::StatusOr<std::vector<Value>> Operation(GraphBuilder& builder, const Scope& scope, const OpDef& op,
                                               size_t num_results, int depth) {
    std::vector<Value> operands;
    std::vector<AttrMap::Entry> attributes;
    int64_t type_text = 0;
    while (!cursor_.Take(")")) {
      if (!operands.empty() || !attributes.empty()) WEFT_RETURN_IF_ERROR(cursor_.Expect(","));
      if (cursor_.Peek() == '%') {
        if (!attributes.empty()) return cursor_.Error("operands stand before attributes");
        WEFT_ASSIGN_OR_RETURN(const Named operand, Operand(scope));
        operands.push_back(builder.value(operand.id));
        // An error of the op lists the types of all operands.
        type_text += operand.type_text;
        if (type_text > type_text_limit_) return cursor_.Error("the operands' types are too large for the text");
        continue;
      }
      const size_t begin = Here();
      WEFT_ASSIGN_OR_RETURN(const std::string name, cursor_.Word("%operand, attribute=value or )"));
      auto spec = std::find_if(op.attrs.begin(), op.attrs.end(), [&](const AttrSpec& s) { return s.name == name; });
      if (spec == op.attrs.end()) {
        const std::string names =
            absl::StrJoin(op.attrs, ", ", [](std::string* out, const AttrSpec& s) { absl::StrAppend(out, s.name); });
        return cursor_.ErrorAt(begin, InvalidArgument(op.name, " has no attribute '", name,
                                                      "', expected one of: ", names.empty() ? "(it has none)" : names));
      }
      for (const AttrMap::Entry& entry : attributes) {
        if (entry.first == name)
          return cursor_.ErrorAt(begin, InvalidArgument("attribute '", name, "' is given twice"));
      }
      WEFT_RETURN_IF_ERROR(cursor_.Expect("="));
      WEFT_ASSIGN_OR_RETURN(AttrValue value, Attribute(spec->kind, depth));
      attributes.emplace_back(name, std::move(value));
    }
    return builder.Record(op.name, operands, AttrMap(std::move(attributes)), kNowhere, static_cast<int>(num_results));
  }

  template <typename T, typename F>
  absl::StatusOr<AttrValue> List(F element) {
    std::vector<T> values;
    WEFT_RETURN_IF_ERROR(cursor_.Expect("["));
    while (!cursor_.Take("]")) {
      if (!values.empty()) WEFT_RETURN_IF_ERROR(cursor_.Expect(","));
      WEFT_ASSIGN_OR_RETURN(const T value, element());
      values.push_back(value);
    }
    return AttrValue(std::move(values));
  }

  absl::StatusOr<AttrValue> Attribute(AttrKind kind, int depth) {
    switch (kind) {
      case AttrKind::kBool:
        return Wrap(cursor_.Bool());
      case AttrKind::kInt:
        return Wrap(cursor_.Int());
      case AttrKind::kFloat:
        return Wrap(cursor_.FloatOf<double>());
      case AttrKind::kString:
        return Wrap(cursor_.String());
      case AttrKind::kInts:
        return List<int64_t>([&] { return cursor_.Int(); });
      case AttrKind::kFloats:
        return List<double>([&] { return cursor_.FloatOf<double>(); });
      case AttrKind::kDType:
        return Wrap(cursor_.DTypeName());
      case AttrKind::kShape:
        return Wrap(cursor_.ShapeLiteral());
      case AttrKind::kType:
        return Wrap(cursor_.Type());
      case AttrKind::kTensor:
        return Wrap(cursor_.TensorLiteral());
      case AttrKind::kFunction:
        return Wrap(Function(nullptr, depth + 1));
    }
    return cursor_.Error("an attribute of unknown kind");
  }

  template <typename T>
  static absl::StatusOr<AttrValue> Wrap(absl::StatusOr<T> value) {
    if (!value.ok()) return value.status();
    return AttrValue(*std::move(value));
  }

  Cursor cursor_;
  const OpRegistry& registry_;
  // Characters of symbolic dims that the operands of a node may have, and that all values may still have.
  const int64_t type_text_limit_;
  int64_t type_text_left_;
};

absl::Status CheckLength(absl::string_view text) {
  if (text.size() <= static_cast<size_t>(kMaxTextBytes)) return absl::OkStatus();
  return InvalidArgument("1:1: a text of ", text.size(), " bytes, expected at most ", kMaxTextBytes);
}

}  // namespace

absl::StatusOr<GraphPtr> ParseGraph(absl::string_view text, const OpRegistry& registry) {
  WEFT_RETURN_IF_ERROR(CheckLength(text));
  return Parser(text, registry).GraphText();
}

absl::StatusOr<Module> ParseModule(absl::string_view text, const OpRegistry& registry) {
  WEFT_RETURN_IF_ERROR(CheckLength(text));
  return Parser(text, registry).ModuleText();
}

}  // namespace weft
