// Test cases of ops, written once per op in its family folder (<family>/cases.cc) and consumed by: the gradient sweep
// (first and second order), the kernel tests (every ISA level, odd sizes, special values, against the reference), the
// file and text round trips, and the micro-benchmarks. An op of the registry without a case fails the sweep.
#ifndef WEFT_OPS_TESTING_OP_CASE_H_
#define WEFT_OPS_TESTING_OP_CASE_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "graph/ir/builder.h"

namespace weft {

struct CaseInput {
  DType dtype = DType::kFloat32;
  Dims dims;
  // Values are drawn uniformly from [low, high] (integers: inclusive; bool: 0 or 1) ...
  double low = -2, high = 2;
  // ... and stay `margin` away from these points (kinks and poles).
  std::vector<double> avoid = {};
  double margin = 0.05;
  // All elements differ by at least `margin` (max, argmax, sort).
  bool distinct = false;
};

struct OpCase {
  std::string op;    // the op of the registry that this case is for
  std::string name;  // unique within the op: "axis_1_keepdims"
  std::vector<CaseInput> inputs;
  // Records the op on Values of the inputs' types. In the gradient sweep every f32 input is f64.
  std::function<std::vector<Value>(GraphBuilder& builder, absl::Span<const Value> inputs)> record;
  // Kernel against reference: |kernel - reference| <= tolerance * 2^-23 * max(|reference element|, scale of the
  // tensor).
  double tolerance = 8;
  // Set where the kernel must equal the reference bit for bit (shape ops, comparisons, integer ops).
  bool bit_exact = false;
  // Also run with NaN, infinities, signed zeros, denormals and FLT_MAX sprinkled over the float inputs (elementwise
  // ops, max, min ...).
  bool special_values = false;
  // For ops whose second derivative is not to be checked numerically, with the reason.
  std::string no_second_order = {};
  // For ops whose gradient is zero by design although their value changes (stop_gradient): that is then what is
  // checked.
  bool gradient_is_zero = false;
};

// What a family's cases.cc defines: void Add<Family>Cases(std::vector<OpCase>& cases); ops/testing/all_cases.cc lists
// the families.

}  // namespace weft

#endif  // WEFT_OPS_TESTING_OP_CASE_H_
