#include "models/config_writer.h"

#include <cmath>
#include <limits>

#include "models/config_names.h"

namespace weft::config_internal {
namespace {

Json WriteDouble(double value) {
  if (std::isfinite(value)) return value;
  if (std::isnan(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

// Arguments of an activation: numbers, strings and lists of them are all that compositions take.
Json WriteAttr(const AttrValue& value) {
  if (const auto* v = std::get_if<bool>(&value)) return *v;
  if (const auto* v = std::get_if<int64_t>(&value)) return *v;
  if (const auto* v = std::get_if<double>(&value)) return WriteDouble(*v);
  if (const auto* v = std::get_if<std::string>(&value)) return *v;
  if (const auto* v = std::get_if<std::vector<int64_t>>(&value)) return *v;
  if (const auto* v = std::get_if<std::vector<double>>(&value)) {
    Json list = Json::array();
    for (double d : *v) list.push_back(WriteDouble(d));
    return list;
  }
  return nullptr;
}

class Writer final : public ConfigVisitor {
 public:
  explicit Writer(Json& out) : out_(out) {}

  void Field(absl::string_view name, bool& value) override { Put(name, value); }
  void Field(absl::string_view name, int64_t& value) override { Put(name, value); }
  void Field(absl::string_view name, double& value) override { Put(name, WriteDouble(value)); }
  void Field(absl::string_view name, std::string& value) override { Put(name, value); }
  void Field(absl::string_view name, DType& value) override { Put(name, std::string(KerasName(value))); }
  void Field(absl::string_view name, std::vector<int64_t>& value) override {
    Json list = Json::array();
    for (int64_t v : value) list.push_back(v);
    Put(name, std::move(list));
  }
  void Field(absl::string_view name, std::vector<double>& value) override {
    Json list = Json::array();
    for (double v : value) list.push_back(WriteDouble(v));
    Put(name, std::move(list));
  }
  void Field(absl::string_view name, std::vector<std::vector<int64_t>>& value) override {
    Json lists = Json::array();
    for (const std::vector<int64_t>& list : value) lists.push_back(Json(list));
    Put(name, std::move(lists));
  }
  void Field(absl::string_view name, std::optional<int64_t>& value) override {
    Put(name, value.has_value() ? Json(*value) : Json(nullptr));
  }
  void Field(absl::string_view name, std::optional<double>& value) override {
    Put(name, value.has_value() ? WriteDouble(*value) : Json(nullptr));
  }
  void Field(absl::string_view name, std::optional<std::string>& value) override {
    Put(name, value.has_value() ? Json(*value) : Json(nullptr));
  }
  void Field(absl::string_view name, std::optional<std::vector<int64_t>>& value) override {
    if (!value.has_value()) return Put(name, nullptr);
    // As they are read: an unknown dim is null.
    Json list = Json::array();
    for (int64_t v : *value) list.push_back(v == -1 ? Json(nullptr) : Json(v));
    Put(name, std::move(list));
  }
  void Field(absl::string_view name, ActivationRef& value) override {
    if (value.args.empty()) return Put(name, value.name);
    Json args = Json::object();
    for (const auto& [key, arg] : value.args.entries()) args[key] = WriteAttr(arg);
    Put(name, Json{{"name", value.name}, {"arguments", std::move(args)}});
  }
  void Object(absl::string_view name, absl::string_view kind, AnyRef& value) override {
    static_cast<void>(kind);
    Put(name, WriteRef(value));
  }
  void MustBeNull(absl::string_view name) override { Put(name, nullptr); }
  void MustBe(absl::string_view name, absl::string_view json_value) override {
    Put(name, Json::parse(json_value.begin(), json_value.end(), nullptr, /*allow_exceptions=*/false));
  }
  void MustBeOrNull(absl::string_view name, absl::string_view json_value) override { MustBe(name, json_value); }
  void Ignore(absl::string_view name) override { static_cast<void>(name); }
  void Error(absl::Status status) override { status.IgnoreError(); }  // checks concern reading

 private:
  void Put(absl::string_view name, Json value) { out_[std::string(name)] = std::move(value); }
  Json& out_;
};

}  // namespace

Json WriteObject(Configurable& object) {
  Json config = Json::object();
  Writer writer(config);
  object.VisitConfig(writer);
  return Json{{"class_name", std::string(object.class_name())}, {"config", std::move(config)}};
}

Json WriteRef(const AnyRef& ref) {
  if (ref.is_none()) return nullptr;
  if (ref.object() == nullptr) return ref.name();
  return WriteObject(*ref.object());
}

}  // namespace weft::config_internal
