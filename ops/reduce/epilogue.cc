// reduce_epilogue: a sum and an elementwise program on it.
#include <algorithm>
#include <utility>

#include "core/buffer.h"
#include "core/status.h"
#include "graph/exec/kernel.h"
#include "graph/exec/reference.h"
#include "ops/elementwise/body.h"
#include "ops/elementwise/row_epilogue.h"
#include "ops/reduce/op_defs.h"
#include "ops/reduce/reduction.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;

absl::StatusOr<Types> Infer(absl::Span<const TensorType> in, const AttrMap& attrs) {
  WEFT_ASSIGN_OR_RETURN(const TensorType sum, ReducedType(in[0], attrs));
  if (sum.dtype == DType::kBool) return InvalidArgument("expected a number type, got ", in[0].ToString());
  return InferRowEpilogue(sum, in.subspan(1), attrs, {"the sum", "operand", "the sum's "});
}

absl::Status Reference(ReferenceArgs& args) {
  std::vector<RefTensor> inputs(args.inputs.begin(), args.inputs.end());
  const RefTensor& x = args.inputs[0];
  RefTensor& sum = inputs[0];
  sum.dims = args.outputs[0].dims;
  sum.f.assign(x.is_float() ? NumElements(sum.dims) : 0, 0.0);
  sum.i.assign(x.is_float() ? 0 : NumElements(sum.dims), 0);
  ReduceReference(Reduction::kSum, x, args.attrs, sum);
  if (sum.dtype == DType::kFloat32) {
    for (double& v : sum.f) v = static_cast<float>(v);  // as if it were a node of its own
  }
  const Dims dims = sum.dims;
  return RunBodyReference(*args.attrs.Function("body"), inputs, dims, args.outputs);
}

// Tile by tile: the sums are computed into the epilogue's room for them.
class EpilogueKernel : public Kernel {
 public:
  EpilogueKernel(RowEpilogue epilogue, const KernelRequest& request)
      : epilogue_(std::move(epilogue)),
        sums_(Reduction::kSum, request.inputs[0].dims, request.attrs, request.target.isa) {
    const int64_t grain = TileProgram::kGrain;
    const int64_t grains = std::max<int64_t>(1, (sums_.results() + grain - 1) / grain);
    const TileProgram& program = epilogue_.program();
    estimated_ns_ =
        40 + sums_.estimated_ns() + static_cast<double>(grains * grain) * program.NsPerElement(request.target.isa);
    shares_ = ChooseShares(request.target, estimated_ns_, grains);
    tile_ = std::min(program.TileElements(request.target.l1_bytes), std::max<int64_t>(1, grains / shares_) * grain);
    scratch_bytes_ = epilogue_.ScratchBytes(tile_);
  }

  void Run(const KernelArgs& args, int share) const override {
    const Range range = ShareOf(sums_.results(), TileProgram::kGrain, share, shares_);
    if (range.begin >= range.end) return;
    const RowEpilogue::Call call(epilogue_, args, tile_, args.scratch);
    float* sums = call.room();
    for (int64_t begin = range.begin; begin < range.end; begin += tile_) {
      const int64_t n = std::min(tile_, range.end - begin);
      sums_.Run(static_cast<const float*>(args.inputs[0]), {begin, begin + n}, sums);
      std::fill(sums + n, sums + RoundUp(n, TileProgram::kGrain), 0.0f);
      call.Run(sums, begin, n);
    }
  }

  bool MayAlias(int output, int input) const override { return input > 0 && epilogue_.MayAlias(output, input - 1); }

 private:
  const RowEpilogue epilogue_;
  const F32Reduction sums_;
  int64_t tile_ = TileProgram::kGrain;
};

absl::StatusOr<std::unique_ptr<Kernel>> MakeEpilogueKernel(const KernelRequest& request) {
  if (request.inputs[0].dtype != DType::kFloat32) return nullptr;
  absl::StatusOr<RowEpilogue> epilogue = RowEpilogue::Create(request, 1);
  if (absl::IsUnimplemented(epilogue.status())) return nullptr;  // the reference runs
  WEFT_RETURN_IF_ERROR(epilogue.status());
  return std::make_unique<EpilogueKernel>(*std::move(epilogue), request);
}

}  // namespace

OpDef ReduceEpilogueOp() {
  OpDef def;
  def.name = "reduce_epilogue";
  def.family = "reduce";
  def.doc =
      "reduce_sum and an elementwise program on its result: y = body(reduce_sum(x), extras...), one output per output "
      "of the body, each of the sum's shape, to which the extras broadcast. The same bits as the separate ops.";
  def.inputs = {"x", "extras..."};
  def.attrs = {{"axes", AttrKind::kInts, std::nullopt, "As in reduce_sum."},
               {"keepdims", AttrKind::kBool, false, "As in reduce_sum."},
               {"body", AttrKind::kFunction, std::nullopt,
                "A function over scalars: input 0 is an element of the sum, the others one of each extra."}};
  def.infer = Infer;
  def.reference = Reference;
  def.kernel = MakeEpilogueKernel;
  def.is_fused = true;
  def.flops = [](absl::Span<const ConcreteType> in, absl::Span<const ConcreteType> out, const AttrMap& attrs) {
    const double sums = static_cast<double>(NumElements(in[0].dims));
    const GraphPtr& body = attrs.Function("body");
    return sums + (body == nullptr ? 0 : static_cast<double>(NumElements(out[0].dims)) * body->num_nodes());
  };
  return def;
}

}  // namespace weft
