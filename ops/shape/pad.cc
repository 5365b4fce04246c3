#include <algorithm>
#include <cstring>

#include "absl/strings/str_join.h"
#include "core/status.h"
#include "graph/autodiff/gradient_args.h"
#include "graph/exec/reference.h"
#include "graph/passes/rewrite.h"
#include "ops/shape/copy_kernels.h"
#include "ops/shape/indexing.h"
#include "ops/shape/op_defs.h"
#include "ops/shape/recording.h"
#include "ops/shape/shape.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;

absl::StatusOr<Types> Infer(absl::Span<const TensorType> in, const AttrMap& attrs) {
  const Shape &low = attrs.Get<Shape>("low"), &high = attrs.Get<Shape>("high");
  const std::vector<int64_t>& interior = attrs.Ints("interior");
  const int rank = in[0].rank();
  if (low.rank() != rank || high.rank() != rank || static_cast<int>(interior.size()) != rank) {
    return InvalidArgument("expected low, high and interior for ", rank, " axes, got low ", low.ToString(), ", high ",
                           high.ToString(), ", interior [", absl::StrJoin(interior, ","), "]");
  }
  WEFT_RETURN_IF_ERROR(CheckShapeAttr("low", low));
  WEFT_RETURN_IF_ERROR(CheckShapeAttr("high", high));
  TensorType result = in[0];
  for (int i = 0; i < rank; ++i) {
    if (interior[i] < 0 || interior[i] > kMaxElements) {
      return InvalidArgument("attribute interior: expected numbers >= 0, got ", interior[i]);
    }
    result.shape[i] = low[i] + (in[0].shape[i] - 1) * (interior[i] + 1) + 1 + high[i];
  }
  WEFT_RETURN_IF_ERROR(CheckShapeAttr("result", result.shape));
  return Types{result};
}

absl::Status Reference(ReferenceArgs& args) {
  const RefTensor& x = args.inputs[0];
  RefTensor& y = args.outputs[0];
  WEFT_ASSIGN_OR_RETURN(const Dims low, args.attrs.Get<Shape>("low").Evaluate(args.bindings));
  const std::vector<int64_t>& interior = args.attrs.Ints("interior");
  const Tensor value = Tensor::Scalar(y.dtype, args.attrs.Float("value"));
  std::fill(y.f.begin(), y.f.end(), y.dtype == DType::kFloat64 ? args.attrs.Float("value") : value.AtDouble(0));
  std::fill(y.i.begin(), y.i.end(), y.is_float() ? 0 : value.AtInt(0));
  ForEachIndex(x.dims, [&](int64_t flat, const Dims& index) {
    Dims to(index.size());
    for (size_t i = 0; i < to.size(); ++i) to[i] = low[i] + index[i] * (interior[i] + 1);
    CopyElement(x, flat, y, FlatIndex(y.dims, to));
  });
  return absl::OkStatus();
}

// A share writes rows of the result, each entirely: the padding and what lies in between.
class PadKernel : public Kernel {
 public:
  PadKernel(const KernelRequest& request, const Dims& low)
      : from_(request.inputs[0].dims),
        to_(request.outputs[0].dims),
        low_(low),
        interior_(request.attrs.Ints("interior")),
        value_(Tensor::Scalar(request.outputs[0].dtype, request.attrs.Float("value"))),
        size_(SizeOf(request.outputs[0].dtype)) {
    if (to_.empty()) {  // a scalar: one row of one element
      from_ = to_ = {1};
      low_ = {0};
      interior_ = {0};
    }
    rows_ = 1;
    for (size_t k = 0; k + 1 < to_.size(); ++k) rows_ *= to_[k];
    estimated_ns_ = 10 + static_cast<double>(rows_) * (8 + static_cast<double>(to_.back() * size_) / 8);
    shares_ = ChooseShares(request.target, estimated_ns_, std::max<int64_t>(1, rows_));
  }

