#include "ops/dense/dense_kernel.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/buffer.h"
#include "core/status.h"
#include "ops/dense/block_epilogue.h"
#include "ops/dense/dense.h"
#include "ops/dense/gemm.h"
#include "ops/dense/product_type.h"

namespace weft::dense {
namespace {

// Of one core: multiplications and additions, and bytes from the second-level cache.
double FlopsPerNs(Isa isa) { return isa == Isa::kAvx512 ? 100 : isa == Isa::kAvx2 ? 50 : 1; }
constexpr double kBytesPerNs = 80;

BSource SourceOf(const ConcreteType& b, bool transposed) {
  if (b.layout == Layout::kPanels64) return transposed ? BSource::kTransposedPanels : BSource::kPanels;
  return transposed ? BSource::kTransposedRows : BSource::kRows;
}

class DenseKernel final : public Kernel {
 public:
  // Everything is decided here. `body` and `sum_body` may be null.
  static absl::StatusOr<std::unique_ptr<Kernel>> Create(const KernelRequest& request, const Graph* body,
                                                        int64_t num_body_extras, const Graph* sum_body) {
    for (int i = 0; i < 2; ++i) {
      if (request.inputs[i].dtype != DType::kFloat32) return std::unique_ptr<Kernel>();
    }
    std::unique_ptr<DenseKernel> kernel(new DenseKernel(FnsFor(request.target.isa)));
    WEFT_ASSIGN_OR_RETURN(ProductDims dims,
                          MakeProductDims(request.inputs[0].dims, request.inputs[1].dims, request.attrs));
    kernel->SetProduct(request, std::move(dims));
    const int64_t gates = request.op.name == kMatMulGatesOp ? request.attrs.Int("gates") : 1;
    kernel->plan_.gates = gates;
    if (gates > 1 && kernel->dims_.n % (gates * kPanel) != 0) return std::unique_ptr<Kernel>();
    const size_t num_body_outputs = body == nullptr ? 1 : body->outputs().size();
    if (body != nullptr) {
      Dims result = kernel->dims_.batch;
      result.push_back(kernel->dims_.m);
      result.push_back(kernel->dims_.n / gates);
      const absl::Span<const ConcreteType> extras = request.inputs.subspan(2, num_body_extras);
      WEFT_ASSIGN_OR_RETURN(
          kernel->body_,
          BlockEpilogue::Create(*body, request.target, kernel->fns_, result,
                                gates > 1 ? GateOperands(extras, kernel->dims_.n, gates) : WholeOperands(extras),
                                request.outputs.subspan(0, num_body_outputs), static_cast<int>(gates)));
      if (kernel->body_ == nullptr) return std::unique_ptr<Kernel>();
    }
    if (sum_body != nullptr) {
      WEFT_ASSIGN_OR_RETURN(kernel->sum_body_,
                            BlockEpilogue::Create(*sum_body, request.target, kernel->fns_, {kernel->dims_.n},
                                                  WholeOperands(request.inputs.subspan(2 + num_body_extras)),
                                                  request.outputs.subspan(num_body_outputs)));
      if (kernel->sum_body_ == nullptr) return std::unique_ptr<Kernel>();
    }
    kernel->num_body_extras_ = static_cast<int>(num_body_extras);
    kernel->num_body_outputs_ = static_cast<int>(num_body_outputs);
    kernel->Finish(request.target);
    return kernel;
  }

  void Run(const KernelArgs& args, int share) const override {
    GemmCall call{};
    call.scratch = args.scratch;
    call.row_end = plan_.m;
    call.panel_end = plan_.panels;
    Range products{0, products_};
    switch (cut_) {
      case Cut::kProducts:
        products = ShareOf(products_, 1, share, shares_);
        break;
      case Cut::kPanels:
        SetRange(ShareOf(plan_.panels, 1, share, shares_), &call.panel_begin, &call.panel_end);
        break;
      case Cut::kRows:
        SetRange(ShareOf(plan_.m, row_grain_, share, shares_), &call.row_begin, &call.row_end);
        break;
    }
    const float* a = static_cast<const float*>(args.inputs[0]);
    const float* b = static_cast<const float*>(args.inputs[1]);
    std::optional<BlockEpilogue::Call> epilogue;
    if (body_ != nullptr) {
      epilogue.emplace(*body_, args.inputs + 2, args.outputs, args.scratch + body_scratch_);
      call.context = &*epilogue;
    }
    for (int64_t p = products.begin; p < products.end; ++p) {
      call.a = a + dims_.a_index[p] * a_size_;
      call.b = b + dims_.b_index[p] * b_size_;
      if (body_ != nullptr) {
        epilogue->set_first_row(p * plan_.m);
      } else {
        call.c = static_cast<float*>(args.outputs[0]) + p * plan_.m * plan_.n;
      }
      fns_.run(plan_, call);
    }
    // Cut by columns, a share sums its own; else the first share sums all.
    if (sum_body_ != nullptr && (cut_ == Cut::kPanels || share == 0)) {
      RunSums(args, b, {call.panel_begin, call.panel_end});
    }
  }

