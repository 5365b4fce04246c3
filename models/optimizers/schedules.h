// All learning rate schedules that Weft ships.
#ifndef WEFT_MODELS_OPTIMIZERS_SCHEDULES_H_
#define WEFT_MODELS_OPTIMIZERS_SCHEDULES_H_

#include "models/optimizers/cosine_decay.h"
#include "models/optimizers/cosine_decay_restarts.h"
#include "models/optimizers/exponential_decay.h"
#include "models/optimizers/inverse_time_decay.h"
#include "models/optimizers/piecewise_constant_decay.h"
#include "models/optimizers/polynomial_decay.h"

#endif  // WEFT_MODELS_OPTIMIZERS_SCHEDULES_H_
