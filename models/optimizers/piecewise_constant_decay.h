// A learning rate that is constant between boundaries.
#ifndef WEFT_MODELS_OPTIMIZERS_PIECEWISE_CONSTANT_DECAY_H_
#define WEFT_MODELS_OPTIMIZERS_PIECEWISE_CONSTANT_DECAY_H_

#include <cstdint>
#include <vector>

#include "models/optimizers/schedule.h"

namespace weft {

struct PiecewiseConstantDecayOptions {
  std::vector<int64_t> boundaries = {};  // strictly increasing step counts
  std::vector<double> values = {};       // one more than boundaries
};

// values[0] up to and with step boundaries[0], values[1] up to and with boundaries[1], ..., then the last value.
class PiecewiseConstantDecay final : public Schedule {
 public:
  explicit PiecewiseConstantDecay(PiecewiseConstantDecayOptions options = {}) : options_(std::move(options)) {}
  absl::string_view class_name() const override { return "PiecewiseConstantDecay"; }
  void VisitConfig(ConfigVisitor& visitor) override;
  Value Record(GraphBuilder& builder, Value iterations) const override;

 private:
  absl::Status Validate() const;
  PiecewiseConstantDecayOptions options_;
};

}  // namespace weft

#endif  // WEFT_MODELS_OPTIMIZERS_PIECEWISE_CONSTANT_DECAY_H_
