#include "models/registry.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/ir/registry.h"

namespace weft {

namespace {

// The nearest of the names, else the shortest that begins with what was given: "BatchNorm".
std::string Suggested(absl::string_view given, absl::Span<const std::string> names) {
  std::string best = Nearest(given, names);
  if (!best.empty() || given.size() < 3) return best;
  auto worse = [&](absl::string_view name) { return std::make_pair(!absl::StartsWith(name, given), name.size()); };
  for (const std::string& name : names) {
    if (!absl::StartsWithIgnoreCase(name, given)) continue;
    if (best.empty() || worse(name) < worse(best)) best = name;
  }
  return best;
}

}  // namespace

absl::Status ModelRegistry::Add(absl::string_view kind, absl::string_view class_name, Factory factory,
                                std::vector<std::string> aliases) {
  if (class_name.empty()) return InvalidArgument("ModelRegistry: a ", kind, " needs a class name");
  if (factory == nullptr) return InvalidArgument("ModelRegistry: no factory for ", kind, " '", class_name, "'");
  auto& entries = entries_[std::string(kind)];
  const Entry entry{std::string(class_name), std::move(factory)};
  // Keras finds optimizers by their class name in lower case ("rmsprop"), everything else by its snake case.
  aliases.insert(aliases.begin(), {entry.class_name, SnakeCase(class_name), absl::AsciiStrToLower(class_name)});
  for (const std::string& name : aliases) {
    auto taken = entries.find(name);
    if (taken == entries.end()) continue;
    return InvalidArgument("ModelRegistry: the ", kind, " name '", name, "' of ", class_name, " is taken by ",
                           taken->second.class_name);
  }
  for (const std::string& name : aliases) entries.emplace(name, entry);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<Configurable>> ModelRegistry::Create(absl::string_view kind,
                                                                    absl::string_view name) const {
  if (name.empty()) return InvalidArgument("no ", kind, " is given");
  auto of_kind = entries_.find(std::string(kind));
  if (of_kind == entries_.end()) return NotFound("there is no list of ", kind, "s");
  auto entry = of_kind->second.find(std::string(name));
  if (entry == of_kind->second.end()) {
    std::vector<std::string> names;
    for (const auto& [candidate, unused] : of_kind->second) names.push_back(candidate);
    const std::string nearest = Suggested(name, names);
    return NotFound("unknown ", kind, " '", name, "'",
                    nearest.empty() ? absl::StrCat("; see ModelRegistry::Names(\"", kind, "\")")
                                    : absl::StrCat("; did you mean '", nearest, "'?"));
  }
  return entry->second.factory();
}

std::vector<std::string> ModelRegistry::Names(absl::string_view kind) const {
  std::vector<std::string> names;
  auto of_kind = entries_.find(std::string(kind));
  if (of_kind == entries_.end()) return names;
  for (const auto& [name, entry] : of_kind->second) {
    if (name == entry.class_name) names.push_back(name);
  }
  return names;
}

}  // namespace weft
