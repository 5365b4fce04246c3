// max_pool2d_gradient_epilogue, average_pool2d_gradient_epilogue: a pooling's gradient and an elementwise program on
// it, which is what stands between a pooling and the convolution in front of it (relu's mask, a normalization).
#include <algorithm>
#include <utility>

#include "core/buffer.h"
#include "core/status.h"
#include "graph/exec/kernel.h"
#include "graph/exec/reference.h"
#include "ops/elementwise/body.h"
#include "ops/elementwise/row_epilogue.h"
#include "ops/pool/op_defs.h"
#include "ops/pool/pool_kernel.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;

// The pooling's operands come first.
int OperandsOf(Pooling pooling) { return pooling == Pooling::kMaxGradient ? 2 : 1; }
OpDef HostOf(Pooling pooling) {
  return pooling == Pooling::kMaxGradient ? MaxPool2DGradientOp() : AveragePool2DGradientOp();
}

absl::StatusOr<Types> Infer(const OpDef& host, absl::Span<const TensorType> in, const AttrMap& attrs) {
  const size_t operands = host.inputs.size();
  WEFT_ASSIGN_OR_RETURN(const Types dx, host.infer(in.subspan(0, operands), attrs));
  return InferRowEpilogue(dx[0], in.subspan(operands), attrs, {"the pooling's gradient", "extra operand", ""});
}

absl::Status Reference(const OpDef& host, ReferenceArgs& args) {
  const size_t operands = host.inputs.size();
  const Dims dims = args.outputs[0].dims;
  std::vector<RefTensor> inputs(1);
  inputs[0].dtype = args.inputs[0].dtype;
  inputs[0].dims = dims;
  inputs[0].f.assign(static_cast<size_t>(NumElements(dims)), 0.0);
  ReferenceArgs pooling{args.inputs.subspan(0, operands), args.attrs, args.bindings, absl::MakeSpan(inputs)};
  WEFT_RETURN_IF_ERROR(host.reference(pooling));
  if (inputs[0].dtype == DType::kFloat32) {
    for (double& v : inputs[0].f) v = static_cast<float>(v);  // as if it were a node of its own
  }
  inputs.insert(inputs.end(), args.inputs.begin() + static_cast<std::ptrdiff_t>(operands), args.inputs.end());
  return RunBodyReference(*args.attrs.Function("body"), inputs, dims, args.outputs);
}

// Region by region: some units of the gradient are computed into scratch memory, and the program passes over them tile
// by tile.
class EpilogueKernel : public Kernel {
 public:
  EpilogueKernel(Pooling pooling, RowEpilogue epilogue, const KernelRequest& request)
      : epilogue_(std::move(epilogue)),
        operands_(OperandsOf(pooling)),
        units_(pooling, request.inputs.subspan(0, operands_), {DType::kFloat32, request.outputs[0].dims}, request.attrs,
               request.target.isa) {
    const double elements = static_cast<double>(NumElements(request.outputs[0].dims));
    const TileProgram& program = epilogue_.program();
    const double bytes = units_.bytes() - 4.0 * elements + epilogue_.bytes();
    const double program_ns = elements * program.NsPerElement(request.target.isa);
    estimated_ns_ = 40 + std::max(units_.compute_ns() + program_ns, NsToMove(bytes, request.target));
    shares_ = ChooseShares(request.target, estimated_ns_, std::max<int64_t>(1, units_.units()));
    tile_ = program.TileElements(request.target.l1_bytes);
    region_units_ = std::max<int64_t>(1, kRegion / std::max<int64_t>(1, units_.largest_unit()));
    region_at_ = epilogue_.ScratchBytes(tile_);
    scratch_bytes_ = region_at_ + RoundUp(region_units_ * units_.largest_unit(), TileProgram::kGrain) *
                                      static_cast<int64_t>(sizeof(float));
  }

