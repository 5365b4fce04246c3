// Softmax and cross-entropy.
//
// In float32 the sums over a row are taken in 64 virtual lanes with the fixed halving tree of core/simd/sum.h, whatever
// axis the row lies along; so the results have the same bits on every instruction set, for any number of threads, and
// for a row alone or in any batch. The maximum m of the row is subtracted before exp, so nothing overflows; a row with
// a NaN, with +inf, or of -inf alone gives NaN, as in TensorFlow.
#ifndef WEFT_OPS_SOFTMAX_SOFTMAX_H_
#define WEFT_OPS_SOFTMAX_SOFTMAX_H_

#include "graph/ir/builder.h"

namespace weft {

// y_j = exp(x_j - m) / sum_k exp(x_k - m) along `axis`. Floats.
Value Softmax(Value x, int axis = -1, SourceLocation where = SourceLocation::current());
// y_j = (x_j - m) - log(sum_k exp(x_k - m)) along `axis`. Floats.
Value LogSoftmax(Value x, int axis = -1, SourceLocation where = SourceLocation::current());

// loss = -sum_j p_j log_softmax(logits)_j for each row (the last axis, which is dropped): the cross-entropy between p
// and softmax(logits). A row of p need not sum to 1; the gradients are those of the formula: softmax(logits) * sum(p) -
// p, and -log_softmax(logits).
Value SoftmaxCrossEntropy(Value logits, Value probabilities, SourceLocation where = SourceLocation::current());

// loss = -log_softmax(logits)_label for each row of logits, `labels` (i32, i64 or u8) having their shape without the
// last axis. A label out of range gives NaN in its row; the gradient there is that of a row without any label, softmax.
Value SparseSoftmaxCrossEntropy(Value logits, Value labels, SourceLocation where = SourceLocation::current());

// -t log(sigmoid(z)) - (1 - t) log(1 - sigmoid(z)) elementwise, computed as max(z, 0) - z t + log(1 + exp(-|z|)) (a
// composition). The gradient to z is sigmoid(z) - t everywhere.
Value SigmoidCrossEntropy(Value logits, Value targets, SourceLocation where = SourceLocation::current());

}  // namespace weft

#endif  // WEFT_OPS_SOFTMAX_SOFTMAX_H_
