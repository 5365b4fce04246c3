#include "graph/passes/run_node.h"

#include <algorithm>
#include <cstring>

#include "core/buffer.h"
#include "core/simd/denormals.h"
#include "core/status.h"
#include "graph/exec/kernel.h"
#include "graph/exec/reference.h"

namespace weft {
namespace {

absl::StatusOr<std::vector<Tensor>> RunOnReference(const Node& node, absl::Span<const Tensor> inputs,
                                                   std::vector<Tensor> results, const SymbolBindings& bindings) {
  std::vector<RefTensor> in, out;
  for (const Tensor& tensor : inputs) in.push_back(ToRef(tensor));
  for (const Tensor& tensor : results) out.push_back(ToRef(tensor));
  ReferenceArgs args{in, *node.attrs, bindings, absl::MakeSpan(out)};
  WEFT_RETURN_IF_ERROR(node.op->reference(args));
  for (size_t i = 0; i < results.size(); ++i) {
    WEFT_ASSIGN_OR_RETURN(results[i], FromRef(out[i]));
  }
  return results;
}

}  // namespace

absl::StatusOr<std::vector<Tensor>> RunNode(const Graph& graph, const Node& node, absl::Span<const Tensor> inputs,
                                            const Target& target) {
  simd::ScopedFlushToZero flush;  // as in a run: the reference rounds and reads denormals under it, too
  const SymbolBindings none;
  std::vector<ConcreteType> in_types, out_types;
  std::vector<Tensor> results;
  for (ValueId input : node.inputs) {
    WEFT_ASSIGN_OR_RETURN(ConcreteType type, Bind(graph.type(input), none));
    in_types.push_back(std::move(type));
  }
  for (int i = 0; i < node.num_outputs; ++i) {
    WEFT_ASSIGN_OR_RETURN(ConcreteType type, Bind(graph.type(node.first_output + i), none));
    WEFT_ASSIGN_OR_RETURN(Tensor result, Tensor::Create(type.dtype, type.dims));
    out_types.push_back(std::move(type));
    results.push_back(std::move(result));
  }
  if (node.op->is_view) {
    if (results[0].num_bytes() > 0) std::memcpy(results[0].mutable_raw(), inputs[0].raw(), results[0].num_bytes());
    return results;
  }
  std::unique_ptr<Kernel> kernel;
  if (node.op->kernel != nullptr) {
    KernelRequest request{*node.op, *node.attrs, in_types, out_types, none, target};
    WEFT_ASSIGN_OR_RETURN(kernel, node.op->kernel(request));
  }
  if (kernel == nullptr) return RunOnReference(node, inputs, std::move(results), none);

  std::vector<const void*> in;
  std::vector<void*> out;
  for (const Tensor& tensor : inputs) in.push_back(tensor.raw());
  for (Tensor& tensor : results) out.push_back(tensor.mutable_raw());
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<Buffer> scratch,
                        Buffer::Allocate(std::max<int64_t>(kernel->scratch_bytes(), 1)));
  for (int share = 0; share < kernel->shares(); ++share) {
    kernel->Run({in.data(), out.data(), scratch->data()}, share);
  }
  return results;
}

}  // namespace weft
