#include "ops/conv/conv_kernel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "core/buffer.h"
#include "core/status.h"
#include "ops/conv/conv.h"
#include "ops/conv/conv_geometry.h"
#include "ops/conv/conv_plan.h"
#include "ops/conv/conv_type.h"
#include "ops/dense/block_epilogue.h"

namespace weft::conv {
namespace {

using dense::BlockEpilogue;

ConvFns FnsFor(Isa isa) {
  switch (isa) {
    case Isa::kAvx512:
      return ConvAvx512();
    case Isa::kAvx2:
      return ConvAvx2();
    case Isa::kBaseline:
      break;
  }
  return ConvBaseline();
}

// Of one core: multiplications and additions, and bytes to and from memory, or the second-level cache.
double FlopsPerNs(Isa isa) { return isa == Isa::kAvx512 ? 120 : isa == Isa::kAvx2 ? 60 : 1; }
double BytesPerNs(double bytes, const Target& target) { return bytes > static_cast<double>(target.l2_bytes) ? 10 : 40; }

double Nanoseconds(const KernelRequest& request, double flops) {
  double bytes = 0;
  for (absl::Span<const ConcreteType> types : {request.inputs, request.outputs}) {
    for (const ConcreteType& type : types) bytes += static_cast<double>(NumElements(type.dims) * SizeOf(type.dtype));
  }
  return 100 + std::max(flops / FlopsPerNs(request.target.isa), bytes / BytesPerNs(bytes, request.target));
}

bool AllFloat32(const KernelRequest& request) {
  return request.inputs[0].dtype == DType::kFloat32 && request.inputs[1].dtype == DType::kFloat32;
}

// A body that is relu(sum + bias), or a part of it.
struct Plain {
  int bias = 0;  // which input of the body; 0: none
  bool relu = false;
};

// `request`: of an op with a body, or without: which is plain. The bias has an element for each column.
std::optional<Plain> PlainBodyOf(const KernelRequest& request, int64_t columns) {
  const Graph* body = request.attrs.Function("body").get();
  Plain plain;
  if (body == nullptr) return plain;
  if (body->outputs().size() != 1) return std::nullopt;
  ValueId at = body->outputs()[0].value;
  if (body->producer(at).op->name == "relu") {
    plain.relu = true;
    at = body->producer(at).inputs[0];
  }
  const ValueId sum = body->inputs()[0];
  if (at == sum) return plain;
  const Node& add = body->producer(at);
  if (add.op->name != "add" || (add.inputs[0] == sum) == (add.inputs[1] == sum)) return std::nullopt;
  const ValueId bias = add.inputs[add.inputs[0] == sum ? 1 : 0];
  const auto found = std::find(body->inputs().begin(), body->inputs().end(), bias);
  if (found == body->inputs().end()) return std::nullopt;
  plain.bias = static_cast<int>(found - body->inputs().begin());
  const Dims& dims = request.inputs[1 + plain.bias].dims;
  if (NumElements(dims) != columns || dims.empty() || dims.back() != columns) return std::nullopt;
  return plain;
}

bool AllFinite(const float* values, int64_t count) {
  return std::all_of(values, values + count, [](float v) { return std::isfinite(v); });
}

// Whether the result is pooled, and then whether it is an output itself, or the maxima's places are.
enum class Pooled : uint8_t { kNo, kAlone, kToo, kWinners };

// A convolution or its transpose, with an epilogue or without.
class ConvKernel final : public Kernel {
 public:
  static absl::StatusOr<std::unique_ptr<Kernel>> Create(const KernelRequest& request, double flops, Pooled pooled,
                                                        std::unique_ptr<PlannedConv> planned) {
    std::unique_ptr<ConvKernel> kernel(new ConvKernel(FnsFor(request.target.isa), std::move(planned)));
    ConvPlan& plan = kernel->planned_->plan;
    plan.pool = pooled != Pooled::kNo;
    plan.keep = pooled == Pooled::kToo;
    plan.winners = pooled == Pooled::kWinners;
    kernel->estimated_ns_ = Nanoseconds(request, flops);
    kernel->units_ = plan.n * (plan.pool ? plan.row_pairs() : plan.positions());
    const Graph* body = request.attrs.Function("body").get();
    if (plan.pool || plan.one_channel) {
      const std::optional<Plain> plain = PlainBodyOf(request, plan.columns);
      plan.plain = plain.has_value();
      if (plan.plain) {
        plan.relu = plain->relu;
        if (plain->bias > 0) kernel->bias_ = 1 + plain->bias;
        body = nullptr;
      }
    }
    if (body != nullptr) {
      plan.consume = &BlockEpilogue::Call::Consume;
      // A first epilogue tells how large blocks should be; one on a stage depends on them.
      WEFT_ASSIGN_OR_RETURN(std::unique_ptr<BlockEpilogue> any, kernel->MakeBody(request, *body, 1));
      if (any == nullptr) return std::unique_ptr<Kernel>();
      plan.block_elements = std::min(plan.block_elements, any->block_elements());
      kernel->estimated_ns_ += static_cast<double>(plan.n * plan.positions() * plan.columns) * any->ns_per_element();
    }
    kernel->ChooseCut(request.target);
    Finish(kernel->planned_.get());
    kernel->scratch_bytes_ = plan.scratch_bytes;
    if (body != nullptr) {
      WEFT_ASSIGN_OR_RETURN(kernel->body_, kernel->MakeBody(request, *body, plan.block_rows));
      const bool halves = plan.pool && plan.block_rows < 2 * plan.ow;
      kernel->body_->SetLargestBlock(plan.block_rows / (halves ? 2 : 1) * plan.widest);
      kernel->scratch_bytes_ += RoundUp(kernel->body_->scratch_bytes(), kAlignment);
    }
    return kernel;
  }

