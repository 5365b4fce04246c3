#include "models/config_json.h"

#include "core/status.h"
#include "models/config_reader.h"
#include "models/config_writer.h"

namespace weft {
namespace {

using config_internal::Json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);  // bytes that are not UTF-8 would throw
}

}  // namespace

std::string ToConfigJson(Configurable& object) { return Dump(config_internal::WriteObject(object)); }

std::string ToConfigJson(const AnyRef& ref) { return Dump(config_internal::WriteRef(ref)); }

absl::StatusOr<std::shared_ptr<Configurable>> FromConfigJson(const ModelRegistry& registry, absl::string_view kind,
                                                             absl::string_view json) {
  WEFT_ASSIGN_OR_RETURN(config_internal::InJson parsed, config_internal::ParseJson(json));
  return config_internal::ReadObject(registry, kind, parsed, 0);
}

absl::StatusOr<AnyRef> RefFromConfigJson(const ModelRegistry& registry, absl::string_view kind,
                                         absl::string_view json) {
  WEFT_ASSIGN_OR_RETURN(config_internal::InJson parsed, config_internal::ParseJson(json));
  return config_internal::ReadRef(registry, kind, parsed, 0);
}

absl::StatusOr<std::shared_ptr<Configurable>> FromConfig(const ModelRegistry& registry, absl::string_view kind,
                                                         absl::string_view class_name, absl::string_view config_json) {
  WEFT_ASSIGN_OR_RETURN(config_internal::InJson parsed, config_internal::ParseJson(config_json));
  return config_internal::ReadConfig(registry, kind, class_name, parsed, 0);
}

}  // namespace weft
