#include "models/optimizers/optimizer_with_options.h"

namespace weft {

void VisitSharedOptimizerConfig(ConfigVisitor& visitor, LearningRate& learning_rate, OptimizerOptions& common) {
  visitor.Ignore("name");
  visitor.NumberOrObject("learning_rate", "schedule", learning_rate.value, learning_rate.schedule);
  visitor.Field("weight_decay", common.weight_decay);
  visitor.Field("clipnorm", common.clipnorm);
  visitor.Field("global_clipnorm", common.global_clipnorm);
  visitor.Field("clipvalue", common.clipvalue);
  visitor.MustBe("use_ema", "false");
  visitor.MustBe("ema_momentum", "0.99");
  visitor.MustBeNull("ema_overwrite_frequency");
  visitor.MustBeNull("loss_scale_factor");
  visitor.MustBeNull("gradient_accumulation_steps");
}

}  // namespace weft
