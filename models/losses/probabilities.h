// Probabilities in losses. Private to models/losses.
#ifndef WEFT_MODELS_LOSSES_PROBABILITIES_H_
#define WEFT_MODELS_LOSSES_PROBABILITIES_H_

#include "core/status.h"
#include "ops/elementwise/elementwise.h"

namespace weft::losses {

// Keras' epsilon(): before a logarithm, probabilities are kept so far from 0 and 1.
inline constexpr double kEpsilon = 1e-7;
inline Value ClipProbability(Value p) { return Clip(p, kEpsilon, 1 - kEpsilon); }

inline absl::Status CheckLabelSmoothing(double value) {
  if (value >= 0 && value <= 1) return absl::OkStatus();
  return InvalidArgument("label_smoothing must be in [0, 1], received ", value);
}

}  // namespace weft::losses

#endif  // WEFT_MODELS_LOSSES_PROBABILITIES_H_
