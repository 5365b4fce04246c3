#include "graph/ir/registry.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/ascii.h"
#include "core/status.h"
#include "graph/ir/builtin_ops.h"
#include "graph/ir/graph.h"
#include "graph/ir/scan.h"

namespace weft {
namespace {

bool IsOpName(absl::string_view name) {
  if (name.empty() || name[0] < 'a' || name[0] > 'z') return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace

int EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<int> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    int diagonal = row[0];
    row[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      int replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

std::string Nearest(absl::string_view name, absl::Span<const std::string> candidates) {
  constexpr size_t kLongest = 64;  // names from files may be anything
  if (name.size() > kLongest) return "";
  const std::string lower = absl::AsciiStrToLower(name);
  const int farthest = std::max<int>(2, static_cast<int>(name.size()) / 3);
  // The case of letters counts only where nothing else decides: "Relu" is meant for "relu", not "celu".
  std::tuple<int, int, std::string> best = {farthest + 1, 0, ""};
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongest) continue;
    const int distance = EditDistance(lower, absl::AsciiStrToLower(candidate));
    if (distance <= farthest) best = std::min(best, {distance, EditDistance(name, candidate), candidate});
  }
  return std::get<2>(best);
}

OpRegistry::OpRegistry() {
  for (OpDef& def : BuiltinOps()) {
    std::string name = def.name;
    ops_.emplace(std::move(name), std::make_unique<const OpDef>(std::move(def)));
  }
}

absl::Status OpRegistry::Add(OpDef def) {
  if (!IsOpName(def.name)) return InvalidArgument("op name '", def.name, "': expected [a-z][a-z0-9_]*");
  if (ops_.contains(def.name)) return InvalidArgument("op '", def.name, "' is registered already");
  if (def.infer == nullptr) return InvalidArgument("op '", def.name, "' has no type rule (OpDef::infer)");
  if (def.reference == nullptr) return InvalidArgument("op '", def.name, "' has no reference (OpDef::reference)");
  if (def.version < 1) return InvalidArgument("op '", def.name, "': version ", def.version, ", expected at least 1");
  if ((def.differentiability == Differentiability::kGradient) != (def.gradient != nullptr)) {
    return InvalidArgument("op '", def.name, "': a gradient rule and Differentiability::kGradient go together");
  }
  for (size_t i = 0; i + 1 < def.attrs.size(); ++i) {
    for (size_t j = i + 1; j < def.attrs.size(); ++j) {
      if (def.attrs[i].name == def.attrs[j].name) {
        return InvalidArgument("op '", def.name, "': attribute '", def.attrs[i].name, "' is declared twice");
      }
    }
  }
  for (const AttrSpec& spec : def.attrs) {
    if (spec.default_value.has_value() && KindOf(*spec.default_value) != spec.kind) {
      return InvalidArgument("op '", def.name, "': the default of attribute '", spec.name, "' is ",
                             Name(KindOf(*spec.default_value)), ", its kind ", Name(spec.kind));
    }
  }
  std::string name = def.name;
  ops_.emplace(std::move(name), std::make_unique<const OpDef>(std::move(def)));
  return absl::OkStatus();
}

absl::Status OpRegistry::Add(Composition composition) {
  if (!IsOpName(composition.name)) {
    return InvalidArgument("composition name '", composition.name, "': expected [a-z][a-z0-9_]*");
  }
  if (compositions_.contains(composition.name)) {
    return InvalidArgument("composition '", composition.name, "' is registered already");
  }
  if (composition.record == nullptr) return InvalidArgument("composition '", composition.name, "' records nothing");
  for (const AttrSpec& spec : composition.args) {
    if (!spec.default_value.has_value() || KindOf(*spec.default_value) != spec.kind) {
      return InvalidArgument("composition '", composition.name, "': argument '", spec.name,
                             "' needs a default of its kind");
    }
  }
  std::string name = composition.name;
  compositions_.emplace(std::move(name), std::make_unique<const Composition>(std::move(composition)));
  return absl::OkStatus();
}

const OpDef* OpRegistry::Find(absl::string_view name) const {
  auto it = ops_.find(name);
  return it == ops_.end() ? nullptr : it->second.get();
}

const Composition* OpRegistry::FindComposition(absl::string_view name) const {
  auto it = compositions_.find(name);
  return it == compositions_.end() ? nullptr : it->second.get();
}

std::string OpRegistry::NearestOp(absl::string_view name) const {
  std::vector<std::string> names;
  for (const auto& [op, def] : ops_) names.push_back(op);
  std::sort(names.begin(), names.end());
  return Nearest(name, names);
}

std::string OpRegistry::NearestActivation(absl::string_view name) const {
  std::vector<std::string> names;
  for (const auto& [key, composition] : compositions_) {
    if (composition->is_activation) names.push_back(key);
  }
  std::sort(names.begin(), names.end());
  return Nearest(name, names);
}

std::vector<const OpDef*> OpRegistry::ops() const {
  std::vector<const OpDef*> result;
  for (const auto& [name, def] : ops_) result.push_back(def.get());
  std::sort(result.begin(), result.end(),
            [](const OpDef* a, const OpDef* b) { return std::tie(a->family, a->name) < std::tie(b->family, b->name); });
  return result;
}

std::vector<const Composition*> OpRegistry::compositions() const {
  std::vector<const Composition*> result;
  for (const auto& [name, composition] : compositions_) result.push_back(composition.get());
  std::sort(result.begin(), result.end(), [](const Composition* a, const Composition* b) {
    return std::tie(a->family, a->name) < std::tie(b->family, b->name);
  });
  return result;
}

}  // namespace weft
