#include "models/layer_options.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "models/config_walker.h"
#include "models/layers/nested.h"

namespace weft {
namespace {

std::string Suggestion(const std::string& nearest) {
  return nearest.empty() ? "" : absl::StrCat("; did you mean '", nearest, "'?");
}

// The layer that an option holds as an object; null where it holds none.
Layer* LayerIn(absl::string_view kind, const AnyRef& value) {
  return kind == "layer" ? static_cast<Layer*>(value.object().get()) : nullptr;
}

class ActivationChecker final : public ConfigWalker {
 public:
  explicit ActivationChecker(const OpRegistry& registry) : registry_(registry) {}
  using ConfigWalker::Field;
  void Field(absl::string_view name, ActivationRef& value) override {
    if (status_.ok()) status_ = Annotate(ResolveActivation(registry_, value).status(), name);
  }
  void Object(absl::string_view name, absl::string_view kind, AnyRef& value) override {
    static_cast<void>(name);
    Layer* const layer = LayerIn(kind, value);
    if (layer != nullptr && status_.ok()) {
      status_ = Annotate(CheckActivations(*layer, registry_), WrappedLayerName(*layer));
    }
  }
  const absl::Status& status() const { return status_; }

 private:
  const OpRegistry& registry_;
  absl::Status status_;
};

class OutputsFinder final : public ConfigWalker {
 public:
  using ConfigWalker::Field;
  void Field(absl::string_view name, bool& value) override {
    if (name == "return_state" && value) Say("return_state = true adds the last states to the output: leave it out");
  }
  void Field(absl::string_view name, std::optional<std::string>& value) override {
    if (name != "merge_mode" || value.has_value()) return;
    Say("without a merge_mode the outputs of both directions stay apart: choose concat, sum, ave or mul");
  }
  void Object(absl::string_view name, absl::string_view kind, AnyRef& value) override {
    static_cast<void>(name);
    if (Layer* const layer = LayerIn(kind, value); layer != nullptr) layer->VisitConfig(*this);
  }
  const std::string& why() const { return why_; }

 private:
  void Say(absl::string_view why) {
    if (why_.empty()) why_ = std::string(why);
  }
  std::string why_;
};

}  // namespace

absl::StatusOr<ResolvedActivation> ResolveActivation(const OpRegistry& registry, const ActivationRef& activation) {
  if (activation.name.empty() || (activation.name == "linear" && activation.args.empty())) return ResolvedActivation();
  const Composition* composition = registry.FindComposition(activation.name);
  if (composition == nullptr || !composition->is_activation) {
    return InvalidArgument("unknown activation '", activation.name, "'",
                           Suggestion(registry.NearestActivation(activation.name)));
  }
  std::vector<AttrMap::Entry> args;
  std::vector<std::string> known;
  for (const AttrSpec& spec : composition->args) {
    known.push_back(spec.name);
    const AttrValue* given = activation.args.Find(spec.name);
    if (given == nullptr) {
      if (spec.default_value.has_value()) args.emplace_back(spec.name, *spec.default_value);
      continue;
    }
    AttrValue value = *given;
    const int64_t* integer = std::get_if<int64_t>(&value);
    if (integer != nullptr && spec.kind == AttrKind::kFloat) value = static_cast<double>(*integer);
    if (KindOf(value) != spec.kind) {
      return InvalidArgument("argument '", spec.name, "' of activation '", activation.name, "': expected ",
                             Name(spec.kind), ", received ", Name(KindOf(value)));
    }
    args.emplace_back(spec.name, std::move(value));
  }
  for (const auto& [name, unused] : activation.args.entries()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return InvalidArgument("activation '", activation.name, "' has no argument '", name, "'",
                           Suggestion(Nearest(name, known)));
  }
  return ResolvedActivation{composition, AttrMap(std::move(args))};
}

absl::Status CheckActivations(Layer& layer, const OpRegistry& registry) {
  ActivationChecker checker(registry);
  layer.VisitConfig(checker);
  return checker.status();
}

std::string WhySeveralOutputs(Layer& layer) {
  OutputsFinder finder;
  layer.VisitConfig(finder);
  return finder.why();
}

}  // namespace weft
