#include "graph/ir/module.h"

#include "core/status.h"
#include "graph/ir/node_check.h"

namespace weft {
namespace {

absl::Status CheckDecl(const VariableDecl& variable) {
  if (variable.name.empty()) return InvalidArgument("a variable needs a name");
  if (!variable.type.shape.is_static()) {
    return InvalidArgument("variable '", variable.name, "': its shape must be known, got ", variable.type.ToString());
  }
  return Annotate(CheckType(variable.type), absl::StrCat("variable '", variable.name, "'"));
}

}  // namespace

absl::Status Module::AddVariable(VariableDecl variable) {
  WEFT_RETURN_IF_ERROR(CheckDecl(variable));
  if (!index_.emplace(variable.name, variables_.size()).second) {
    return InvalidArgument("variable '", variable.name, "' is declared twice");
  }
  variables_.push_back(std::move(variable));
  return absl::OkStatus();
}

absl::Status Module::SetVariable(VariableDecl variable) {
  WEFT_RETURN_IF_ERROR(CheckDecl(variable));
  auto it = index_.find(variable.name);
  if (it == index_.end()) return NotFound("the module has no variable '", variable.name, "'");
  variables_[it->second] = std::move(variable);
  return absl::OkStatus();
}

absl::Status Module::AddFunction(absl::string_view name, GraphPtr graph) {
  if (name.empty()) return InvalidArgument("a function needs a name");
  if (functions_.contains(std::string(name))) return InvalidArgument("function '", name, "' is declared twice");
  return SetFunction(name, std::move(graph));
}

absl::Status Module::SetFunction(absl::string_view name, GraphPtr graph) {
  if (graph == nullptr) return InvalidArgument("function '", name, "' is null");
  auto check = [&](const std::string& variable, const TensorType& type) -> absl::Status {
    const VariableDecl* decl = FindVariable(variable);
    if (decl == nullptr) {
      return InvalidArgument("function '", name, "' uses variable '", variable, "', which the module does not have");
    }
    if (decl->type != type) {
      return InvalidArgument("function '", name, "' uses variable '", variable, "' as ", type.ToString(), ", declared ",
                             decl->type.ToString());
    }
    return absl::OkStatus();
  };
  for (const Node& node : graph->nodes()) {
    if (IsVariable(node)) WEFT_RETURN_IF_ERROR(check(node.attrs->String("name"), graph->type(node.first_output)));
  }
  for (const Graph::Update& update : graph->updates()) {
    WEFT_RETURN_IF_ERROR(check(update.variable, graph->type(update.value)));
  }
  functions_[std::string(name)] = std::move(graph);
  return absl::OkStatus();
}

const VariableDecl* Module::FindVariable(absl::string_view name) const {
  auto it = index_.find(name);
  return it == index_.end() ? nullptr : &variables_[it->second];
}

GraphPtr Module::FindFunction(absl::string_view name) const {
  auto it = functions_.find(std::string(name));
  return it == functions_.end() ? nullptr : it->second;
}

}  // namespace weft
