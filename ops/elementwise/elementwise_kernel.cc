#include "ops/elementwise/elementwise_kernel.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "core/buffer.h"
#include "core/layout.h"
#include "core/status.h"
#include "ops/elementwise/infer.h"
#include "ops/elementwise/operand_view.h"

namespace weft {
namespace {

// A periodic operand of at most so many elements is laid out once a call, a tile longer than its period; each tile is
// then read at an offset into that, whatever the period. Longer ones are gathered tile by tile, in long runs.
constexpr int64_t kMaxPeriod = 4096;

class ElementwiseKernel : public Kernel {
 public:
  static absl::StatusOr<std::unique_ptr<Kernel>> Make(TileProgram program, const KernelRequest& request) {
    auto kernel = std::make_unique<ElementwiseKernel>(std::move(program));
    WEFT_RETURN_IF_ERROR(kernel->Init(request));
    return std::unique_ptr<Kernel>(std::move(kernel));
  }
  explicit ElementwiseKernel(TileProgram program) : program_(std::move(program)) {}

  void Run(const KernelArgs& args, int share) const override {
    const Range range = ShareOf(total_, tile_, share, shares_);
    if (range.begin >= range.end) return;
    TileRunner runner(program_, tile_, args.scratch);
    void** out = reinterpret_cast<void**>(args.scratch + pointers_at_);
    const void** in = const_cast<const void**>(out + output_sizes_.size());
    for (size_t i = 0; i < operands_.size(); ++i) {
      in[i] = nullptr;
      if (operands_[i].kind() == OperandView::Kind::kScalar) runner.SetScalar(static_cast<int>(i), args.inputs[i]);
      if (repeated_at_[i] >= 0) Repeat(operands_[i], args.inputs[i], range, args.scratch + repeated_at_[i]);
    }
    for (int64_t begin = range.begin; begin < range.end; begin += tile_) {
      const int64_t n = std::min(tile_, range.end - begin);
      if (n % TileProgram::kGrain == 0) {
        RunTile(args, runner, in, out, begin, n);
      } else {
        RunTail(args, runner, in, out, begin, n);
      }
      if (padding_columns_ > 0) ClearPadding(args, begin, n);
    }
  }

  bool MayAlias(int output, int input) const override {
    const OperandView& operand = operands_[input];
    if (IsJoined(static_cast<size_t>(output))) return false;
    return operand.element_size() == output_sizes_[output] &&
           (operand.kind() == OperandView::Kind::kContiguous || total_ == 1);
  }

 private:
  absl::Status Init(const KernelRequest& request) {
    joined_ = JoinedOutputs(request.attrs);
    ConcreteType result = request.outputs[0];
    if (joined_ > 0) {
      result.dims = ProgramDims(result.dims, request.attrs);
      width_ = std::max<int64_t>(result.dims.back(), 1);
    }
    if (result.layout == Layout::kRowMajor) {
      total_ = NumElements(result.dims);
    } else {
      WEFT_ASSIGN_OR_RETURN(total_, StorageElements(result.dims, result.layout));
      if (total_ > 0) padding_columns_ = (kPanelWidth - result.dims[1] % kPanelWidth) % kPanelWidth;
      last_panel_ = total_ - (result.dims[0] * kPanelWidth);
    }
    double bytes = 0;
    for (const ConcreteType& input : request.inputs) {
      const int64_t size = SizeOf(input.dtype), elements = NumElements(input.dims);
      bytes += static_cast<double>(size * elements);
      if (total_ == 0) {
        operands_.push_back(OperandView::Scalar(size));
      } else if (result.layout == Layout::kRowMajor) {
        if (input.layout != Layout::kRowMajor) return Internal("an operand in another layout than the result");
        operands_.push_back(OperandView(input.dims, result.dims, size));
      } else {
        const bool full = input.layout == result.layout;
        if (!full && elements != 1) return Internal("an operand in another layout than the result");
        operands_.push_back(full ? OperandView::Contiguous(size) : OperandView::Scalar(size));
      }
    }
    for (int k = 0; k < program_.num_outputs(); ++k) {
      output_sizes_.push_back(SizeOf(program_.output_dtype(k)));
      bytes += static_cast<double>(output_sizes_.back() * total_);
    }
    first_joined_ = output_sizes_.size() - static_cast<size_t>(joined_);
    ChoosePartition(request.target, bytes);
    LayOutScratch();
    return absl::OkStatus();
  }

