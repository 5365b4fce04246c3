#include "models/layer_names.h"

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace weft {
namespace {

// A layer's name begins the names of its weights, beside which these stand.
bool IsReserved(absl::string_view name) { return name == "optimizer" || name == "metrics" || name == "rng"; }

// Adds the layer and those within it. InvalidArgument for one that is there already.
absl::Status AddObjects(const Layer& layer, absl::flat_hash_set<const Layer*>& objects) {
  if (!objects.insert(&layer).second) {
    return InvalidArgument(layer.class_name(), " is the same object as an earlier layer; layers do not share weights");
  }
  for (const std::shared_ptr<Layer>& inner : layer.inner_layers()) {
    WEFT_RETURN_IF_ERROR(Annotate(AddObjects(*inner, objects), absl::StrCat("in ", layer.class_name())));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LayerList> NameLayers(const std::vector<LayerRef>& layers, const ModelRegistry& registry) {
  LayerList list;
  absl::flat_hash_set<std::string> taken;
  absl::flat_hash_set<const Layer*> objects;
  for (size_t i = 0; i < layers.size(); ++i) {
    absl::StatusOr<std::shared_ptr<Layer>> layer = registry.Resolve("layer", layers[i]);
    if (!layer.ok()) return Annotate(layer.status(), absl::StrCat("layer ", i));
    WEFT_RETURN_IF_ERROR(Annotate(AddObjects(**layer, objects), absl::StrCat("layer ", i)));
    if (auto input = std::dynamic_pointer_cast<InputLayer>(*layer); input != nullptr) {
      if (i != 0) return InvalidArgument("layer ", i, ": Input can only be the first layer of a Sequential");
      list.input = std::move(input);
      continue;
    }
    const std::string& name = (*layer)->name();
    if (!name.empty() && !taken.insert(name).second) {
      return InvalidArgument("layer ", i, ": the name '", name, "' is already that of another layer of the model");
    }
    if (IsReserved(name)) return InvalidArgument("layer ", i, ": the name '", name, "' is reserved");
    list.layers.push_back({name, *std::move(layer)});
  }
  absl::flat_hash_map<std::string, int> used;
  for (NamedLayer& layer : list.layers) {
    if (!layer.name.empty()) continue;
    const std::string base = SnakeCase(layer.layer->class_name());
    do {
      const int number = used[base]++;
      layer.name = number == 0 ? base : absl::StrCat(base, "_", number);
    } while (IsReserved(layer.name) || !taken.insert(layer.name).second);
  }
  return list;
}

}  // namespace weft