  void Run(const KernelArgs& args, int share) const override {
    const ConvPlan& plan = planned_->plan;
    ConvCall call{};
    call.source = static_cast<const float*>(args.inputs[0]);
    call.kernel = static_cast<const float*>(args.inputs[1]);
    call.result = static_cast<float*>(args.outputs[0]);
    call.scratch = args.scratch;
    call.end = units_;
    call.panel_end = plan.panels;
    const Range range = ShareOf(by_panels_ ? plan.panels : units_, grain_, share, shares_);
    (by_panels_ ? call.panel_begin : call.begin) = range.begin;
    (by_panels_ ? call.panel_end : call.end) = range.end;
    if (bias_ > 0) {
      call.bias = static_cast<const float*>(args.inputs[bias_]);
      call.finite_bias = AllFinite(call.bias, plan.columns);
    } else {
      call.finite_bias = true;
    }
    void* stage = args.scratch + plan.stage_offset;
    std::optional<BlockEpilogue::Call> epilogue;
    if (body_ != nullptr) {
      void* const* outputs = plan.pool && !plan.keep ? &stage : args.outputs;
      epilogue.emplace(*body_, args.inputs + 2, outputs, args.scratch + plan.scratch_bytes);
      call.context = &*epilogue;
    }
    if (plan.pool) {
      call.pooled = static_cast<float*>(args.outputs[plan.keep || plan.winners ? 1 : 0]);
      if (plan.winners) call.winners = static_cast<uint8_t*>(args.outputs[0]);
      fns_.run_pooled(plan, call);
    } else {
      fns_.run(plan, call);
    }
  }

  bool MayAlias(int output, int input) const override {
    return body_ != nullptr && !planned_->plan.pool && input >= 2 && body_->MayAlias(output, input - 2);
  }

 private:
  ConvKernel(const ConvFns& fns, std::unique_ptr<PlannedConv> planned) : fns_(fns), planned_(std::move(planned)) {}

