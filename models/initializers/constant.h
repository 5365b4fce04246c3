// Initializers with one value everywhere.
#ifndef WEFT_MODELS_INITIALIZERS_CONSTANT_H_
#define WEFT_MODELS_INITIALIZERS_CONSTANT_H_

#include "models/initializers/initializer.h"

namespace weft {
namespace initializers {

class Zeros final : public Initializer {
 public:
  absl::string_view class_name() const override { return "Zeros"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  Value Record(GraphBuilder& builder, Value key, Value step, const TensorType& type) const override;
};

class Ones final : public Initializer {
 public:
  absl::string_view class_name() const override { return "Ones"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  Value Record(GraphBuilder& builder, Value key, Value step, const TensorType& type) const override;
};

struct ConstantOptions {
  double value = 0;
};

class Constant final : public Initializer {
 public:
  explicit Constant(ConstantOptions options = {}) : options_(options) {}
  absl::string_view class_name() const override { return "Constant"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  Value Record(GraphBuilder& builder, Value key, Value step, const TensorType& type) const override;

 private:
  ConstantOptions options_;
};

}  // namespace initializers

using initializers::Ones;
using initializers::Zeros;

}  // namespace weft

#endif  // WEFT_MODELS_INITIALIZERS_CONSTANT_H_
