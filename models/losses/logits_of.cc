#include "models/losses/logits_of.h"

namespace weft {
namespace {

Value InputOf(const char* op, Value y, bool along_last_axis) {
  if (!y.ok()) return Value();
  const Node& node = y.builder()->producer(y);
  if (node.op->name != op) return Value();
  if (along_last_axis && node.attrs->Int("axis") != y.rank() - 1) return Value();
  return y.builder()->value(node.inputs[0]);
}

}  // namespace

Value LogitsOfSoftmax(Value y) { return InputOf("softmax", y, /*along_last_axis=*/true); }
Value LogitsOfSigmoid(Value y) { return InputOf("sigmoid", y, /*along_last_axis=*/false); }

}  // namespace weft
