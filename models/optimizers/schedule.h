// Learning rates: a number (then a variable of the module, which callbacks may set without a recompile) or a schedule
// (then computed in the graph from the step count).
#ifndef WEFT_MODELS_OPTIMIZERS_SCHEDULE_H_
#define WEFT_MODELS_OPTIMIZERS_SCHEDULE_H_

#include "graph/ir/builder.h"
#include "models/config.h"

namespace weft {

class Schedule : public Configurable {
 public:
  // The f32 scalar learning rate at `iterations` (i64 scalar).
  virtual Value Record(GraphBuilder& builder, Value iterations) const = 0;
};
using ScheduleRef = Ref<Schedule>;

struct LearningRate {
  LearningRate(double value) : value(value) {}  // NOLINT
  template <typename T, typename = std::enable_if_t<std::is_base_of_v<Schedule, T>>>
  LearningRate(T schedule) : schedule(std::move(schedule)) {}  // NOLINT
  double value = 0;
  ScheduleRef schedule;  // none: `value`
};

}  // namespace weft

#endif  // WEFT_MODELS_OPTIMIZERS_SCHEDULE_H_
