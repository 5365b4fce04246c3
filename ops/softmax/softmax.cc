#include "ops/softmax/softmax.h"

#include "ops/elementwise/elementwise.h"
#include "ops/shape/indexing.h"
#include "ops/shape/recording.h"

namespace weft {
namespace {

Value RecordAlong(absl::string_view op, Value x, int axis, SourceLocation where) {
  if (!x.ok()) return x;
  const absl::StatusOr<int64_t> normal = NormalizeAxis(axis, x.rank());
  if (!normal.ok()) return RecordingError(op, x, where, normal.status());
  return RecordOn(op, {x}, {{"axis", *normal}}, where);
}

}  // namespace

Value Softmax(Value x, int axis, SourceLocation where) { return RecordAlong("softmax", x, axis, where); }
Value LogSoftmax(Value x, int axis, SourceLocation where) { return RecordAlong("log_softmax", x, axis, where); }

Value SoftmaxCrossEntropy(Value logits, Value probabilities, SourceLocation where) {
  return RecordOn("softmax_cross_entropy", {logits, probabilities}, {}, where);
}

Value SparseSoftmaxCrossEntropy(Value logits, Value labels, SourceLocation where) {
  return RecordOn("sparse_softmax_cross_entropy", {logits, labels}, {}, where);
}

Value SigmoidCrossEntropy(Value logits, Value targets, SourceLocation where) {
  // By selection rather than max and abs, whose gradients at 0 would not add up to sigmoid(0) - t.
  const Value positive = GreaterEqual(logits, ValueAt(0, where), where);
  const Value above = Select(positive, logits, ValueAt(0, where), where);
  const Value minus_abs = Select(positive, Neg(logits, where), logits, where);
  const Value linear = Sub(above, Mul(logits, targets, where), where);
  return Add(linear, Softplus(minus_abs, where), where);
}

}  // namespace weft
