// The square of a gradient, as Keras takes it.
//
// The gradient of a table of which rows were looked up (Embedding) is there a list of rows with their ids, an id as
// often as it was looked up; it is squared row by row, and only then are the rows of an id added. So an id that occurs
// twice in a batch gives g1^2 + g2^2, not (g1 + g2)^2, to the second moments of Adam and RMSprop. (That is Keras on
// TensorFlow, from version 3 on.)
#ifndef WEFT_MODELS_OPTIMIZERS_SQUARED_GRADIENT_H_
#define WEFT_MODELS_OPTIMIZERS_SQUARED_GRADIENT_H_

#include "graph/ir/builder.h"

namespace weft {

// Square(gradient), or where the gradient is a scatter_add, the scatter_add of the squares.
Value SquaredGradient(Value gradient);

}  // namespace weft

#endif  // WEFT_MODELS_OPTIMIZERS_SQUARED_GRADIENT_H_
