// All losses that Weft ships.
#ifndef WEFT_MODELS_LOSSES_LOSSES_H_
#define WEFT_MODELS_LOSSES_LOSSES_H_

#include "models/losses/binary_crossentropy.h"
#include "models/losses/categorical_crossentropy.h"
#include "models/losses/mean_absolute_error.h"
#include "models/losses/mean_squared_error.h"
#include "models/losses/sparse_categorical_crossentropy.h"

#endif  // WEFT_MODELS_LOSSES_LOSSES_H_