  // On the results; or on a stage of so many rows, from which they are pooled. Null: some op has no kernel.
  absl::StatusOr<std::unique_ptr<BlockEpilogue>> MakeBody(const KernelRequest& request, const Graph& body,
                                                          int64_t stage_rows) const {
    const ConvPlan& plan = planned_->plan;
    std::vector<ConcreteType> outputs(request.outputs.begin(), request.outputs.end());
    if (plan.pool && plan.keep) outputs.pop_back();
    if (plan.pool && !plan.keep) outputs = {{DType::kFloat32, {stage_rows, plan.columns}}};
    return BlockEpilogue::Create(body, request.target, dense::FnsFor(request.target.isa), outputs[0].dims,
                                 dense::WholeOperands(request.inputs.subspan(2)), outputs);
  }

  // Images if there are many, rows of them else, or single positions. But where there are several panels of the kernel,
  // each is packed, and read from near, by one core alone.
  void ChooseCut(const Target& target) {
    ConvPlan& plan = planned_->plan;
    const int64_t panels = plan.groups == 1 && !plan.depthwise ? (plan.columns + dense::kPanel - 1) / dense::kPanel : 1;
    shares_ = ChooseShares(target, estimated_ns_, std::max(units_, panels));
    by_panels_ = panels >= shares_ && (panels % shares_ == 0 || panels >= 4 * shares_) && shares_ > 1;
    if (by_panels_) return;
    shares_ = static_cast<int>(std::clamp<int64_t>(units_, 1, shares_));
    constexpr int64_t kMany = 8;
    // A few rows that leave a share without are cut by narrower panels, if those give each the same.
    constexpr int64_t kNarrow = dense::kPanel / 2;
    if (plan.plain && plan.groups == 1 && units_ % shares_ != 0 && units_ < kMany * shares_ &&
        plan.columns % (kNarrow * shares_) == 0) {
      plan.panel_columns = kNarrow;
      by_panels_ = true;
      return;
    }
    if (plan.n >= kMany * shares_) {
      grain_ = std::max<int64_t>(units_ / plan.n, 1);
    } else if (!plan.pool && plan.n * plan.oh >= kMany * shares_) {
      grain_ = plan.ow;
    }
  }

  const ConvFns fns_;
  const std::unique_ptr<PlannedConv> planned_;
  std::unique_ptr<BlockEpilogue> body_;
  int64_t units_ = 0;  // that shares are made of: positions, or pairs of rows that are pooled
  bool by_panels_ = false;
  int64_t grain_ = 1;
  int bias_ = 0;  // which input is the bias of a plain body; 0: none
};

// A kernel's gradient, with the sums of dy or without.
class KernelGradientKernel final : public Kernel {
 public:
  // `sum_body` may be null. The extras begin with input `first_extra`.
  KernelGradientKernel(const KernelRequest& request, double flops, int shares, int first_extra,
                       std::unique_ptr<PlannedKernelGradient> planned, std::unique_ptr<BlockEpilogue> sum_body)
      : first_extra_(first_extra),
        fns_(FnsFor(request.target.isa)),
        planned_(std::move(planned)),
        sum_body_(std::move(sum_body)) {
    const KernelGradientPlan& plan = planned_->plan;
    estimated_ns_ = Nanoseconds(request, flops);
    units_ = plan.units + plan.sum_units();
    shares_ = static_cast<int>(std::clamp<int64_t>(units_, 1, shares));
    scratch_bytes_ = plan.scratch_bytes;
    if (sum_body_ == nullptr) return;
    sum_body_->SetLargestBlock(dense::kPanel);
    scratch_bytes_ += RoundUp(sum_body_->scratch_bytes(), kAlignment);
  }

  void Run(const KernelArgs& args, int share) const override {
    const KernelGradientPlan& plan = planned_->plan;
    const Range range = ShareOf(units_, 1, share, shares_);
    KernelGradientCall call{};
    call.source = static_cast<const float*>(args.inputs[0]);
    call.dy = static_cast<const float*>(args.inputs[first_extra_ - 1]);
    if (plan.pooled) call.winners = static_cast<const uint8_t*>(args.inputs[1]);
    call.result = static_cast<float*>(args.outputs[0]);
    call.scratch = args.scratch;
    call.unit_begin = range.begin;
    call.unit_end = range.end;
    std::optional<BlockEpilogue::Call> epilogue;
    if (sum_body_ != nullptr) {
      epilogue.emplace(*sum_body_, args.inputs + first_extra_, args.outputs + 1, args.scratch + plan.scratch_bytes);
      call.context = &*epilogue;
    }
    fns_.kernel_gradient(plan, call);
  }

