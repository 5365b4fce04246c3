#include "ops/dense/testing/kernel_run.h"

#include <cstring>
#include <random>

#include "core/layout.h"
#include "core/status.h"
#include "graph/exec/kernel.h"
#include "graph/exec/reference.h"
#include "gtest/gtest.h"
#include "ops/dense/dense_family.h"
#include "ops/dense/testing/guarded.h"
#include "ops/elementwise/elementwise_family.h"
#include "ops/reduce/reduce_family.h"
#include "ops/shape/shape_family.h"

namespace weft {

const OpRegistry& DenseTestRegistry() {
  static const OpRegistry* registry = [] {
    auto* r = new OpRegistry();
    for (const absl::Status& status :
         {AddElementwiseFamily(*r), AddShapeFamily(*r), AddReduceFamily(*r), AddDenseFamily(*r)}) {
      EXPECT_TRUE(status.ok()) << status;
    }
    return r;
  }();
  return *registry;
}

namespace {

TensorType TypeOf(const RunSpec& spec, size_t i) {
  const Tensor& t = spec.inputs[i];
  return {t.dtype(), Shape::FromDims(t.dims()), i < spec.layouts.size() ? spec.layouts[i] : Layout::kRowMajor};
}

// The op's node on inputs of the tensors' types: attributes complete, types inferred.
struct Recorded {
  GraphPtr graph;
  const Node& node() const { return graph->producer(graph->outputs()[0].value); }
};
absl::StatusOr<Recorded> RecordOp(const RunSpec& spec) {
  GraphBuilder builder(DenseTestRegistry());
  std::vector<Value> inputs;
  for (size_t i = 0; i < spec.inputs.size(); ++i)
    inputs.push_back(builder.Input(absl::StrCat("x", i), TypeOf(spec, i)));
  const std::vector<Value> outputs = builder.Record(spec.op, inputs, spec.attrs, SourceLocation::current());
  for (size_t k = 0; k < outputs.size(); ++k) builder.Output(absl::StrCat("y", k), outputs[k]);
  WEFT_ASSIGN_OR_RETURN(GraphPtr graph, builder.Build());
  return Recorded{std::move(graph)};
}

}  // namespace

absl::StatusOr<std::vector<Tensor>> RunKernel(const RunSpec& spec, const Target& target) {
  WEFT_ASSIGN_OR_RETURN(const Recorded recorded, RecordOp(spec));
  const Node& node = recorded.node();
  std::vector<ConcreteType> input_types, output_types;
  for (ValueId v : node.inputs) {
    WEFT_ASSIGN_OR_RETURN(ConcreteType type, Bind(recorded.graph->type(v), {}));
    input_types.push_back(std::move(type));
  }
  for (int k = 0; k < node.num_outputs; ++k) {
    WEFT_ASSIGN_OR_RETURN(ConcreteType type, Bind(recorded.graph->type(node.first_output + k), {}));
    output_types.push_back(std::move(type));
  }
  const SymbolBindings bindings;
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<Kernel> kernel,
                        MakeKernel(KernelRequest{*node.op, *node.attrs, input_types, output_types, bindings, target}));
  if (IsReferenceKernel(*kernel)) return Internal("there is no kernel");

  const auto storage = [](const ConcreteType& type) {
    return *StorageElements(type.dims, type.layout) * SizeOf(type.dtype);
  };
  std::vector<Guarded<std::byte>> buffers, results;
  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  for (size_t i = 0; i < spec.inputs.size(); ++i) {
    std::vector<std::byte> packed(*StorageBytes(input_types[i].dtype, input_types[i].dims, input_types[i].layout));
    PackLayout(input_types[i].dtype, input_types[i].dims, input_types[i].layout, spec.inputs[i].raw(), packed.data());
    packed.resize(storage(input_types[i]));
    buffers.emplace_back(packed);
    inputs.push_back(buffers.back().data());
  }
  for (size_t k = 0; k < output_types.size(); ++k) {
    results.emplace_back(storage(output_types[k]));
    outputs.push_back(results.back().data());
  }
  for (const auto& [output, input] : spec.in_place) {
    if (!kernel->MayAlias(output, input)) return Internal("MayAlias(", output, ", ", input, ") is false");
    outputs[output] = buffers[input].data();
  }
  for (int share = 0; share < kernel->shares(); ++share) {
    Guarded<std::byte> scratch(kernel->scratch_bytes());
    kernel->Run({inputs.data(), outputs.data(), scratch.data()}, share);
    if (!scratch.Intact()) return Internal("share ", share, " of ", kernel->shares(), " wrote outside its scratch");
  }
  for (const Guarded<std::byte>& buffer : buffers) {
    if (!buffer.Intact()) return Internal("the kernel wrote outside an operand");
  }
  std::vector<Tensor> tensors;
  for (size_t k = 0; k < output_types.size(); ++k) {
    if (!results[k].Intact()) return Internal("the kernel wrote outside result ", k);
    const ConcreteType& type = output_types[k];
    WEFT_ASSIGN_OR_RETURN(Tensor t, Tensor::Create(type.dtype, type.dims));
    UnpackLayout(type.dtype, type.dims, type.layout, outputs[k], t.mutable_raw());
    std::vector<std::byte> again(*StorageBytes(type.dtype, type.dims, type.layout));
    PackLayout(type.dtype, type.dims, type.layout, t.raw(), again.data());
    if (!again.empty() && std::memcmp(again.data(), outputs[k], storage(type)) != 0)
      return Internal("padding of result ", k, " is not 0");
    tensors.push_back(std::move(t));
  }
  return tensors;
}

absl::StatusOr<std::vector<Tensor>> RunOpReference(const RunSpec& spec) {
  WEFT_ASSIGN_OR_RETURN(const Recorded recorded, RecordOp(spec));
  WEFT_ASSIGN_OR_RETURN(ReferenceResult result, RunReference(*recorded.graph, spec.inputs));
  return std::move(result.outputs);
}

}  // namespace weft
