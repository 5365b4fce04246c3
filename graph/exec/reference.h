// The reference: scalar, double, obvious, slow. Every op has one; every kernel and pass is tested against it, and
// float64 runs on it.
#ifndef WEFT_GRAPH_EXEC_REFERENCE_H_
#define WEFT_GRAPH_EXEC_REFERENCE_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/tensor.h"
#include "core/tensor_type.h"
#include "graph/ir/graph.h"

namespace weft {

// A tensor with its elements widened: floats to double (in `f`), everything else to int64 (in `i`). Row-major.
struct RefTensor {
  DType dtype = DType::kFloat32;
  Dims dims;
  std::vector<double> f;
  std::vector<int64_t> i;

  bool is_float() const { return IsFloat(dtype); }
  int64_t size() const { return static_cast<int64_t>(is_float() ? f.size() : i.size()); }
  // Element k as a double, whatever the dtype.
  double At(int64_t k) const { return is_float() ? f[k] : static_cast<double>(i[k]); }
  int64_t IntAt(int64_t k) const { return is_float() ? static_cast<int64_t>(f[k]) : i[k]; }
  void Set(int64_t k, double v) {
    if (is_float())
      f[k] = v;
    else
      i[k] = static_cast<int64_t>(v);
  }
};
RefTensor ToRef(const Tensor& tensor);
// Rounded to the dtype (float: nearest even; integers: wrapped to their width).
absl::StatusOr<Tensor> FromRef(const RefTensor& ref);

struct ReferenceArgs {
  absl::Span<const RefTensor> inputs;
  const AttrMap& attrs;
  const SymbolBindings& bindings;  // to evaluate dims in attributes
  absl::Span<RefTensor> outputs;   // dtype, dims set and storage zero-filled by the caller
};

// Runs a whole graph on the reference. Values of f32 type are rounded to float after each node if `round_f32`, else
// they stay double all the way (the oracle of kernels rounds; the numeric side of gradient checks does not).
// `variables`: contents by name. Results: outputs, then updates, in the graph's order.
struct ReferenceResult {
  std::vector<Tensor> outputs;
  std::vector<std::pair<std::string, Tensor>> updates;
};
struct ReferenceOptions {
  bool round_f32 = true;
};
absl::StatusOr<ReferenceResult> RunReference(const Graph& graph, absl::Span<const Tensor> inputs,
                                             const absl::flat_hash_map<std::string, Tensor>& variables = {},
                                             const ReferenceOptions& options = {});

}  // namespace weft

#endif  // WEFT_GRAPH_EXEC_REFERENCE_H_