  void ChoosePartition(const Target& target, double bytes) {
    const double bytes_per_ns = bytes > static_cast<double>(target.l2_bytes) ? 10 : 50;
    estimated_ns_ =
        50 + std::max(static_cast<double>(total_) * program_.NsPerElement(target.isa), bytes / bytes_per_ns);
    const int64_t grain = TileProgram::kGrain;
    const int64_t grains = std::max<int64_t>(1, (total_ + grain - 1) / grain);
    shares_ = ChooseShares(target, estimated_ns_, grains);
    tile_ = std::min(program_.TileElements(target.l1_bytes), grains * grain);
    // Small work that is cut all the same: every share gets some.
    tile_ = std::max(grain, std::min(tile_, grains / shares_ * grain));
  }

  void LayOutScratch() {
    pointers_at_ = program_.ScratchBytes(tile_);
    scratch_bytes_ =
        pointers_at_ +
        RoundUp(static_cast<int64_t>((operands_.size() + output_sizes_.size()) * sizeof(void*)), kAlignment);
    for (const OperandView& operand : operands_) {
      const bool repeat = operand.kind() == OperandView::Kind::kPeriodic && operand.period() <= kMaxPeriod;
      repeated_at_.push_back(repeat ? scratch_bytes_ : -1);
      if (repeat) scratch_bytes_ += RoundUp((operand.period() + tile_) * operand.element_size(), kAlignment);
    }
  }

  // Lays out what tiles of `range` may read: the period, again and again.
  void Repeat(const OperandView& operand, const void* data, Range range, std::byte* to) const {
    const int64_t period = operand.period(), size = operand.element_size();
    const int64_t longest = std::min(tile_, RoundUp(range.end - range.begin, TileProgram::kGrain));
    operand.Gather(data, 0, period, to);
    for (int64_t done = period; done < period + longest;) {
      const int64_t more = std::min(done, period + longest - done);
      std::memcpy(to + done * size, to, static_cast<size_t>(more * size));
      done += more;
    }
  }

  // Elements [begin, begin + n) of operand i: where they are, or gathered into the runner's room for them.
  const void* Elements(const KernelArgs& args, const TileRunner& runner, size_t i, int64_t begin, int64_t n) const {
    const OperandView& operand = operands_[i];
    if (operand.kind() == OperandView::Kind::kContiguous) {
      return static_cast<const std::byte*>(args.inputs[i]) + begin * operand.element_size();
    }
    if (repeated_at_[i] >= 0) {
      return args.scratch + repeated_at_[i] + begin % operand.period() * operand.element_size();
    }
    std::byte* room = runner.input_tile(static_cast<int>(i));
    operand.Gather(args.inputs[i], begin, n, room);
    return room;
  }

  void RunTile(const KernelArgs& args, const TileRunner& runner, const void** in, void** out, int64_t begin,
               int64_t n) const {
    for (size_t i = 0; i < operands_.size(); ++i) {
      if (operands_[i].kind() != OperandView::Kind::kScalar) in[i] = Elements(args, runner, i, begin, n);
    }
    for (size_t k = 0; k < output_sizes_.size(); ++k) {
      out[k] = IsJoined(k) ? runner.output_tile(static_cast<int>(k))
                           : static_cast<std::byte*>(args.outputs[k]) + begin * output_sizes_[k];
    }
    runner.Run(in, out, n);
    StoreJoined(args, out, begin, n);
  }

  bool IsJoined(size_t output) const { return joined_ > 0 && output >= first_joined_; }

