// ModelRegistry: the explicit lists in which names and classes of layers, initializers, optimizers, schedules, losses
// and metrics are looked up (strings in options, saved configurations, Keras configurations). To add one: its file, and
// a line in its folder's all_*.cc.
#ifndef WEFT_MODELS_REGISTRY_H_
#define WEFT_MODELS_REGISTRY_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "models/config.h"

namespace weft {

class ModelRegistry {
 public:
  using Factory = std::function<std::shared_ptr<Configurable>()>;
  // `kind`: "layer", "initializer", "optimizer", "schedule", "loss", "metric". Found by class name and by its snake
  // case, plus aliases ("mse").
  absl::Status Add(absl::string_view kind, absl::string_view class_name, Factory factory,
                   std::vector<std::string> aliases = {});
  template <typename T>
  absl::Status Add(absl::string_view kind, std::vector<std::string> aliases = {}) {
    auto factory = [] { return std::make_shared<T>(); };
    return Add(kind, factory()->class_name(), factory, std::move(aliases));
  }

  // A new object with default options; NotFound names the nearest.
  absl::StatusOr<std::shared_ptr<Configurable>> Create(absl::string_view kind, absl::string_view name) const;
  // The object that a reference means. InvalidArgument for none.
  template <typename Base>
  absl::StatusOr<std::shared_ptr<Base>> Resolve(absl::string_view kind, const Ref<Base>& ref) const {
    if (ref.object() != nullptr) return ref.get();
    absl::StatusOr<std::shared_ptr<Configurable>> created = Create(kind, ref.name());
    if (!created.ok()) return created.status();
    return std::static_pointer_cast<Base>(*created);
  }
  std::vector<std::string> Names(absl::string_view kind) const;

  // JSON as Keras' {"class_name": ..., "config": {...}} (also "class"), and back. See models/config_json.h.

 private:
  struct Entry {
    std::string class_name;
    Factory factory;
  };
  // kind -> class name or alias -> entry
  absl::btree_map<std::string, absl::btree_map<std::string, Entry>> entries_;
};

// All that Weft ships. To extend: copy it and Add.
const ModelRegistry& DefaultModelRegistry();

}  // namespace weft

#endif  // WEFT_MODELS_REGISTRY_H_