  bool MayAlias(int output, int input) const override {
    if (input < 2 || body_ == nullptr) return false;
    const bool body_output = output < num_body_outputs_, body_extra = input - 2 < num_body_extras_;
    if (body_output != body_extra) return false;
    return body_output ? body_->MayAlias(output, input - 2)
                       : sum_body_->MayAlias(output - num_body_outputs_, input - 2 - num_body_extras_);
  }

 private:
  // An operand that has the columns of all gates is an input of the body for each gate.
  static std::vector<BlockOperand> GateOperands(absl::Span<const ConcreteType> extras, int64_t n, int64_t gates) {
    std::vector<BlockOperand> operands;
    for (BlockOperand operand : WholeOperands(extras)) {
      if (operand.type.dims.empty() || operand.type.dims.back() != n) {
        operands.push_back(std::move(operand));
        continue;
      }
      operand.type.dims.back() = n / gates;
      for (int64_t g = 0; g < gates; ++g, operand.offset += n / gates) operands.push_back(operand);
    }
    return operands;
  }

  // What the shares divide among them: matrices of a batch, panels of columns, or rows of the result.
  enum class Cut : uint8_t { kProducts, kPanels, kRows };

  explicit DenseKernel(const GemmFns& fns) : fns_(fns) {}

  static void SetRange(Range range, int64_t* begin, int64_t* end) {
    *begin = range.begin;
    *end = range.end;
  }

  void SetProduct(const KernelRequest& request, ProductDims dims) {
    dims_ = std::move(dims);
    products_ = dims_.products();
    a_size_ = dims_.m * dims_.k;
    b_size_ = dims_.k * dims_.n;
    plan_.m = dims_.m;
    plan_.n = plan_.ldc = dims_.n;
    plan_.k = dims_.k;
    plan_.chunk = request.attrs.Int("chunk");
    plan_.transpose_a = request.attrs.Bool("transpose_a");
    const bool transpose_b = request.attrs.Bool("transpose_b");
    plan_.b_source = SourceOf(request.inputs[1], transpose_b);
    plan_.lda = plan_.transpose_a ? dims_.m : dims_.k;
    plan_.ldb = transpose_b ? dims_.k : dims_.n;
    // One matrix b for all: the rows of all leading dims are rows of one product.
    bool one_product = products_ > 1 && !plan_.transpose_a;
    for (int64_t p = 0; p < products_ && one_product; ++p) {
      one_product = dims_.b_index[p] == 0 && dims_.a_index[p] == p;
    }
    if (one_product) {
      plan_.m *= products_;
      products_ = 1;
    }
  }

  void Finish(const Target& target) {
    bool narrow = true;
    double element_ns = 0;
    if (body_ != nullptr) {
      plan_.consume = &BlockEpilogue::Call::Consume;
      plan_.block_elements = std::min(plan_.block_elements, body_->block_elements());
      narrow = !body_->wants_whole_panels();
      element_ns = body_->ns_per_element();
    }
    constexpr int64_t kWidestRows = 256;
    const int64_t width = plan_.n / plan_.gates;
    plan_.whole_rows = body_ != nullptr && narrow && plan_.b_source == BSource::kPanels && width % kPanel == 0 &&
                       width <= kWidestRows && HasSmallB();
    plan_.Finish(narrow);
    const double elements = static_cast<double>(plan_.m) * static_cast<double>(plan_.n * products_);
    const double b_bytes = static_cast<double>(plan_.k * plan_.n * products_) * 4;
    estimated_ns_ =
        50 + std::max(dims_.flops() / FlopsPerNs(target.isa), b_bytes / kBytesPerNs) + elements * element_ns;
    ChooseCut(target);

    scratch_bytes_ = body_scratch_ = RoundUp(plan_.scratch_bytes, kAlignment);
    if (body_ != nullptr) {
      body_->SetLargestBlock(plan_.largest_block());
      scratch_bytes_ += RoundUp(body_->scratch_bytes(), kAlignment);
    }
    if (sum_body_ != nullptr) {
      sum_panels_ = std::clamp<int64_t>(sum_body_->block_elements() / kPanel, 1, std::max<int64_t>(plan_.panels, 1));
      sum_body_->SetLargestBlock(sum_panels_ * kPanel);
      sums_scratch_ = scratch_bytes_;
      sum_body_scratch_ = sums_scratch_ + sum_panels_ * kPanel * int64_t{sizeof(float)};
      scratch_bytes_ = sum_body_scratch_ + RoundUp(sum_body_->scratch_bytes(), kAlignment);
    }
  }