  // Elements [begin, begin + n) of the outputs that make one result go to their columns of its rows.
  void StoreJoined(const KernelArgs& args, void* const* out, int64_t begin, int64_t n) const {
    for (size_t k = first_joined_; k < output_sizes_.size(); ++k) {
      const int64_t size = output_sizes_[k], part = static_cast<int64_t>(k - first_joined_);
      const std::byte* from = static_cast<const std::byte*>(out[k]);
      auto* const to = static_cast<std::byte*>(args.outputs[first_joined_]);
      for (int64_t at = begin; at < begin + n;) {
        const int64_t row = at / width_, column = at - row * width_;
        const int64_t count = std::min(width_ - column, begin + n - at);
        std::memcpy(to + ((row * joined_ + part) * width_ + column) * size, from, static_cast<size_t>(count * size));
        from += count * size;
        at += count;
      }
    }
  }

  // The end, where whole vectors would reach past the tensors: operands are copied and filled up with zeros, results
  // are computed apart.
  void RunTail(const KernelArgs& args, const TileRunner& runner, const void** in, void** out, int64_t begin,
               int64_t n) const {
    const int64_t whole = RoundUp(n, TileProgram::kGrain);
    for (size_t i = 0; i < operands_.size(); ++i) {
      if (operands_[i].kind() == OperandView::Kind::kScalar) continue;
      const size_t size = static_cast<size_t>(operands_[i].element_size());
      std::byte* room = runner.input_tile(static_cast<int>(i));
      const void* elements = Elements(args, runner, i, begin, n);
      if (elements != room) std::memcpy(room, elements, static_cast<size_t>(n) * size);
      std::memset(room + static_cast<size_t>(n) * size, 0, static_cast<size_t>(whole - n) * size);
      in[i] = room;
    }
    for (size_t k = 0; k < output_sizes_.size(); ++k) out[k] = runner.output_tile(static_cast<int>(k));
    runner.Run(in, out, whole);
    StoreJoined(args, out, begin, n);
    for (size_t k = 0; k < first_joined_; ++k) {
      std::memcpy(static_cast<std::byte*>(args.outputs[k]) + begin * output_sizes_[k], out[k],
                  static_cast<size_t>(n * output_sizes_[k]));
    }
  }

  // Columns of a panel layout past the last logical one hold 0, whatever the program makes of 0.
  void ClearPadding(const KernelArgs& args, int64_t begin, int64_t n) const {
    const int64_t used = kPanelWidth - padding_columns_;
    for (int64_t row = std::max(begin, last_panel_); row < begin + n; row += kPanelWidth) {
      for (size_t k = 0; k < output_sizes_.size(); ++k) {
        std::memset(static_cast<std::byte*>(args.outputs[k]) + (row + used) * output_sizes_[k], 0,
                    static_cast<size_t>(padding_columns_ * output_sizes_[k]));
      }
    }
  }

  const TileProgram program_;
  int64_t total_ = 0;  // elements iterated over
  int64_t tile_ = TileProgram::kGrain;
  std::vector<OperandView> operands_;
  std::vector<int64_t> output_sizes_;  // of the program: of an element
  // The last `joined_` of them make the one result `first_joined_`, each of them `width_` columns of it.
  int64_t joined_ = 0, width_ = 1;
  size_t first_joined_ = 0;
  // Panel layouts: columns of padding in the last panel, which begins at this element.
  int64_t padding_columns_ = 0, last_panel_ = 0;
  // Scratch memory: the runner's, then the pointers handed to it, then the repeated operands (-1: is not one).
  int64_t pointers_at_ = 0;
  std::vector<int64_t> repeated_at_;
};

// "No kernel" is no error: the reference runs.
absl::StatusOr<std::unique_ptr<Kernel>> MakeKernel(absl::StatusOr<TileProgram> program, const KernelRequest& request) {
  if (absl::IsUnimplemented(program.status())) return std::unique_ptr<Kernel>();
  WEFT_RETURN_IF_ERROR(program.status());
  return ElementwiseKernel::Make(*std::move(program), request);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Kernel>> MakeElementwiseOpKernel(const KernelRequest& request) {
  std::vector<DType> dtypes;
  for (const ConcreteType& input : request.inputs) dtypes.push_back(input.dtype);
  return MakeKernel(TileProgram::ForOp(request.op, request.attrs, dtypes, request.outputs[0].dtype, request.target.isa),
                    request);
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeElementwiseProgramKernel(const KernelRequest& request) {
  return MakeKernel(TileProgram::Create(*request.attrs.Function("body"), request.target.isa), request);
}

}  // namespace weft
