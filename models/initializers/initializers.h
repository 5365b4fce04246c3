// All initializers that Weft ships. Their classes are in namespace weft::initializers; those whose names are not taken
// by recording functions (Constant, RandomNormal, RandomUniform, TruncatedNormal are) are in namespace weft too.
#ifndef WEFT_MODELS_INITIALIZERS_INITIALIZERS_H_
#define WEFT_MODELS_INITIALIZERS_INITIALIZERS_H_

#include "models/initializers/constant.h"
#include "models/initializers/identity.h"
#include "models/initializers/orthogonal.h"
#include "models/initializers/random_normal.h"
#include "models/initializers/random_uniform.h"
#include "models/initializers/truncated_normal.h"
#include "models/initializers/variance_scaling.h"

#endif  // WEFT_MODELS_INITIALIZERS_INITIALIZERS_H_
