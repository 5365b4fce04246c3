// Plans for concrete dims. Private to ops/conv.
#ifndef WEFT_OPS_CONV_CONV_GEOMETRY_H_
#define WEFT_OPS_CONV_CONV_GEOMETRY_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "ops/conv/conv_plan.h"
#include "ops/conv/conv_type.h"

namespace weft::conv {

// A plan and what it points to. Not to be copied.
struct PlannedConv {
  ConvPlan plan;
  std::vector<Taps> vertical, horizontal;
  std::vector<int64_t> first_rows, taps;
  std::vector<Panel> panels;
};
struct PlannedKernelGradient {
  KernelGradientPlan plan;
  std::vector<int64_t> offsets;
  std::vector<int32_t> table;
};

// All but what depends on the epilogue (consume, block_elements, pool, keep), and Finish.
// `keep_rows`: the result keeps its rows, even where a product of matrices could do without.
std::unique_ptr<PlannedConv> PlanConv(const ConvDims& dims, bool keep_rows = false);
std::unique_ptr<PlannedConv> PlanInputGradient(const ConvDims& dims);
// To be called once, when the rest is set.
void Finish(PlannedConv* planned);

// Finished, for so many shares. Null: a strip is too long for its table. `consume_sums` may be null. `pooled`: dy is
// given by its maxima.
std::unique_ptr<PlannedKernelGradient> PlanKernelGradient(const ConvDims& dims, int64_t shares,
                                                          dense::BlockFn consume_sums, bool pooled = false);

}  // namespace weft::conv

#endif  // WEFT_OPS_CONV_CONV_GEOMETRY_H_
