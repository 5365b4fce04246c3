#include "models/config_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/ir/registry.h"
#include "models/config_names.h"

namespace weft::config_internal {

absl::StatusOr<InJson> ParseJson(absl::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxBrackets) return InvalidArgument("configuration: nested deeper than ", kMaxBrackets);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  InJson json = InJson::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return InvalidArgument("configuration: this is not JSON: ", text.substr(0, 80));
  return json;
}

std::string Shown(const InJson& json) {
  std::string text = json.dump(-1, ' ', false, InJson::error_handler_t::replace);
  return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

namespace {

bool ReadInt(const InJson& json, int64_t& value) {
  if (json.is_number_unsigned()) {
    const auto number = json.get<uint64_t>();
    if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return false;
    value = static_cast<int64_t>(number);
    return true;
  }
  if (json.is_number_integer()) {
    value = json.get<int64_t>();
    return true;
  }
  if (!json.is_number_float()) return false;
  const double number = json.get<double>();  // Keras writes some counts as 8.0
  if (!(std::abs(number) < 9e15) || number != std::floor(number)) return false;
  value = static_cast<int64_t>(number);
  return true;
}

bool ReadDouble(const InJson& json, double& value) {
  if (json.is_number()) {
    value = json.get<double>();
    return true;
  }
  if (!json.is_string()) return false;
  const auto& text = *json.get_ptr<const std::string*>();
  if (text == "nan") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (text == "inf") {
    value = std::numeric_limits<double>::infinity();
  } else if (text == "-inf") {
    value = -std::numeric_limits<double>::infinity();
  } else {
    return false;
  }
  return true;
}

// A lone number is a list of one; null, an unknown dim, is -1 in a list.
bool ReadInts(const InJson& json, std::vector<int64_t>& value) {
  std::vector<int64_t> list(json.is_array() ? json.size() : 1, -1);
  if (!json.is_array() && !ReadInt(json, list[0])) return false;
  for (size_t i = 0; json.is_array() && i < list.size(); ++i) {
    if (!json[i].is_null() && !ReadInt(json[i], list[i])) return false;
  }
  value = std::move(list);
  return true;
}

bool ReadAttr(const InJson& json, AttrValue& value) {
  int64_t number;
  if (json.is_boolean()) {
    value = json.get<bool>();
  } else if (json.is_number_integer() && ReadInt(json, number)) {
    value = number;
  } else if (double real; ReadDouble(json, real)) {
    value = real;
  } else if (json.is_string()) {
    value = *json.get_ptr<const std::string*>();
  } else {
    return false;
  }
  return true;
}

// A dtype policy stands for its name: {"class_name": "DTypePolicy", "config": {"name": "float32"}}.
const InJson& WithoutPolicy(const InJson& json) {
  if (!json.is_object()) return json;
  auto class_name = json.find("class_name");
  if (class_name == json.end() || *class_name != "DTypePolicy") return json;
  auto config = json.find("config");
  if (config == json.end() || !config->is_object()) return json;
  auto name = config->find("name");
  return name == config->end() ? json : *name;
}

class Reader final : public ConfigVisitor {
 public:
  Reader(const ModelRegistry& registry, absl::string_view class_name, const InJson& config, int depth)
      : registry_(registry), class_name_(class_name), config_(config), depth_(depth) {}

  void Field(absl::string_view name, bool& value) override {
    const InJson* json = Take(name);
    if (json == nullptr) return;
    if (!json->is_boolean()) return Wrong(name, "true or false", *json);
    value = json->get<bool>();
  }
  void Field(absl::string_view name, int64_t& value) override {
    const InJson* json = Take(name);
    if (json != nullptr && !ReadInt(*json, value)) Wrong(name, "an integer", *json);
  }
  void Field(absl::string_view name, double& value) override {
    const InJson* json = Take(name);
    if (json != nullptr && !ReadDouble(*json, value)) Wrong(name, "a number", *json);
  }
  void Field(absl::string_view name, std::string& value) override {
    const InJson* json = Take(name);
    if (json == nullptr) return;
    if (!json->is_string()) return Wrong(name, "a string", *json);
    value = *json->get_ptr<const std::string*>();
  }
  void Field(absl::string_view name, DType& value) override {
    const InJson* json = Take(name);
    if (json == nullptr) return;
    const InJson& plain = WithoutPolicy(*json);
    if (!plain.is_string()) return Wrong(name, "the name of a dtype", *json);
    absl::StatusOr<DType> dtype = ParseKerasName(*plain.get_ptr<const std::string*>());
    if (!dtype.ok()) return Fail(name, dtype.status().message());
    value = *dtype;
  }
  void Field(absl::string_view name, std::vector<int64_t>& value) override {
    const InJson* json = Take(name);
    if (json != nullptr && !ReadInts(*json, value)) Wrong(name, "a list of integers", *json);
  }
  void Field(absl::string_view name, std::vector<std::vector<int64_t>>& value) override {
    const InJson* json = Take(name);
    if (json == nullptr) return;
    std::vector<std::vector<int64_t>> lists(json->is_array() ? json->size() : 1);
    for (size_t i = 0; i < lists.size(); ++i) {
      if (!ReadInts(json->is_array() ? (*json)[i] : *json, lists[i])) return Wrong(name, "lists of integers", *json);
    }
    value = std::move(lists);
  }
  void Field(absl::string_view name, std::vector<double>& value) override {
    const InJson* json = Take(name);
    if (json == nullptr) return;
    std::vector<double> list(1);
    if (!json->is_array()) {
      if (!ReadDouble(*json, list[0])) return Wrong(name, "a list of numbers", *json);
    } else {
      list.resize(json->size());
      for (size_t i = 0; i < json->size(); ++i) {
        if (!ReadDouble((*json)[i], list[i])) return Wrong(name, "a list of numbers", *json);
      }
    }
    value = std::move(list);
  }
  void Field(absl::string_view name, std::optional<int64_t>& value) override { Optional(name, value); }
  void Field(absl::string_view name, std::optional<double>& value) override { Optional(name, value); }
  void Field(absl::string_view name, std::optional<std::string>& value) override { Optional(name, value); }
  void Field(absl::string_view name, std::optional<std::vector<int64_t>>& value) override { Optional(name, value); }
  void Field(absl::string_view name, ActivationRef& value) override {
    const InJson* json = Take(name);
    if (json == nullptr) return;
    if (json->is_null()) {
      value = ActivationRef();
    } else if (json->is_string()) {
      value = ActivationRef(*json->get_ptr<const std::string*>());
    } else {
      ReadActivation(name, *json, value);
    }
  }
  void Object(absl::string_view name, absl::string_view kind, AnyRef& value) override {
    const InJson* json = Take(name);
    if (json == nullptr) return;
    absl::StatusOr<AnyRef> ref = ReadRef(registry_, kind, *json, depth_ + 1);
    if (!ref.ok()) return Fail(name, ref.status().message());
    value = *std::move(ref);
  }
  void NumberOrObject(absl::string_view name, absl::string_view kind, double& value, AnyRef& object) override {
    auto found = config_.find(std::string(name));
    if (found != config_.end() && found->is_object()) return Object(name, kind, object);
    if (found != config_.end()) object = AnyRef();
    Field(name, value);
  }
  void MustBeNull(absl::string_view name) override {
    const InJson* json = Take(name);
    if (json != nullptr && !json->is_null()) Unsupported(name, "null", *json);
  }
  void MustBe(absl::string_view name, absl::string_view json_value) override {
    const InJson* json = Take(name);
    if (json == nullptr) return;
    const InJson expected = InJson::parse(json_value.begin(), json_value.end(), nullptr, /*allow_exceptions=*/false);
    if (WithoutPolicy(*json) != expected) Unsupported(name, json_value, *json);
  }
  void MustBeOrNull(absl::string_view name, absl::string_view json_value) override {
    auto found = config_.find(std::string(name));
    found != config_.end() && found->is_null() ? MustBeNull(name) : MustBe(name, json_value);
  }
  void Ignore(absl::string_view name) override { Take(name); }
  void Error(absl::Status status) override {
    if (status_.ok() && !status.ok()) status_ = InvalidArgument(class_name_, ": ", status.message());
  }

  // The first error; else that of a key which no field took.
  absl::Status Finish() const {
    if (!status_.ok()) return status_;
    for (const auto& [key, value] : config_.items()) {
      if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
      const std::string nearest = Nearest(key, known_);
      return InvalidArgument(
          class_name_, ": unknown option '", key, "' (value ", Shown(value), ")",
          nearest.empty() ? absl::StrCat("; it has ", Known()) : absl::StrCat("; did you mean '", nearest, "'?"));
    }
    return absl::OkStatus();
  }

 private:
  // The value of the key; null where there is none, or after an error.
  const InJson* Take(absl::string_view name) {
    known_.emplace_back(name);
    if (!status_.ok()) return nullptr;
    auto found = config_.find(known_.back());
    return found == config_.end() ? nullptr : &*found;
  }
  void Fail(absl::string_view name, absl::string_view message) {
    if (status_.ok()) status_ = InvalidArgument(class_name_, ": option '", name, "': ", message);
  }
  void Wrong(absl::string_view name, absl::string_view expected, const InJson& received) {
    Fail(name, absl::StrCat("expected ", expected, ", received ", Shown(received)));
  }
  void Unsupported(absl::string_view name, absl::string_view supported, const InJson& received) {
    Fail(name, absl::StrCat("the value ", Shown(received), " is not supported; it must be ", supported));
  }
  template <typename T>
  void Optional(absl::string_view name, std::optional<T>& value) {
    auto found = config_.find(std::string(name));
    if (found != config_.end() && found->is_null()) {
      Take(name);
      value.reset();
      return;
    }
    T set = value.value_or(T());
    const bool present = found != config_.end();
    Field(name, set);
    if (present && status_.ok()) value = std::move(set);
  }
  // {"name": "relu", "arguments": {"negative_slope": 0.1}}, or Keras' {"class_name": "function", "config": "relu"}.
  void ReadActivation(absl::string_view name, const InJson& json, ActivationRef& value) {
    if (!json.is_object()) return Wrong(name, "the name of an activation", json);
    auto config = json.find("config");
    if (config != json.end() && config->is_string()) {
      value = ActivationRef(*config->get_ptr<const std::string*>());
      return;
    }
    auto activation = json.find("name");
    auto arguments = json.find("arguments");
    const bool has_arguments = arguments != json.end() && arguments->is_object();
    if (activation == json.end() || !activation->is_string() || json.size() != (has_arguments ? 2u : 1u)) {
      return Wrong(name, "the name of an activation, or {\"name\": ..., \"arguments\": {...}}", json);
    }
    std::vector<AttrMap::Entry> args;
    if (has_arguments) {
      for (const auto& [key, argument] : arguments->items()) {
        AttrValue read;
        if (argument.is_null()) continue;  // the default
        if (!ReadAttr(argument, read)) return Wrong(name, "numbers or strings as arguments", argument);
        args.emplace_back(key, std::move(read));
      }
    }
    value = ActivationRef(*activation->get_ptr<const std::string*>(), AttrMap(std::move(args)));
  }
  std::string Known() const {
    std::string all;
    for (const std::string& name : known_) absl::StrAppend(&all, all.empty() ? "" : ", ", name);
    return all.empty() ? "no options" : all;
  }

  const ModelRegistry& registry_;
  const std::string class_name_;
  const InJson& config_;
  const int depth_;
  absl::Status status_;
  std::vector<std::string> known_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<Configurable>> ReadConfig(const ModelRegistry& registry, absl::string_view kind,
                                                         absl::string_view class_name, const InJson& config,
                                                         int depth) {
  if (depth > kMaxDepth) return InvalidArgument("configuration: nested deeper than ", kMaxDepth);
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<Configurable> object, registry.Create(kind, class_name));
  if (!config.is_object()) {
    return InvalidArgument(class_name, ": expected an object as configuration, received ", Shown(config));
  }
  Reader reader(registry, class_name, config, depth);
  object->VisitConfig(reader);
  WEFT_RETURN_IF_ERROR(reader.Finish());
  return object;
}

absl::StatusOr<std::shared_ptr<Configurable>> ReadObject(const ModelRegistry& registry, absl::string_view kind,
                                                         const InJson& json, int depth) {
  if (json.is_string()) return registry.Create(kind, *json.get_ptr<const std::string*>());
  if (!json.is_object()) {
    return InvalidArgument("configuration: expected the name of a ", kind,
                           " or {\"class_name\": ..., \"config\": ...}, received ", Shown(json));
  }
  const InJson* class_name = nullptr;
  const InJson none = InJson::object();
  const InJson* config = &none;
  for (const auto& [key, value] : json.items()) {
    if (key == "class_name" || key == "class") {
      class_name = &value;
    } else if (key == "config") {
      config = &value;
    } else if (key != "module" && key != "registered_name" && key != "build_config" && key != "compile_config") {
      return InvalidArgument("configuration of a ", kind, ": unknown key '", key, "' (value ", Shown(value),
                             "); expected class_name and config");
    }
  }
  if (class_name == nullptr || !class_name->is_string()) {
    return InvalidArgument("configuration of a ", kind, ": the key class_name is missing in ", Shown(json));
  }
  return ReadConfig(registry, kind, *class_name->get_ptr<const std::string*>(), *config, depth);
}

absl::StatusOr<AnyRef> ReadRef(const ModelRegistry& registry, absl::string_view kind, const InJson& json, int depth) {
  AnyRef ref;
  if (json.is_null()) return ref;
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<Configurable> object, ReadObject(registry, kind, json, depth));
  if (json.is_string()) {
    ref.set(*json.get_ptr<const std::string*>());
  } else {
    ref.set(std::move(object));
  }
  return ref;
}

}  // namespace weft::config_internal
