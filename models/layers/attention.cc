#include "models/layers/attention.h"

#include "models/layers/layers_util.h"
#include "ops/dense/dense.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"

namespace weft {

AttentionLayer::AttentionLayer(AttentionOptions options)
    : AttentionBase(options.dropout, options.seed),
      use_scale_(options.use_scale),
      score_mode_(std::move(options.score_mode)) {
  name_ = std::move(options.name);
  trainable_ = options.trainable;
}

void AttentionLayer::VisitConfig(ConfigVisitor& visitor) {
  VisitLayer(visitor);
  visitor.Field("use_scale", use_scale_);
  visitor.Field("score_mode", score_mode_);
  visitor.Field("dropout", dropout_);
  visitor.Field("seed", seed_);
}

absl::Status AttentionLayer::AddWeights(WeightBuilder& weights, const Dim& dim) {
  static_cast<void>(dim);
  if (score_mode_ != "dot" && score_mode_ != "concat") {
    return InvalidArgument("score_mode: expected dot or concat, received '", score_mode_, "'");
  }
  if (use_scale_) weights.Add("scale", {}, "ones");
  if (score_mode_ == "concat") weights.Add("concat_score_weight", {}, "ones");
  return absl::OkStatus();
}

Value AttentionLayer::Scores(CallContext& context, Value query, Value key) const {
  if (score_mode_ == "dot") {
    const Value scores = MatMul(query, key, {.transpose_b = true});
    return use_scale_ ? scores * context.Weight("scale") : scores;
  }
  Value pairs = Pairs(query, key);
  if (use_scale_) pairs = pairs * context.Weight("scale");
  return ReduceSum(Tanh(pairs), {.axes = {-1}}) * context.Weight("concat_score_weight");
}

}  // namespace weft
