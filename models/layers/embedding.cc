#include "models/layers/embedding.h"

#include <algorithm>
#include <array>

#include "models/layers/layers_util.h"
#include "ops/elementwise/elementwise.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

// Ops that hand elements on as they are.
bool HandsOn(const Node& node) {
  constexpr std::array<absl::string_view, 8> kOps = {"reshape", "transpose",    "slice",  "concat",
                                                     "reverse", "broadcast_to", "gather", "cast"};
  return std::find(kOps.begin(), kOps.end(), node.op->name) != kOps.end();
}

// Whether the elements of x are those of an input of the function, or integers that became floats.
bool AreIds(Value x) {
  for (;;) {
    if (!IsFloat(x.dtype())) return true;
    const Node& node = x.builder()->producer(x);
    if (IsInput(node)) return true;
    if (!HandsOn(node)) return false;
    x = x.builder()->value(node.inputs[0]);
  }
}

}  // namespace

EmbeddingLayer::EmbeddingLayer(EmbeddingOptions options) : options_(std::move(options)) {
  name_ = options_.name;
  trainable_ = options_.trainable;
}

void EmbeddingLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("input_dim", options_.input_dim);
  visitor.Field("output_dim", options_.output_dim);
  visitor.Object("embeddings_initializer", "initializer", options_.embeddings_initializer);
  visitor.MustBeNull("embeddings_regularizer");
  visitor.MustBeNull("activity_regularizer");
  visitor.MustBeNull("embeddings_constraint");
  visitor.Field("mask_zero", options_.mask_zero);
  visitor.MustBeNull("quantization_config");
  visitor.Ignore("input_length");  // of earlier versions: the shape says it
}

absl::Status EmbeddingLayer::Build(WeightBuilder& weights, absl::Span<const TensorType> inputs) {
  WEFT_RETURN_IF_ERROR(ExpectOneInput(inputs));
  if (options_.input_dim < 1) return InvalidArgument("input_dim must be at least 1, received ", options_.input_dim);
  if (options_.output_dim < 1) return InvalidArgument("output_dim must be at least 1, received ", options_.output_dim);
  if (inputs[0].dtype == DType::kBool) {
    return InvalidArgument("expected an input of ids, received ", inputs[0].ToString());
  }
  weights.Add("embeddings", {options_.input_dim, options_.output_dim}, options_.embeddings_initializer);
  return absl::OkStatus();
}

std::vector<Value> EmbeddingLayer::Call(CallContext& context, absl::Span<const Value> inputs) const {
  const Value x = inputs[0];
  if (!x.ok()) return {x};
  if (!AreIds(x)) {
    return {context.builder().Error(InvalidArgument(
        "layer ", context.builder().layer_path(), ": expected an input of ids (integers 0 ... ", options_.input_dim - 1,
        "), received ", x.type().ToString(), " that a layer computed; ids come from the model's input"))};
  }
  const bool indexes = x.dtype() == DType::kInt32 || x.dtype() == DType::kInt64;
  if (options_.mask_zero) context.SetMask(NotEqual(x, 0));
  return {Gather(context.Weight("embeddings"), indexes ? x : Cast(x, DType::kInt32))};
}

}  // namespace weft
