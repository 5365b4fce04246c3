// The gradient of a loop. It is a loop in the other direction:
//
//   forward (again, now stacking the carries that enter each step):   (c, ys, cs) = scan(init, xs)
//   backward, from the last step to the first:
//       (dc, dk) carried;  per step: c = cs[t], x = xs[t], dy = dys[t]
//       (dc, dx, dk') = vjp(body)(c, x, k; dc, dy);   dk += dk'
//       stacked result: dx
//
// Each step computes its body again rather than keep every intermediate value: memory is the carries alone, and as the
// result is an ordinary Scan it can be differentiated again. The two forward loops have equal operands; the cse pass
// merges them into one.
#ifndef WEFT_GRAPH_AUTODIFF_SCAN_GRADIENT_H_
#define WEFT_GRAPH_AUTODIFF_SCAN_GRADIENT_H_

#include <vector>

#include "graph/autodiff/gradient_args.h"

namespace weft {

// As OpDef::gradient; errors are left in the builder.
std::vector<Value> ScanGradient(const Node& node, const GradientArgs& args);

}  // namespace weft

#endif  // WEFT_GRAPH_AUTODIFF_SCAN_GRADIENT_H_
