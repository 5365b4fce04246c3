// All layers.
#ifndef WEFT_MODELS_LAYERS_LAYERS_H_
#define WEFT_MODELS_LAYERS_LAYERS_H_

#include "models/layers/activation.h"
#include "models/layers/dense.h"
#include "models/layers/dropout.h"
#include "models/layers/flatten.h"
#include "models/layers/input.h"
#include "models/layers/rescaling.h"
#include "models/layers/reshape.h"

#endif  // WEFT_MODELS_LAYERS_LAYERS_H_
