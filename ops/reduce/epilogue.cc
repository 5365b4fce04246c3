// reduce_epilogue: a sum and an elementwise program on it.
#include <algorithm>
#include <cstring>
#include <utility>

#include "core/buffer.h"
#include "core/status.h"
#include "graph/exec/kernel.h"
#include "graph/exec/reference.h"
#include "ops/elementwise/body.h"
#include "ops/elementwise/operand_view.h"
#include "ops/elementwise/tile_program.h"
#include "ops/reduce/op_defs.h"
#include "ops/reduce/reduction.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;

absl::StatusOr<Types> Infer(absl::Span<const TensorType> in, const AttrMap& attrs) {
  WEFT_ASSIGN_OR_RETURN(const TensorType sum, ReducedType(in[0], attrs));
  if (sum.dtype == DType::kBool) return InvalidArgument("expected a number type, got ", in[0].ToString());
  const GraphPtr& body = attrs.Function("body");
  if (body == nullptr) return InvalidArgument("attribute body: expected a function");
  WEFT_RETURN_IF_ERROR(Annotate(CheckBody(*body), "attribute body"));
  if (body->inputs().size() != in.size()) {
    return InvalidArgument("attribute body: expected ", in.size(), " inputs (the sum, and one per extra operand), got ",
                           body->inputs().size());
  }
  for (size_t i = 0; i < in.size(); ++i) {
    const TensorType& given = i == 0 ? sum : in[i];
    const DType wanted = body->type(body->inputs()[i]).dtype;
    if (given.dtype != wanted) {
      return InvalidArgument("input ", i, " of the body: expected ", Name(wanted), ", got ", given.ToString());
    }
    const absl::StatusOr<Shape> broadcast = BroadcastShapes(sum.shape, given.shape);
    if (!broadcast.ok() || *broadcast != sum.shape || given.layout != Layout::kRowMajor) {
      return InvalidArgument("operand ", i, ": expected a row-major tensor that broadcasts to the sum's ",
                             sum.shape.ToString(), ", got ", given.ToString());
    }
  }
  Types types;
  for (const Graph::Output& output : body->outputs()) types.push_back({body->type(output.value).dtype, sum.shape});
  return types;
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

// Tile by tile: the sums are computed into the program's room for its first input.
class EpilogueKernel : public Kernel {
 public:
  EpilogueKernel(TileProgram program, const KernelRequest& request)
      : program_(std::move(program)),
        sums_(Reduction::kSum, request.inputs[0].dims, request.attrs, request.target.isa) {
    const int64_t n = sums_.results(), grain = TileProgram::kGrain;
    const int64_t grains = std::max<int64_t>(1, (n + grain - 1) / grain);
    for (const ConcreteType& extra : request.inputs.subspan(1)) {
      const int64_t size = SizeOf(extra.dtype);
      extras_.push_back(n == 0 ? OperandView::Scalar(size) : OperandView(extra.dims, request.outputs[0].dims, size));
    }
    for (const ConcreteType& output : request.outputs) output_sizes_.push_back(SizeOf(output.dtype));
    estimated_ns_ =
        40 + sums_.estimated_ns() + static_cast<double>(grains * grain) * program_.NsPerElement(request.target.isa);
    shares_ = ChooseShares(request.target, estimated_ns_, grains);
    tile_ = std::min(program_.TileElements(request.target.l1_bytes), std::max<int64_t>(1, grains / shares_) * grain);
    pointers_at_ = program_.ScratchBytes(tile_);
    scratch_bytes_ =
        pointers_at_ +
        RoundUp(static_cast<int64_t>((1 + extras_.size() + output_sizes_.size()) * sizeof(void*)), kAlignment);
  }

  void Run(const KernelArgs& args, int share) const override {
    const Range range = ShareOf(sums_.results(), TileProgram::kGrain, share, shares_);
    if (range.begin >= range.end) return;
    TileRunner runner(program_, tile_, args.scratch);
    for (size_t i = 0; i < extras_.size(); ++i) {
      if (extras_[i].kind() == OperandView::Kind::kScalar) {
        runner.SetScalar(static_cast<int>(i) + 1, args.inputs[i + 1]);
      }
    }
    for (int64_t begin = range.begin; begin < range.end; begin += tile_) {
      RunTile(args, runner, begin, std::min(tile_, range.end - begin));
    }
  }

  // An extra of the full shape: a tile of it is read before the results there are written.
  bool MayAlias(int output, int input) const override {
    return input > 0 && extras_[input - 1].element_size() == output_sizes_[output] &&
           extras_[input - 1].kind() == OperandView::Kind::kContiguous;
  }

 private:
  void RunTile(const KernelArgs& args, const TileRunner& runner, int64_t begin, int64_t n) const {
    const int64_t whole = RoundUp(n, TileProgram::kGrain);
    void** out = reinterpret_cast<void**>(args.scratch + pointers_at_);
    const void** in = const_cast<const void**>(out + output_sizes_.size());
    float* sums = reinterpret_cast<float*>(runner.input_tile(0));
    sums_.Run(static_cast<const float*>(args.inputs[0]), {begin, begin + n}, sums);
    std::fill(sums + n, sums + whole, 0.0f);
    in[0] = sums;
    for (size_t i = 0; i < extras_.size(); ++i) {
      const OperandView& extra = extras_[i];
      const int64_t size = extra.element_size();
      if (extra.kind() == OperandView::Kind::kScalar) {
        in[i + 1] = nullptr;
      } else if (extra.kind() == OperandView::Kind::kContiguous && n == whole) {
        in[i + 1] = static_cast<const std::byte*>(args.inputs[i + 1]) + begin * size;
      } else {
        std::byte* room = runner.input_tile(static_cast<int>(i) + 1);
        extra.Gather(args.inputs[i + 1], begin, n, room);
        std::memset(room + n * size, 0, (whole - n) * size);
        in[i + 1] = room;
      }
    }
    for (size_t k = 0; k < output_sizes_.size(); ++k) {
      std::byte* to = static_cast<std::byte*>(args.outputs[k]) + begin * output_sizes_[k];
      out[k] = n == whole ? to : runner.output_tile(static_cast<int>(k));
    }
    runner.Run(in, out, whole);
    if (n == whole) return;
    for (size_t k = 0; k < output_sizes_.size(); ++k) {
      std::memcpy(static_cast<std::byte*>(args.outputs[k]) + begin * output_sizes_[k], out[k], n * output_sizes_[k]);
    }
  }

  const TileProgram program_;
  const F32Reduction sums_;
  std::vector<OperandView> extras_;
  std::vector<int64_t> output_sizes_;  // of an element
  int64_t tile_ = TileProgram::kGrain;
  int64_t pointers_at_ = 0;  // in the scratch memory, behind the runner's: the pointers handed to it
};

absl::StatusOr<std::unique_ptr<Kernel>> MakeEpilogueKernel(const KernelRequest& request) {
  if (request.inputs[0].dtype != DType::kFloat32) return nullptr;
  absl::StatusOr<TileProgram> program = TileProgram::Create(*request.attrs.Function("body"), request.target.isa);
  if (absl::IsUnimplemented(program.status())) return nullptr;  // the reference runs
  WEFT_RETURN_IF_ERROR(program.status());
  return std::make_unique<EpilogueKernel>(*std::move(program), request);
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
