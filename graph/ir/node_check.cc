#include "graph/ir/node_check.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace weft {
namespace {

// With every dim known the product must be sane; symbolic ones are checked when they are bound.
absl::Status CheckShape(const Shape& shape) {
  if (shape.rank() > kMaxRank) return InvalidArgument("rank ", shape.rank(), ", expected at most ", kMaxRank);
  Dims known;
  for (const Dim& dim : shape) {
    if (!dim.is_valid()) return InvalidArgument("invalid dim in shape ", shape.ToString());
    if (dim.is_constant()) known.push_back(dim.value());
  }
  // A zero dim elsewhere would hide an overflow of the others, and a symbol may still be zero: check the constants
  // alone.
  return CheckedNumElements(known).status();
}

}  // namespace

absl::Status CheckType(const TensorType& type) {
  WEFT_RETURN_IF_ERROR(CheckShape(type.shape));
  if (type.layout == Layout::kPanels64 && type.rank() != 2) {
    return InvalidArgument("layout panels64 needs a tensor of rank 2, got ", type.ToString());
  }
  return absl::OkStatus();
}

absl::Status CompleteAttrs(const OpDef& op, AttrMap& attrs) {
  size_t known = 0;
  bool complete = true;
  for (const AttrSpec& spec : op.attrs) {
    const AttrValue* value = attrs.Find(spec.name);
    if (value == nullptr) {
      if (!spec.default_value.has_value()) return InvalidArgument("attribute '", spec.name, "' is missing");
      complete = false;
      continue;
    }
    ++known;
    if (KindOf(*value) != spec.kind) {
      return InvalidArgument("attribute '", spec.name, "': expected ", Name(spec.kind), ", got ", Name(KindOf(*value)));
    }
    if (spec.kind == AttrKind::kFunction && std::get<GraphPtr>(*value) == nullptr) {
      return InvalidArgument("attribute '", spec.name, "': the function is null");
    }
    // Types and shapes come from files, too. (A shape may hold -1 or other meaning of the op's own: only types are
    // checked.)
    if (spec.kind == AttrKind::kType) {
      WEFT_RETURN_IF_ERROR(
          Annotate(CheckType(std::get<TensorType>(*value)), absl::StrCat("attribute '", spec.name, "'")));
    }
  }
  if (known != attrs.entries().size()) {
    for (const AttrMap::Entry& entry : attrs.entries()) {
      bool found =
          std::any_of(op.attrs.begin(), op.attrs.end(), [&](const AttrSpec& s) { return s.name == entry.first; });
      if (!found) return InvalidArgument("there is no attribute '", entry.first, "'");
    }
  }
  if (!complete) {
    std::vector<AttrMap::Entry> entries(attrs.entries().begin(), attrs.entries().end());
    for (const AttrSpec& spec : op.attrs) {
      if (attrs.Find(spec.name) == nullptr) entries.emplace_back(spec.name, *spec.default_value);
    }
    attrs = AttrMap(std::move(entries));
  }
  return absl::OkStatus();
}

absl::Status CheckArity(const OpDef& op, int num_inputs) {
  int named = static_cast<int>(op.inputs.size());
  bool variadic = named > 0 && absl::EndsWith(op.inputs.back(), "...");
  if (variadic ? num_inputs < named - 1 : num_inputs != named) {
    return InvalidArgument("expected ", variadic ? "at least " : "", variadic ? named - 1 : named, " operands, got ",
                           num_inputs);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<TensorType>> InferTypes(const OpDef& op, absl::Span<const TensorType> inputs,
                                                   const AttrMap& attrs) {
  WEFT_ASSIGN_OR_RETURN(std::vector<TensorType> types, op.infer(inputs, attrs));
  if (types.empty()) return Internal("the type rule gives no results");
  for (const TensorType& type : types) WEFT_RETURN_IF_ERROR(Annotate(CheckType(type), "result"));
  return types;
}

}  // namespace weft
