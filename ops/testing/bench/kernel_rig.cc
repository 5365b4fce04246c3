#include "ops/testing/bench/kernel_rig.h"

#include "absl/strings/str_cat.h"
#include "core/layout.h"
#include "core/status.h"
#include "graph/ir/builder.h"

namespace weft {

absl::StatusOr<void*> KernelRig::NewMemory(const ConcreteType& type, float low) {
  WEFT_ASSIGN_OR_RETURN(const int64_t bytes, StorageBytes(type.dtype, type.dims, type.layout));
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<Buffer> buffer, Buffer::Allocate(bytes));
  std::vector<float> values(static_cast<size_t>(NumElements(type.dims)));
  uint32_t state = 12345u + static_cast<uint32_t>(buffers_.size());
  for (float& v : values) v = static_cast<float>((state = state * 1664525u + 1013904223u) >> 8) * 0x1p-24f + low;
  PackLayout(type.dtype, type.dims, type.layout, values.data(), buffer->data());
  bytes_ += NumElements(type.dims) * int64_t{sizeof(float)};
  buffers_.push_back(std::move(buffer));
  return buffers_.back()->data();
}

absl::StatusOr<std::unique_ptr<KernelRig>> KernelRig::Make(const OpRegistry& registry, const RigSpec& spec,
                                                           const Target& target) {
  GraphBuilder builder(registry);
  std::vector<Value> values;
  for (const TensorType& type : spec.inputs) {
    values.push_back(builder.Input(absl::StrCat("x", values.size()), type));
  }
  const std::vector<Value> results = builder.Record(spec.op, values, spec.attrs, SourceLocation::current());
  for (size_t k = 0; k < results.size(); ++k) builder.Output(absl::StrCat("y", k), results[k]);
  WEFT_ASSIGN_OR_RETURN(const GraphPtr graph, builder.Build());
  const Node& node = graph->producer(graph->outputs()[0].value);
  std::vector<ConcreteType> in, out;
  for (ValueId v : node.inputs) {
    WEFT_ASSIGN_OR_RETURN(ConcreteType type, Bind(graph->type(v), {}));
    if (type.dtype != DType::kFloat32) return Unimplemented("a rig's operands are f32, not ", Name(type.dtype));
    in.push_back(std::move(type));
  }
  for (int k = 0; k < node.num_outputs; ++k) {
    WEFT_ASSIGN_OR_RETURN(ConcreteType type, Bind(graph->type(node.first_output + k), {}));
    if (type.dtype != DType::kFloat32) return Unimplemented("a rig's results are f32, not ", Name(type.dtype));
    out.push_back(std::move(type));
  }
  std::unique_ptr<KernelRig> rig(new KernelRig());
  rig->name_ = spec.name;
  rig->flops_ = spec.flops > 0 || node.op->flops == nullptr ? spec.flops : node.op->flops(in, out, *node.attrs);
  WEFT_ASSIGN_OR_RETURN(rig->kernel_, MakeKernel({*node.op, *node.attrs, in, out, {}, target}));
  rig->inputs_.resize(in.size());
  rig->outputs_.resize(out.size());
  for (size_t i = 0; i < in.size(); ++i) {
    for (const auto& [a, b] : spec.same_inputs) {
      if (a == static_cast<int>(i)) rig->inputs_[i] = rig->inputs_[b];
    }
    if (rig->inputs_[i] != nullptr) continue;
    WEFT_ASSIGN_OR_RETURN(rig->inputs_[i], rig->NewMemory(in[i], spec.low));
  }
  for (const auto& [k, i] : spec.outputs_in_place) rig->outputs_[k] = const_cast<void*>(rig->inputs_[i]);
  for (size_t k = 0; k < out.size(); ++k) {
    if (rig->outputs_[k] != nullptr) continue;
    WEFT_ASSIGN_OR_RETURN(rig->outputs_[k], rig->NewMemory(out[k], spec.low));
  }
  for (int s = 0; s < rig->shares(); ++s) {
    WEFT_ASSIGN_OR_RETURN(std::shared_ptr<Buffer> buffer, Buffer::Allocate(rig->kernel_->scratch_bytes()));
    rig->scratch_.push_back(buffer->data());
    rig->buffers_.push_back(std::move(buffer));
  }
  return rig;
}

void KernelRig::Run(ThreadPool& pool) {
  if (kernel_->shares() == 1) {
    kernel_->Run({inputs_.data(), outputs_.data(), scratch_[0]}, 0);
    return;
  }
  pool.Run(kernel_->shares(), [this](int share) {
    kernel_->Run({inputs_.data(), outputs_.data(), scratch_[share]}, share);
  });
}

}  // namespace weft
