#include "graph/exec/reference_kernel.h"

#include <cstring>

#include "core/status.h"
#include "graph/exec/reference.h"

namespace weft {

ReferenceKernel::ReferenceKernel(const KernelRequest& request)
    : op_(request.op),
      attrs_(request.attrs),
      bindings_(request.bindings),
      inputs_(request.inputs.begin(), request.inputs.end()),
      outputs_(request.outputs.begin(), request.outputs.end()) {
  constexpr double kNsPerElement = 20;
  for (const ConcreteType& type : outputs_)
    estimated_ns_ += kNsPerElement * static_cast<double>(NumElements(type.dims));
}

absl::Status ReferenceKernel::RunOrFail(const KernelArgs& args) const {
  std::vector<RefTensor> inputs, outputs;
  for (size_t k = 0; k < inputs_.size(); ++k) {
    WEFT_ASSIGN_OR_RETURN(Tensor t, Tensor::Create(inputs_[k].dtype, inputs_[k].dims));
    if (t.num_elements() > 0) {
      UnpackLayout(t.dtype(), t.dims(), inputs_[k].layout, args.inputs[k], t.mutable_raw());
    }
    inputs.push_back(ToRef(t));
  }
  for (const ConcreteType& type : outputs_) {
    RefTensor ref;
    ref.dtype = type.dtype;
    ref.dims = type.dims;
    if (ref.is_float()) {
      ref.f.resize(NumElements(type.dims));
    } else {
      ref.i.resize(NumElements(type.dims));
    }
    outputs.push_back(std::move(ref));
  }
  ReferenceArgs reference_args{inputs, attrs_, bindings_, absl::MakeSpan(outputs)};
  WEFT_RETURN_IF_ERROR(Annotate(op_.reference(reference_args), absl::StrCat("reference of ", op_.name)));
  for (size_t k = 0; k < outputs_.size(); ++k) {
    WEFT_ASSIGN_OR_RETURN(Tensor t, FromRef(outputs[k]));
    if (t.dims() != outputs_[k].dims) {
      return Internal("reference of ", op_.name, ": result ", k, " came back as ", DimsToString(t.dims()),
                      ", expected ", DimsToString(outputs_[k].dims));
    }
    if (t.num_elements() == 0) continue;
    if (outputs_[k].layout == Layout::kRowMajor) {  // nothing behind the last element is touched
      std::memcpy(args.outputs[k], t.raw(), t.num_bytes());
    } else {
      PackLayout(t.dtype(), t.dims(), outputs_[k].layout, t.raw(), args.outputs[k]);
    }
  }
  return absl::OkStatus();
}

void ReferenceKernel::Run(const KernelArgs& args, int share) const {
  if (share != 0 || RunOrFail(args).ok()) return;
  for (size_t k = 0; k < outputs_.size(); ++k) {
    const ConcreteType& type = outputs_[k];
    if (type.layout == Layout::kRowMajor) {
      std::memset(args.outputs[k], 0, NumElements(type.dims) * SizeOf(type.dtype));
    } else if (absl::StatusOr<int64_t> bytes = StorageBytes(type.dtype, type.dims, type.layout); bytes.ok()) {
      std::memset(args.outputs[k], 0, *bytes);
    }
  }
}

}  // namespace weft
