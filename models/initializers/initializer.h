// Initializers record a weight's first value into the module's init function, so that a saved module can be initialized
// anew by any program, and the values depend on (seed, position) alone.
#ifndef WEFT_MODELS_INITIALIZERS_INITIALIZER_H_
#define WEFT_MODELS_INITIALIZERS_INITIALIZER_H_

#include "graph/ir/builder.h"
#include "models/config.h"

namespace weft {

class Initializer : public Configurable {
 public:
  // A value of `type` (static, float32). `key` and `step` are i64 scalars: what random ops take; each random op
  // recorded draws its own stream. Errors are left in the builder.
  virtual Value Record(GraphBuilder& builder, Value key, Value step, const TensorType& type) const = 0;
};
using InitializerRef = Ref<Initializer>;

}  // namespace weft

#endif  // WEFT_MODELS_INITIALIZERS_INITIALIZER_H_
