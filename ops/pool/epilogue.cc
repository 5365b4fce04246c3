// max_pool2d_gradient_epilogue, average_pool2d_gradient_epilogue: a pooling's gradient and an elementwise program on
// it, which is what stands between a pooling and the convolution in front of it (relu's mask, a normalization).
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
  const GraphPtr& body = attrs.Function("body");
  if (body == nullptr) return InvalidArgument("attribute body: expected a function");
  WEFT_RETURN_IF_ERROR(Annotate(CheckBody(*body), "attribute body"));
  if (body->inputs().size() != in.size() - operands + 1) {
    return InvalidArgument("attribute body: expected ", in.size() - operands + 1,
                           " inputs (the pooling's gradient, and one per extra operand), got ", body->inputs().size());
  }
  for (size_t i = 0; i < body->inputs().size(); ++i) {
    const TensorType& given = i == 0 ? dx[0] : in[operands + i - 1];
    const DType wanted = body->type(body->inputs()[i]).dtype;
    if (given.dtype != wanted) {
      return InvalidArgument("input ", i, " of the body: expected ", Name(wanted), ", got ", given.ToString());
    }
    const absl::StatusOr<Shape> broadcast = BroadcastShapes(dx[0].shape, given.shape);
    if (!broadcast.ok() || *broadcast != dx[0].shape || given.layout != Layout::kRowMajor) {
      return InvalidArgument("extra operand ", i, ": expected a row-major tensor that broadcasts to ",
                             dx[0].shape.ToString(), ", got ", given.ToString());
    }
  }
  Types types;
  for (const Graph::Output& output : body->outputs()) types.push_back({body->type(output.value).dtype, dx[0].shape});
  return types;
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
  EpilogueKernel(Pooling pooling, TileProgram program, const KernelRequest& request)
      : program_(std::move(program)),
        operands_(OperandsOf(pooling)),
        units_(pooling, request.inputs.subspan(0, operands_), {DType::kFloat32, request.outputs[0].dims}, request.attrs,
               request.target.isa) {
    const Dims& dims = request.outputs[0].dims;
    const int64_t elements = NumElements(dims), grain = TileProgram::kGrain;
    double bytes = units_.bytes() - 4.0 * static_cast<double>(elements);
    for (const ConcreteType& extra : request.inputs.subspan(operands_)) {
      const int64_t size = SizeOf(extra.dtype);
      extras_.push_back(elements == 0 ? OperandView::Scalar(size) : OperandView(extra.dims, dims, size));
      bytes += static_cast<double>(size * NumElements(extra.dims));
    }
    for (const ConcreteType& output : request.outputs) {
      output_sizes_.push_back(SizeOf(output.dtype));
      bytes += static_cast<double>(SizeOf(output.dtype) * elements);
    }
    const double program_ns = static_cast<double>(elements) * program_.NsPerElement(request.target.isa);
    estimated_ns_ = 40 + std::max(units_.compute_ns() + program_ns, NsToMove(bytes, request.target));
    shares_ = ChooseShares(request.target, estimated_ns_, std::max<int64_t>(1, units_.units()));
    tile_ = program_.TileElements(request.target.l1_bytes);
    region_units_ = std::max<int64_t>(1, kRegion / std::max<int64_t>(1, units_.largest_unit()));
    region_at_ = program_.ScratchBytes(tile_);
    const int64_t region = RoundUp(region_units_ * units_.largest_unit(), grain) * static_cast<int64_t>(sizeof(float));
    pointers_at_ = region_at_ + region;
    scratch_bytes_ =
        pointers_at_ +
        RoundUp(static_cast<int64_t>((1 + extras_.size() + output_sizes_.size()) * sizeof(void*)), kAlignment);
  }

  void Run(const KernelArgs& args, int share) const override {
    const Range range = ShareOf(units_.units(), 1, share, shares_);
    TileRunner runner(program_, tile_, args.scratch);
    for (size_t i = 0; i < extras_.size(); ++i) {
      if (extras_[i].kind() == OperandView::Kind::kScalar) {
        runner.SetScalar(static_cast<int>(i) + 1, args.inputs[operands_ + i]);
      }
    }
    float* region = reinterpret_cast<float*>(args.scratch + region_at_);
    for (int64_t unit = range.begin; unit < range.end; unit += region_units_) {
      const Range units{unit, std::min(unit + region_units_, range.end)};
      const int64_t begin = units_.Begin(units.begin), n = units_.Begin(units.end) - begin;
      units_.Run(args.inputs, units, region);
      std::fill(region + n, region + RoundUp(n, TileProgram::kGrain), 0.0f);
      for (int64_t at = 0, step; at < n; at += step) {
        step = std::min(tile_, n - at);
        if (step > TileProgram::kGrain) step -= step % TileProgram::kGrain;  // the end goes through copies
        RunTile(args, runner, region + at, begin + at, step);
      }
    }
  }

  // Extras of the full shape, and x where its bands are read before they are written: a region is read before it is
  // written, all but the tiles of extras, each of which is read before the same tile is written.
  bool MayAlias(int output, int input) const override {
    if (input == 0 && units_.may_write_over_x()) return output_sizes_[output] == static_cast<int64_t>(sizeof(float));
    if (input < static_cast<int>(operands_)) return false;
    const OperandView& extra = extras_[input - operands_];
    return extra.element_size() == output_sizes_[output] && extra.kind() == OperandView::Kind::kContiguous;
  }

 private:
  // Elements of a region, where it has more than a unit: it stays in the first-level cache.
  static constexpr int64_t kRegion = 2048;

  void RunTile(const KernelArgs& args, const TileRunner& runner, const float* dx, int64_t begin, int64_t n) const {
    const int64_t whole = RoundUp(n, TileProgram::kGrain);
    void** out = reinterpret_cast<void**>(args.scratch + pointers_at_);
    const void** in = const_cast<const void**>(out + output_sizes_.size());
    in[0] = dx;
    for (size_t i = 0; i < extras_.size(); ++i) {
      const OperandView& extra = extras_[i];
      const void* from = args.inputs[operands_ + i];
      const int64_t size = extra.element_size();
      if (extra.kind() == OperandView::Kind::kScalar) {
        in[i + 1] = nullptr;
      } else if (extra.kind() == OperandView::Kind::kContiguous && n == whole) {
        in[i + 1] = static_cast<const std::byte*>(from) + begin * size;
      } else {
        std::byte* room = runner.input_tile(static_cast<int>(i) + 1);
        extra.Gather(from, begin, n, room);
        std::memset(room + n * size, 0, static_cast<size_t>((whole - n) * size));
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
      std::memcpy(static_cast<std::byte*>(args.outputs[k]) + begin * output_sizes_[k], out[k],
                  static_cast<size_t>(n * output_sizes_[k]));
    }
  }

  const TileProgram program_;
  const size_t operands_;
  const PoolF32Units units_;
  std::vector<OperandView> extras_;
  std::vector<int64_t> output_sizes_;  // of an element
  int64_t tile_ = TileProgram::kGrain, region_units_ = 1;
  int64_t region_at_ = 0, pointers_at_ = 0;  // in the scratch memory, behind the runner's
};

absl::StatusOr<std::unique_ptr<Kernel>> MakeEpilogueKernel(Pooling pooling, const KernelRequest& request) {
  if (request.inputs[0].dtype != DType::kFloat32) return nullptr;
  absl::StatusOr<TileProgram> program = TileProgram::Create(*request.attrs.Function("body"), request.target.isa);
  if (absl::IsUnimplemented(program.status())) return nullptr;  // the reference runs
  WEFT_RETURN_IF_ERROR(program.status());
  return std::make_unique<EpilogueKernel>(pooling, *std::move(program), request);
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
