#include "models/layers/additive_attention.h"

#include "models/layers/layers_util.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"

namespace weft {

AdditiveAttentionLayer::AdditiveAttentionLayer(AdditiveAttentionOptions options)
    : AttentionBase(options.dropout, options.seed), use_scale_(options.use_scale) {
  name_ = std::move(options.name);
  trainable_ = options.trainable;
}

void AdditiveAttentionLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("use_scale", use_scale_);
  visitor.Field("dropout", dropout_);
  visitor.Field("seed", seed_);
}

absl::Status AdditiveAttentionLayer::AddWeights(WeightBuilder& weights, const Dim& dim) {
  if (!dim.is_constant()) {
    return InvalidArgument("the last axis of the query must have a known size, for the scale; received ",
                           dim.ToString());
  }
  if (use_scale_) weights.Add("scale", {dim}, "glorot_uniform");
  return absl::OkStatus();
}

Value AdditiveAttentionLayer::Scores(CallContext& context, Value query, Value key) const {
  Value terms = Tanh(Pairs(query, key));
  if (use_scale_) terms = terms * context.Weight("scale");
  return ReduceSum(terms, {.axes = {-1}});
}

}  // namespace weft
