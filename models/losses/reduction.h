// How the losses of samples become one number.
#ifndef WEFT_MODELS_LOSSES_REDUCTION_H_
#define WEFT_MODELS_LOSSES_REDUCTION_H_

#include <string>

#include "absl/status/status.h"
#include "graph/ir/builder.h"
#include "models/config.h"

namespace weft {

// InvalidArgument unless it is one of Loss::reduction().
absl::Status CheckReduction(absl::string_view reduction);

// The key "reduction" of a loss; null stands for "none".
void VisitReduction(ConfigVisitor& visitor, std::string& reduction);

// `values` (one per sample, or per sample and position) times sample_weight (absent: 1; a weight of fewer dims counts
// for all positions of its sample), reduced:
//   sum_over_batch_size, mean   sum(values * w) / number of values
//   sum                         sum(values * w)
//   mean_with_sample_weight     sum(values * w) / sum(w), 0 where that sum is 0
//   none                        values * w
Value ReduceLoss(GraphBuilder& builder, Value values, Value sample_weight, const std::string& reduction);

}  // namespace weft

#endif  // WEFT_MODELS_LOSSES_REDUCTION_H_
