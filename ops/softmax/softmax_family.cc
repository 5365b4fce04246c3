#include "ops/softmax/softmax_family.h"

#include <algorithm>

#include "core/status.h"
#include "ops/softmax/op_defs.h"
#include "ops/softmax/softmax.h"

namespace weft {
namespace {

Composition Activation(const char* name, Value (*record)(Value, int, SourceLocation), const char* doc) {
  Composition activation;
  activation.name = name;
  activation.family = "softmax";
  activation.is_activation = true;
  activation.args = {{"axis", AttrKind::kInt, int64_t{-1}, "The axis along which the results sum to 1."}};
  activation.record = [record](Value x, const AttrMap& args) {
    // No tensor has an axis beyond these; recording reports what is out of range for x.
    const int64_t axis = std::clamp<int64_t>(args.Int("axis"), -kMaxRank - 1, kMaxRank);
    return record(x, static_cast<int>(axis), SourceLocation::current());
  };
  activation.doc = doc;
  return activation;
}

}  // namespace

absl::Status AddSoftmaxFamily(OpRegistry& registry) {
  for (auto make : {SoftmaxOp, LogSoftmaxOp, SoftmaxCrossEntropyOp, SparseSoftmaxCrossEntropyOp}) {
    WEFT_RETURN_IF_ERROR(registry.Add(make()));
  }
  WEFT_RETURN_IF_ERROR(registry.Add(Activation("softmax", Softmax, "exp(x) / sum(exp(x)) along `axis`.")));
  return registry.Add(Activation("log_softmax", LogSoftmax, "log(softmax(x)) along `axis`."));
}

}  // namespace weft
