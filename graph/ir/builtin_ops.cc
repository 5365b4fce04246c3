#include "graph/ir/builtin_ops.h"

#include "core/status.h"
#include "graph/ir/graph.h"
#include "graph/ir/scan.h"

namespace weft {
namespace {

// input and variable: the type is an attribute, the contents come from the caller or the state.
OpDef Source(const char* name, const char* doc) {
  OpDef def;
  def.name = name;
  def.family = "graph";
  def.doc = doc;
  def.attrs = {{"name", AttrKind::kString, std::nullopt, "Its name in the function, or in the module."},
               {"type", AttrKind::kType, std::nullopt, "Its type."}};
  def.infer = [](absl::Span<const TensorType>, const AttrMap& attrs) -> absl::StatusOr<std::vector<TensorType>> {
    return std::vector<TensorType>{attrs.Get<TensorType>("type")};
  };
  def.differentiability = Differentiability::kZero;
  return def;
}

OpDef Relayout() {
  OpDef def;
  def.name = kRelayoutOp;
  def.family = "graph";
  def.doc = "The same contents in another memory layout. Made by the layout pass only.";
  def.inputs = {"x"};
  def.attrs = {{"layout", AttrKind::kString, std::nullopt, "The layout of the result: row_major or panels64."}};
  def.infer = [](absl::Span<const TensorType> in, const AttrMap& attrs) -> absl::StatusOr<std::vector<TensorType>> {
    WEFT_ASSIGN_OR_RETURN(Layout layout, ParseLayout(attrs.String("layout")));
    if (layout == Layout::kPanels64 && in[0].rank() != 2) {
      return InvalidArgument("layout panels64 needs a tensor of rank 2, got ", in[0].ToString());
    }
    TensorType type = in[0];
    type.layout = layout;
    return std::vector<TensorType>{type};
  };
  def.is_fused = true;
  return def;
}

}  // namespace

std::vector<OpDef> BuiltinOps() {
  std::vector<OpDef> ops;
  ops.push_back(Source(kInputOp, "A parameter of the function."));
  ops.push_back(Source(kVariableOp, "The value of a module's variable as it was when the function began."));
  ops.push_back(MakeScanOp());
  ops.push_back(Relayout());
  return ops;
}

}  // namespace weft
