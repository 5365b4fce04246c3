// Configurations as JSON, in Keras' form: {"class_name": "Dense", "config": {"units": 512, ...}}.
//
// Written: one line; fields in the order in which VisitConfig lists them; the same object always gives the same bytes.
// An object that was given by name is written as that name. Floats have as many digits as bring the same bits back;
// those that JSON lacks are the strings "nan", "inf" and "-inf".
//
// Read: the same, and what Keras writes: "class" for "class_name"; "module", "registered_name", "build_config" and
// "compile_config" are skipped; a class may also be a plain string (then with default options) or null (none). Keys
// that are absent keep their defaults. A key that the class does not have, a value of the wrong type, and a value of a
// Keras option that is not supported are InvalidArgument, naming class and key; of unknown keys and names the nearest
// is offered. Any text is safe: nesting is limited, nothing throws.
#ifndef WEFT_MODELS_CONFIG_JSON_H_
#define WEFT_MODELS_CONFIG_JSON_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "models/config.h"
#include "models/registry.h"

namespace weft {

// `object` is not changed (VisitConfig serves for reading too, so it isn't const).
std::string ToConfigJson(Configurable& object);
// A name as a JSON string, an object as above, none as null.
std::string ToConfigJson(const AnyRef& ref);

// Never null.
absl::StatusOr<std::shared_ptr<Configurable>> FromConfigJson(const ModelRegistry& registry, absl::string_view kind,
                                                             absl::string_view json);
// A plain string stays a name (which must be known), null gives none.
absl::StatusOr<AnyRef> RefFromConfigJson(const ModelRegistry& registry, absl::string_view kind, absl::string_view json);

// The object of class `class_name` with the options of `config_json` ({"units": 512, ...}).
absl::StatusOr<std::shared_ptr<Configurable>> FromConfig(const ModelRegistry& registry, absl::string_view kind,
                                                         absl::string_view class_name, absl::string_view config_json);

}  // namespace weft

#endif  // WEFT_MODELS_CONFIG_JSON_H_
