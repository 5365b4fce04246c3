// Configuration: each configurable class (layer, initializer, optimizer, schedule, loss, metric) lists its options
// once, in VisitConfig; saving, loading, Keras configurations, Summary and docs all read that one list.
//
//   void VisitConfig(ConfigVisitor& v) override {
//     v.Field("units", options_.units);
//     v.Field("kernel_initializer", options_.kernel_initializer);
//     v.MustBeNull("kernel_constraint");      // a Keras option that is not supported with any other value
//   }
//
// The same function writes (the visitor reads the fields) and reads (the visitor sets them). A key that no field takes
// and a value that is not honoured are errors, never ignored.
#ifndef WEFT_MODELS_CONFIG_H_
#define WEFT_MODELS_CONFIG_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/dtype.h"
#include "graph/ir/attribute.h"

namespace weft {

class ConfigVisitor;

class Configurable {
 public:
  virtual ~Configurable() = default;
  virtual absl::string_view class_name() const = 0;  // Keras' class name: "Dense", "GlorotUniform"
  virtual void VisitConfig(ConfigVisitor& visitor) = 0;
};

// A reference to a configurable object: given as an object (HeNormal({.seed = 1})), or by Keras' name ("he_normal"),
// which is looked up when the model is built; a wrong name is then an error that offers the nearest one. Copies share
// the object, which is immutable once it is in use.
class AnyRef {
 public:
  AnyRef() = default;  // none
  bool is_none() const { return name_.empty() && object_ == nullptr; }
  const std::string& name() const { return name_; }  // "" where an object was given
  const std::shared_ptr<Configurable>& object() const { return object_; }
  void set(std::string name) { name_ = std::move(name), object_ = nullptr; }
  void set(std::shared_ptr<Configurable> object) { object_ = std::move(object), name_.clear(); }

 protected:
  std::string name_;
  std::shared_ptr<Configurable> object_;
};

template <typename Base>
class Ref : public AnyRef {
 public:
  Ref() = default;
  Ref(const char* name) { name_ = name == nullptr ? "" : name; }      // NOLINT: "relu"
  Ref(std::string name) { name_ = std::move(name); }                  // NOLINT
  Ref(std::shared_ptr<Base> object) { object_ = std::move(object); }  // NOLINT
  template <typename T, typename = std::enable_if_t<std::is_base_of_v<Base, T>>>
  Ref(T object) {  // NOLINT: RMSprop({...})
    object_ = std::make_shared<T>(std::move(object));
  }
  // The object; null where a name was given (see Registry::Resolve).
  std::shared_ptr<Base> get() const { return std::static_pointer_cast<Base>(object_); }
};

// An activation: a name of the op registry's activations with arguments, as Keras' string or {name, arguments}.
struct ActivationRef {
  ActivationRef() = default;
  ActivationRef(const char* name) : name(name == nullptr ? "" : name) {}  // NOLINT: null is Keras' None
  ActivationRef(std::string name) : name(std::move(name)) {}              // NOLINT
  ActivationRef(std::string name, AttrMap args) : name(std::move(name)), args(std::move(args)) {}
  std::string name = "linear";
  AttrMap args;
};

class ConfigVisitor {
 public:
  virtual ~ConfigVisitor() = default;
  virtual void Field(absl::string_view name, bool& value) = 0;
  virtual void Field(absl::string_view name, int64_t& value) = 0;
  virtual void Field(absl::string_view name, double& value) = 0;
  virtual void Field(absl::string_view name, std::string& value) = 0;
  virtual void Field(absl::string_view name, DType& value) = 0;  // "float32", "uint8" ... as Keras writes them
  virtual void Field(absl::string_view name,
                     std::vector<int64_t>& value) = 0;  // null entries are -1; a lone number is a list of one
  virtual void Field(absl::string_view name, std::vector<double>& value) = 0;
  virtual void Field(absl::string_view name,
                     std::vector<std::vector<int64_t>>& value) = 0;  // a lone number: a list of one
  virtual void Field(absl::string_view name, std::optional<int64_t>& value) = 0;
  virtual void Field(absl::string_view name, std::optional<double>& value) = 0;
  virtual void Field(absl::string_view name, std::optional<std::string>& value) = 0;
  virtual void Field(absl::string_view name, std::optional<std::vector<int64_t>>& value) = 0;
  virtual void Field(absl::string_view name, ActivationRef& value) = 0;
  // `kind` picks the list in which names and classes are looked up: "initializer", "schedule", "layer" ...
  virtual void Object(absl::string_view name, absl::string_view kind, AnyRef& value) = 0;
  // A number, or in its place an object (a learning rate, or its schedule): `value` counts where `object` is none.
  virtual void NumberOrObject(absl::string_view name, absl::string_view kind, double& value, AnyRef& object) {
    object.is_none() ? Field(name, value) : Object(name, kind, object);
  }
  // An option of Keras that has one supported value; written as that value, refused when read with another.
  virtual void MustBeNull(absl::string_view name) = 0;
  virtual void MustBe(absl::string_view name, absl::string_view json_value) = 0;
  // The same, where null is Keras' word for that value.
  virtual void MustBeOrNull(absl::string_view name, absl::string_view json_value) = 0;
  // Keys of Keras' configurations that mean nothing here (e.g. a registered name); accepted with any value, not
  // written.
  virtual void Ignore(absl::string_view name) = 0;
  // For checks of a value while reading.
  virtual void Error(absl::Status status) = 0;
};

// "units" with nullptr-safe suggestions: Keras' snake_case of a class name ("GlorotUniform" -> "glorot_uniform", "LSTM"
// -> "lstm").
std::string SnakeCase(absl::string_view class_name);

}  // namespace weft

#endif  // WEFT_MODELS_CONFIG_H_