  // Weights that every core may well have in its own cache.
  bool HasSmallB() const {
    constexpr int64_t kSmallBytes = 1 << 18;
    return plan_.n * plan_.k * int64_t{sizeof(float)} <= kSmallBytes && !plan_.transpose_a;
  }

  // Columns are the first choice where there is no batch of matrices: then a core meets the same part of a weight in
  // every product and update. But a last panel that one core alone must do is worth less than an even cut; and with a
  // small weight rows are better, which the elementwise work before and behind the product leaves with the same core.
  void ChooseCut(const Target& target) {
    const int64_t most = std::max({products_, plan_.panels, plan_.m});
    shares_ = ChooseShares(target, estimated_ns_, most);
    const int64_t shares = shares_;
    row_grain_ = plan_.m >= 2 * kTileRows * shares ? kTileRows : 1;
    const auto waste = [&](int64_t parts) {
      return static_cast<double>((parts + shares - 1) / shares * shares) / parts;
    };
    if (plan_.whole_rows || (HasSmallB() && products_ < shares && plan_.m >= 2 * kTileRows * shares)) {
      shares_ = static_cast<int>(std::min<int64_t>(shares, plan_.m));
      cut_ = Cut::kRows;
    } else if (products_ >= shares) {
      cut_ = Cut::kProducts;
    } else if (plan_.panels >= shares && (waste(plan_.panels) < 1.25 || plan_.m < 4 * kTileRows * shares)) {
      cut_ = Cut::kPanels;
    } else if (plan_.m >= shares) {
      cut_ = Cut::kRows;
    } else {
      cut_ = plan_.panels >= products_ ? Cut::kPanels : Cut::kProducts;
      shares_ = static_cast<int>(std::max(plan_.panels, products_));
    }
    if (shares_ == 1) cut_ = Cut::kPanels;
    // Smaller shares, so that a thread that is held up does not hold up the others; but each share reads all of a long
    // A.
    if (cut_ == Cut::kPanels && shares_ > 1 && !target.force_shares && plan_.group_panels == 0) {
      constexpr double kShareNs = 10000;
      const auto worth = static_cast<int64_t>(estimated_ns_ / kShareNs);
      shares_ = static_cast<int>(std::clamp<int64_t>(std::min(plan_.panels, worth), shares_, int64_t{2} * shares_));
    }
  }

  void RunSums(const KernelArgs& args, const float* b, Range panels) const {
    float* sums = reinterpret_cast<float*>(args.scratch + sums_scratch_);
    BlockEpilogue::Call epilogue(*sum_body_, args.inputs + 2 + num_body_extras_, args.outputs + num_body_outputs_,
                                 args.scratch + sum_body_scratch_);
    for (int64_t panel = panels.begin; panel < panels.end; panel += sum_panels_) {
      const int64_t count = std::min(sum_panels_, panels.end - panel);
      for (int64_t q = 0; q < count; ++q) {
        const int64_t column = (panel + q) * kPanel;
        fns_.column_sums(b + column, plan_.ldb, plan_.k, std::min(kPanel, plan_.n - column), sums + q * kPanel);
      }
      BlockEpilogue::Call::Consume(&epilogue, {sums, 0, 1, panel, count, kPanel});
    }
  }

  GemmFns fns_;
  GemmPlan plan_;
  ProductDims dims_;
  int64_t products_ = 1, a_size_ = 0, b_size_ = 0;
  Cut cut_ = Cut::kPanels;
  int64_t row_grain_ = 1;
  std::unique_ptr<BlockEpilogue> body_, sum_body_;
  int num_body_extras_ = 0, num_body_outputs_ = 1;
  int64_t sum_panels_ = 0;  // summed at once
  // Offsets in a share's scratch; the product's own lies in front.
  int64_t body_scratch_ = 0, sums_scratch_ = 0, sum_body_scratch_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Kernel>> MakeMatMulKernel(const KernelRequest& request) {
  return DenseKernel::Create(request, request.attrs.Function("body").get(),
                             static_cast<int64_t>(request.inputs.size()) - 2, nullptr);
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeDenseUpdateKernel(const KernelRequest& request) {
  return DenseKernel::Create(request, request.attrs.Function("body").get(), request.attrs.Int("num_body_extras"),
                             request.attrs.Function("sum_body").get());
}

}  // namespace weft::dense
