// What a probability was computed from.
#ifndef WEFT_MODELS_LOSSES_LOGITS_OF_H_
#define WEFT_MODELS_LOSSES_LOGITS_OF_H_

#include "graph/ir/builder.h"

namespace weft {

// x, if y is Softmax(x) along the last axis; else absent.
Value LogitsOfSoftmax(Value y);
// x, if y is Sigmoid(x); else absent.
Value LogitsOfSigmoid(Value y);

}  // namespace weft

#endif  // WEFT_MODELS_LOSSES_LOGITS_OF_H_