  void Run(const KernelArgs& args, int share) const override {
    const Range range = ShareOf(units_.units(), 1, share, shares_);
    const RowEpilogue::Call call(epilogue_, args, tile_, args.scratch);
    float* region = reinterpret_cast<float*>(args.scratch + region_at_);
    for (int64_t unit = range.begin; unit < range.end; unit += region_units_) {
      const Range units{unit, std::min(unit + region_units_, range.end)};
      const int64_t begin = units_.Begin(units.begin), n = units_.Begin(units.end) - begin;
      units_.Run(args.inputs, units, region);
      std::fill(region + n, region + RoundUp(n, TileProgram::kGrain), 0.0f);
      for (int64_t at = 0, step; at < n; at += step) {
        step = std::min(tile_, n - at);
        if (step > TileProgram::kGrain) step -= step % TileProgram::kGrain;  // the end goes through copies
        call.Run(region + at, begin + at, step);
      }
    }
  }

  // Extras of the full shape, and x where its bands are read before they are written: a region is read before it is
  // written, all but the tiles of extras, each of which is read before the same tile is written.
  bool MayAlias(int output, int input) const override {
    if (input == 0 && units_.may_write_over_x()) return epilogue_.output_size(output) == sizeof(float);
    return input >= static_cast<int>(operands_) && epilogue_.MayAlias(output, input - static_cast<int>(operands_));
  }

 private:
  // Elements of a region, where it has more than a unit: it stays in the first-level cache.
  static constexpr int64_t kRegion = 2048;

  const RowEpilogue epilogue_;
  const size_t operands_;
  const PoolF32Units units_;
  int64_t tile_ = TileProgram::kGrain, region_units_ = 1;
  int64_t region_at_ = 0;  // in the scratch memory, behind the epilogue's
};

absl::StatusOr<std::unique_ptr<Kernel>> MakeEpilogueKernel(Pooling pooling, const KernelRequest& request) {
  if (request.inputs[0].dtype != DType::kFloat32) return nullptr;
  absl::StatusOr<RowEpilogue> epilogue = RowEpilogue::Create(request, static_cast<size_t>(OperandsOf(pooling)));
  if (absl::IsUnimplemented(epilogue.status())) return nullptr;  // the reference runs
  WEFT_RETURN_IF_ERROR(epilogue.status());
  return std::make_unique<EpilogueKernel>(pooling, *std::move(epilogue), request);
}

OpDef Define(Pooling pooling) {
  OpDef host = HostOf(pooling);
  OpDef def;
  def.name = host.name + "_epilogue";
  def.family = "pool";
  def.doc = host.name +
            " and an elementwise program on its result: y = body(dx, extras...), one output per output of the body, "
            "each of dx's shape, to which the extras broadcast. The same bits as the separate ops.";
  def.inputs = host.inputs;
  def.inputs.push_back("extras...");
  def.attrs = host.attrs;
  def.attrs.push_back({"body", AttrKind::kFunction, std::nullopt,
                       "A function over scalars: input 0 is an element of dx, the others one of each extra."});
  def.infer = [host](absl::Span<const TensorType> in, const AttrMap& attrs) { return Infer(host, in, attrs); };
  def.reference = [host](ReferenceArgs& args) { return Reference(host, args); };
  def.kernel = [pooling](const KernelRequest& request) { return MakeEpilogueKernel(pooling, request); };
  def.is_fused = true;
  def.flops = [](absl::Span<const ConcreteType>, absl::Span<const ConcreteType> out, const AttrMap& attrs) {
    const GraphPtr& body = attrs.Function("body");
    return static_cast<double>(NumElements(out[0].dims)) * (1 + (body == nullptr ? 0 : body->num_nodes()));
  };
  return def;
}

}  // namespace

OpDef MaxPool2DGradientEpilogueOp() { return Define(Pooling::kMaxGradient); }
OpDef AveragePool2DGradientEpilogueOp() { return Define(Pooling::kAverageGradient); }

}  // namespace weft
