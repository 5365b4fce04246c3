// Normally distributed values.
#ifndef WEFT_MODELS_INITIALIZERS_RANDOM_NORMAL_H_
#define WEFT_MODELS_INITIALIZERS_RANDOM_NORMAL_H_

#include <cstdint>
#include <optional>

#include "models/initializers/initializer.h"

namespace weft::initializers {

struct RandomNormalOptions {
  double mean = 0;
  double stddev = 0.05;
  std::optional<int64_t> seed = {};  // none: the model's
};

class RandomNormal final : public Initializer {
 public:
  explicit RandomNormal(RandomNormalOptions options = {}) : options_(options) {}
  absl::string_view class_name() const override { return "RandomNormal"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  Value Record(GraphBuilder& builder, Value key, Value step, const TensorType& type) const override;

 private:
  absl::Status Validate() const;
  RandomNormalOptions options_;
};

}  // namespace weft::initializers

#endif  // WEFT_MODELS_INITIALIZERS_RANDOM_NORMAL_H_
