// All layers.
#ifndef WEFT_MODELS_LAYERS_LAYERS_H_
#define WEFT_MODELS_LAYERS_LAYERS_H_

// IWYU pragma: begin_exports
#include "models/layers/activation.h"
#include "models/layers/additive_attention.h"
#include "models/layers/attention.h"
#include "models/layers/bidirectional.h"
#include "models/layers/conv.h"
#include "models/layers/conv_transpose.h"
#include "models/layers/cropping.h"
#include "models/layers/dense.h"
#include "models/layers/depthwise_conv.h"
#include "models/layers/dropout.h"
#include "models/layers/embedding.h"
#include "models/layers/flatten.h"
#include "models/layers/global_pooling.h"
#include "models/layers/gru.h"
#include "models/layers/input.h"
#include "models/layers/lstm.h"
#include "models/layers/masking.h"
#include "models/layers/multi_head_attention.h"
#include "models/layers/pooling.h"
#include "models/layers/rescaling.h"
#include "models/layers/reshape.h"
#include "models/layers/separable_conv.h"
#include "models/layers/simple_rnn.h"
#include "models/layers/time_distributed.h"
#include "models/layers/up_sampling.h"
#include "models/layers/zero_padding.h"
// IWYU pragma: end_exports

#endif  // WEFT_MODELS_LAYERS_LAYERS_H_
