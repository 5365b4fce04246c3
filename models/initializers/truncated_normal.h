// Normally distributed values without the tails.
#ifndef WEFT_MODELS_INITIALIZERS_TRUNCATED_NORMAL_H_
#define WEFT_MODELS_INITIALIZERS_TRUNCATED_NORMAL_H_

#include <cstdint>
#include <optional>

#include "models/initializers/initializer.h"

namespace weft::initializers {

struct TruncatedNormalOptions {
  double mean = 0;
  double stddev = 0.05;              // before truncation
  std::optional<int64_t> seed = {};  // none: the model's
};

// Values further than two stddev from the mean do not occur.
class TruncatedNormal final : public Initializer {
 public:
  explicit TruncatedNormal(TruncatedNormalOptions options = {}) : options_(options) {}
  absl::string_view class_name() const override { return "TruncatedNormal"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  Value Record(GraphBuilder& builder, Value key, Value step, const TensorType& type) const override;

 private:
  absl::Status Validate() const;
  TruncatedNormalOptions options_;
};

}  // namespace weft::initializers

#endif  // WEFT_MODELS_INITIALIZERS_TRUNCATED_NORMAL_H_
