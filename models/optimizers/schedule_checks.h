// What the schedules share. Private to models/optimizers.
#ifndef WEFT_MODELS_OPTIMIZERS_SCHEDULE_CHECKS_H_
#define WEFT_MODELS_OPTIMIZERS_SCHEDULE_CHECKS_H_

#include <cmath>
#include <cstdint>

#include "core/status.h"

namespace weft::schedule {

inline constexpr double kPi = 3.14159265358979323846;

// A number without a useful default is NaN until it is given.
inline absl::Status CheckGiven(absl::string_view name, double value) {
  if (std::isnan(value)) return InvalidArgument(name, " must be given");
  if (std::isinf(value)) return InvalidArgument(name, " must be finite, received ", value);
  return absl::OkStatus();
}

inline absl::Status CheckPositive(absl::string_view name, int64_t value) {
  if (value > 0) return absl::OkStatus();
  return InvalidArgument(name, " must be > 0, received ", value);
}

}  // namespace weft::schedule

#endif  // WEFT_MODELS_OPTIMIZERS_SCHEDULE_CHECKS_H_
