// The visitor that writes a configuration as a JSON value. Private to config_json: nlohmann's header is heavy.
#ifndef WEFT_MODELS_CONFIG_WRITER_H_
#define WEFT_MODELS_CONFIG_WRITER_H_

#include "models/config.h"
#include "nlohmann/json.hpp"

namespace weft::config_internal {

// Keys keep the order in which they are written.
using Json = nlohmann::ordered_json;

Json WriteObject(Configurable& object);
Json WriteRef(const AnyRef& ref);

}  // namespace weft::config_internal

#endif  // WEFT_MODELS_CONFIG_WRITER_H_
