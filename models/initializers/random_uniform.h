// Uniformly distributed values.
#ifndef WEFT_MODELS_INITIALIZERS_RANDOM_UNIFORM_H_
#define WEFT_MODELS_INITIALIZERS_RANDOM_UNIFORM_H_

#include <cstdint>
#include <optional>

#include "models/initializers/initializer.h"

namespace weft::initializers {

struct RandomUniformOptions {
  double minval = -0.05;
  double maxval = 0.05;
  std::optional<int64_t> seed = {};  // none: the model's
};

// Values in [minval, maxval), but for rounding.
class RandomUniform final : public Initializer {
 public:
  explicit RandomUniform(RandomUniformOptions options = {}) : options_(options) {}
  absl::string_view class_name() const override { return "RandomUniform"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  Value Record(GraphBuilder& builder, Value key, Value step, const TensorType& type) const override;

 private:
  absl::Status Validate() const;
  RandomUniformOptions options_;
};

}  // namespace weft::initializers

#endif  // WEFT_MODELS_INITIALIZERS_RANDOM_UNIFORM_H_