  void Run(const KernelArgs& args, int share) const override {
    const Range rows = ShareOf(rows_, 1, share, shares_);
    const int last = static_cast<int>(to_.size()) - 1;
    const int64_t row_bytes = to_[last] * size_, step = interior_[last] + 1, n = from_[last];
    const char* from = static_cast<const char*>(args.inputs[0]);
    for (int64_t row = rows.begin; row < rows.end; ++row) {
      char* to = static_cast<char*>(args.outputs[0]) + row * row_bytes;
      const int64_t source = SourceRow(row);
      if (source < 0 || n == 0) {
        FillElements(to, value_.raw(), to_[last], size_);
        continue;
      }
      const char* x = from + source * n * size_;
      if (step == 1) {
        FillElements(to, value_.raw(), low_[last], size_);
        std::memcpy(to + low_[last] * size_, x, n * size_);
        FillElements(to + (low_[last] + n) * size_, value_.raw(), to_[last] - low_[last] - n, size_);
      } else {
        FillElements(to, value_.raw(), to_[last], size_);
        for (int64_t i = 0; i < n; ++i) std::memcpy(to + (low_[last] + i * step) * size_, x + i * size_, size_);
      }
    }
  }

 private:
  // The operand's row that lies in this row of the result; -1 if it is padding throughout.
  int64_t SourceRow(int64_t row) const {
    int64_t source = 0, scale = 1;
    for (int k = static_cast<int>(to_.size()) - 2; k >= 0; --k) {
      const int64_t at = row % to_[k] - low_[k], step = interior_[k] + 1;
      row /= to_[k];
      if (at < 0 || at % step != 0 || at / step >= from_[k]) return -1;
      source += at / step * scale;
      scale *= from_[k];
    }
    return source;
  }

  Dims from_, to_, low_;
  std::vector<int64_t> interior_;
  Tensor value_;
  int64_t size_, rows_;
};

std::vector<Value> Gradient(const GradientArgs& args) {
  const Shape& from = args.input(0).shape();
  SliceOptions slice;
  slice.start = args.attrs().Get<Shape>("low");
  for (int i = 0; i < from.rank(); ++i) {
    const int64_t stride = args.attrs().Ints("interior")[i] + 1;
    slice.limit.push_back(slice.start[i] + (from[i] - 1) * stride + 1);
    slice.stride.push_back(stride);
  }
  return args.Only(0, Slice(args.dy(), slice));
}

Value PadByNothing(RewriteContext& context) {
  return context.input(0).type() == context.type() ? context.input(0) : Value();
}

}  // namespace

OpDef PadOp() {
  OpDef def;
  def.name = "pad";
  def.family = "shape";
  def.doc =
      "y[low + i * (interior + 1), ...] = x[i, ...] per axis, `value` elsewhere; dims low + (d - 1) * (interior + 1) + "
      "1 + high, where d is the operand's. Any dtype. Gradient: the slice of dy that x went to.";
  def.inputs = {"x"};
  def.attrs = {{"low", AttrKind::kShape, std::nullopt, "Elements before the first, per axis; may be symbolic."},
               {"high", AttrKind::kShape, std::nullopt, "Elements behind the last, per axis; may be symbolic."},
               {"interior", AttrKind::kInts, std::nullopt, "Elements between two neighbours, per axis."},
               {"value", AttrKind::kFloat, 0.0, "What is added, converted to the dtype."}};
  def.infer = Infer;
  def.differentiability = Differentiability::kGradient;
  def.gradient = Gradient;
  def.reference = Reference;
  def.kernel = [](const KernelRequest& request) -> absl::StatusOr<std::unique_ptr<Kernel>> {
    WEFT_ASSIGN_OR_RETURN(Dims low, request.attrs.Get<Shape>("low").Evaluate(request.bindings));
    return std::make_unique<PadKernel>(request, low);
  };
  def.simplify = {{"pad_by_nothing", true, PadByNothing, "pad by no elements -> x"}};
  return def;
}

}  // namespace weft
