// The op random_uniform. Private to ops/random.
#ifndef WEFT_OPS_RANDOM_RANDOM_UNIFORM_H_
#define WEFT_OPS_RANDOM_RANDOM_UNIFORM_H_

#include "graph/ir/op_def.h"

namespace weft {

OpDef RandomUniformOp();

}  // namespace weft

#endif  // WEFT_OPS_RANDOM_RANDOM_UNIFORM_H_
