// All metrics that Weft ships. Their classes are in namespace weft::metrics, since losses have the same names.
#ifndef WEFT_MODELS_METRICS_METRICS_H_
#define WEFT_MODELS_METRICS_METRICS_H_

#include "models/metrics/accuracy.h"
#include "models/metrics/mean.h"
#include "models/metrics/regression.h"

#endif  // WEFT_MODELS_METRICS_METRICS_H_
