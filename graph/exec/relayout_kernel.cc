#include "graph/exec/relayout_kernel.h"

#include <cstring>

#include "core/status.h"

namespace weft {
namespace {

class RelayoutKernel final : public Kernel {
 public:
  RelayoutKernel(const ConcreteType& from, const ConcreteType& to, int64_t bytes)
      : from_(from), to_(to), bytes_(bytes) {
    constexpr double kBytesPerNs = 4;
    estimated_ns_ = 50 + static_cast<double>(bytes) / kBytesPerNs;
  }

  void Run(const KernelArgs& args, int) const override {
    if (bytes_ == 0) return;
    if (from_.layout == to_.layout) {
      std::memcpy(args.outputs[0], args.inputs[0], bytes_);
    } else if (from_.layout == Layout::kRowMajor) {
      PackLayout(to_.dtype, to_.dims, to_.layout, args.inputs[0], args.outputs[0]);
    } else {
      UnpackLayout(from_.dtype, from_.dims, from_.layout, args.inputs[0], args.outputs[0]);
    }
  }

 private:
  ConcreteType from_, to_;
  int64_t bytes_;  // of the elements; of the whole storage where both are in one packed layout
};

}  // namespace

absl::StatusOr<std::unique_ptr<Kernel>> MakeRelayoutKernel(const KernelRequest& request) {
  if (request.inputs.size() != 1 || request.outputs.size() != 1) return Internal("relayout takes one operand");
  const ConcreteType &from = request.inputs[0], &to = request.outputs[0];
  if (from.dtype != to.dtype || from.dims != to.dims) return Internal("relayout changes more than the layout");
  if (from.layout != to.layout && from.layout != Layout::kRowMajor && to.layout != Layout::kRowMajor) {
    return Unimplemented("relayout from ", Name(from.layout), " to ", Name(to.layout));
  }
  WEFT_ASSIGN_OR_RETURN(int64_t elements, StorageElements(from.dims, from.layout));
  return std::make_unique<RelayoutKernel>(from, to, elements * SizeOf(from.dtype));
}

}  // namespace weft
