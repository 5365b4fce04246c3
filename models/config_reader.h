// The visitor that sets an object's options from a JSON value. Private to config_json.
#ifndef WEFT_MODELS_CONFIG_READER_H_
#define WEFT_MODELS_CONFIG_READER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "models/config_writer.h"
#include "models/registry.h"

namespace weft::config_internal {

// What is read has its keys in a tree: many keys cost no more than their number deserves.
using InJson = nlohmann::json;

// No configuration nests objects deeper (a wrapper's layer, its initializer ...).
inline constexpr int kMaxDepth = 32;
// No text nests brackets deeper: what nlohmann does with a value is recursive.
inline constexpr int kMaxBrackets = 200;

// InvalidArgument for text that is not JSON, or nested too deeply.
absl::StatusOr<InJson> ParseJson(absl::string_view text);
// The value as text for an error, cut to a line.
std::string Shown(const InJson& json);

// {"class_name": ..., "config": ...} or a plain name.
absl::StatusOr<std::shared_ptr<Configurable>> ReadObject(const ModelRegistry& registry, absl::string_view kind,
                                                         const InJson& json, int depth);
absl::StatusOr<AnyRef> ReadRef(const ModelRegistry& registry, absl::string_view kind, const InJson& json, int depth);
absl::StatusOr<std::shared_ptr<Configurable>> ReadConfig(const ModelRegistry& registry, absl::string_view kind,
                                                         absl::string_view class_name, const InJson& config, int depth);

}  // namespace weft::config_internal

#endif  // WEFT_MODELS_CONFIG_READER_H_
