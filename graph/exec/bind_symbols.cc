#include "graph/exec/bind_symbols.h"

#include <optional>
#include <vector>

#include "core/status.h"

namespace weft {
namespace {

// The n >= 0 for which `dim`, with its only unbound symbol set to n, has the value `received`; none if dim is not
// linear in it, or if there is no such n.
std::optional<int64_t> SolveFor(const std::string& symbol, const Dim& dim, int64_t received, SymbolBindings bindings) {
  auto value_at = [&](int64_t n) -> std::optional<int64_t> {
    bindings[symbol] = n;
    absl::StatusOr<int64_t> value = dim.Evaluate(bindings);
    if (!value.ok()) return std::nullopt;
    return *value;
  };
  std::optional<int64_t> at_0 = value_at(0), at_1 = value_at(1);
  int64_t slope, distance;
  if (!at_0.has_value() || !at_1.has_value() || __builtin_sub_overflow(*at_1, *at_0, &slope) || slope == 0 ||
      __builtin_sub_overflow(received, *at_0, &distance) || distance % slope != 0 || distance / slope < 0) {
    return std::nullopt;
  }
  int64_t n = distance / slope;
  return value_at(n) == received ? std::optional<int64_t>(n) : std::nullopt;
}

absl::Status WrongDims(const std::string& name, const TensorType& type, const Dims& received, const std::string& why) {
  return InvalidArgument("input '", name, "': expected ", type.ToString(), ", received dims ", DimsToString(received),
                         why);
}

std::string BoundText(const Dim& dim, const SymbolBindings& bindings) {
  std::string text;
  for (const std::string& symbol : dim.Symbols()) {
    auto it = bindings.find(symbol);
    if (it != bindings.end()) absl::StrAppend(&text, text.empty() ? "" : ", ", symbol, " = ", it->second);
  }
  return text.empty() ? text : absl::StrCat(" where ", text);
}

}  // namespace

absl::StatusOr<SymbolBindings> BindSymbols(absl::Span<const TensorType> types, absl::Span<const Dims> dims,
                                           absl::Span<const std::string> names) {
  if (dims.size() != types.size()) {
    return InvalidArgument("expected ", types.size(), " inputs, received ", dims.size());
  }
  SymbolBindings bindings;
  struct Open {  // a dim with symbols that are not bound yet
    size_t input;
    int axis;
  };
  std::vector<Open> open;
  for (size_t i = 0; i < types.size(); ++i) {
    if (static_cast<int>(dims[i].size()) != types[i].rank()) {
      return WrongDims(names[i], types[i], dims[i],
                       absl::StrCat(" (rank ", dims[i].size(), ", expected ", types[i].rank(), ")"));
    }
    for (int axis = 0; axis < types[i].rank(); ++axis) {
      if (!types[i].shape[axis].is_constant()) {
        open.push_back({i, axis});
      } else if (types[i].shape[axis].value() != dims[i][axis]) {
        return WrongDims(
            names[i], types[i], dims[i],
            absl::StrCat(": axis ", axis, " is ", dims[i][axis], ", expected ", types[i].shape[axis].value()));
      }
    }
  }
  // Every round solves the dims in which one unbound symbol is left, and checks those in which none is.
  for (bool progress = true; progress;) {
    progress = false;
    std::vector<Open> still_open;
    for (const Open& o : open) {
      const Dim& dim = types[o.input].shape[o.axis];
      int64_t received = dims[o.input][o.axis];
      std::vector<std::string> unbound;
      for (std::string& symbol : dim.Symbols()) {
        if (!bindings.contains(symbol)) unbound.push_back(std::move(symbol));
      }
      if (unbound.size() == 1) {
        std::optional<int64_t> n = SolveFor(unbound[0], dim, received, bindings);
        if (n.has_value()) {
          bindings[unbound[0]] = *n;
          progress = true;
          continue;
        }
      }
      if (!unbound.empty()) {
        still_open.push_back(o);
        continue;
      }
      absl::StatusOr<int64_t> value = dim.Evaluate(bindings);
      if (!value.ok() || *value != received) {
        return WrongDims(names[o.input], types[o.input], dims[o.input],
                         absl::StrCat(": axis ", o.axis, " is ", received, ", expected ",
                                      value.ok() ? absl::StrCat(*value) : std::string(value.status().message()), " = ",
                                      dim.ToString(), BoundText(dim, bindings)));
      }
    }
    open = std::move(still_open);
  }
  if (!open.empty()) {
    const Dim& dim = types[open[0].input].shape[open[0].axis];
    return WrongDims(names[open[0].input], types[open[0].input], dims[open[0].input],
                     absl::StrCat(": no value of ", dim.Symbols()[0], " makes axis ", open[0].axis, ", ",
                                  dim.ToString(), BoundText(dim, bindings), ", equal to ",
                                  dims[open[0].input][open[0].axis], ", or the inputs do not determine one"));
  }
  return bindings;
}

absl::StatusOr<SymbolBindings> BindSymbols(const Graph& graph, absl::Span<const Dims> dims) {
  std::vector<TensorType> types;
  std::vector<std::string> names;
  for (size_t i = 0; i < graph.inputs().size(); ++i) {
    types.push_back(graph.type(graph.inputs()[i]));
    names.push_back(graph.input_name(static_cast<int>(i)));
  }
  return BindSymbols(types, dims, names);
}

}  // namespace weft