  bool MayAlias(int output, int input) const override {
    return output >= 1 && input >= first_extra_ && sum_body_->MayAlias(output - 1, input - first_extra_);
  }

 private:
  const int first_extra_;
  const ConvFns fns_;
  const std::unique_ptr<PlannedKernelGradient> planned_;
  const std::unique_ptr<BlockEpilogue> sum_body_;
  int64_t units_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Kernel>> MakeConvKernel(const KernelRequest& request) {
  if (!AllFloat32(request)) return nullptr;
  const ConvDims dims =
      MakeConvDims(request.inputs[0].dims, request.inputs[1].dims, request.outputs[0].dims, request.attrs);
  return ConvKernel::Create(request, dims.flops(), Pooled::kNo, PlanConv(dims));
}

absl::StatusOr<std::unique_ptr<Kernel>> MakePooledConvKernel(const KernelRequest& request) {
  if (!AllFloat32(request)) return nullptr;
  const bool keep = request.attrs.Bool("keep");
  Dims y = request.outputs[0].dims;
  if (!keep) y[1] *= 2, y[2] *= 2;
  const ConvDims dims = MakeConvDims(request.inputs[0].dims, request.inputs[1].dims, y, request.attrs);
  if (dims.groups != 1) return nullptr;
  const Pooled pooled = keep ? Pooled::kToo : request.attrs.Bool("winners") ? Pooled::kWinners : Pooled::kAlone;
  return ConvKernel::Create(request, dims.flops(), pooled, PlanConv(dims, /*keep_rows=*/true));
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeInputGradientKernel(const KernelRequest& request) {
  if (!AllFloat32(request)) return nullptr;
  const ConvDims dims =
      MakeConvDims(request.outputs[0].dims, request.inputs[1].dims, request.inputs[0].dims, request.attrs);
  return ConvKernel::Create(request, dims.flops(), Pooled::kNo, PlanInputGradient(dims));
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeKernelGradientKernel(const KernelRequest& request) {
  const bool pooled = request.op.name == kConv2DPooledWeightGradientsOp;
  if (request.inputs[0].dtype != DType::kFloat32 || request.outputs[0].dtype != DType::kFloat32) return nullptr;
  const Dims &x = request.inputs[0].dims, &kernel = request.outputs[0].dims;
  const ConvDims dims =
      MakeConvDims(x, kernel, pooled ? ResultDims(x, kernel, request.attrs) : request.inputs[1].dims, request.attrs);
  const int first_extra = pooled ? 3 : 2;
  const int shares =
      ChooseShares(request.target, Nanoseconds(request, dims.flops()), std::numeric_limits<int64_t>::max());
  const Graph* body = request.attrs.Function("sum_body").get();
  std::unique_ptr<BlockEpilogue> sum_body;
  if (body != nullptr) {
    WEFT_ASSIGN_OR_RETURN(
        sum_body,
        BlockEpilogue::Create(*body, request.target, dense::FnsFor(request.target.isa), {dims.o},
                              dense::WholeOperands(request.inputs.subspan(first_extra)), request.outputs.subspan(1)));
    if (sum_body == nullptr) return nullptr;
  }
  std::unique_ptr<PlannedKernelGradient> planned =
      PlanKernelGradient(dims, shares, body == nullptr ? nullptr : &BlockEpilogue::Call::Consume, pooled);
  if (planned == nullptr) return nullptr;
  return std::make_unique<KernelGradientKernel>(request, dims.flops(), shares, first_extra, std::move(planned),
                                                std::move(sum_body));
}

}  // namespace weft::conv
