// Values whose ranks differ by an axis of size 1.
#ifndef WEFT_MODELS_LOSSES_RANKS_H_
#define WEFT_MODELS_LOSSES_RANKS_H_

#include <utility>

#include "graph/ir/builder.h"

namespace weft {

// Where one of the two has one axis more than the other, and that is a last axis of size 1: the other gets one too if
// it has one axis only ([n] and [n,1]: both [n,1]), else the axis is dropped ([n,3,1] and [n,3]: both [n,3]). Any other
// pair is returned as it is. (Keras: squeeze_or_expand_to_same_rank.)
std::pair<Value, Value> ToSameRank(Value a, Value b);

// x with axes of size 1 behind its own, up to `rank`.
Value WithTrailingOnes(Value x, int rank);

// x as `dtype`; x itself where it has it.
Value WithDType(Value x, DType dtype);

}  // namespace weft

#endif  // WEFT_MODELS_LOSSES_RANKS_H_
