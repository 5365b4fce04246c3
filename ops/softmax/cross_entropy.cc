// softmax_cross_entropy, sparse_softmax_cross_entropy: a loss per row, from logits.
#include <algorithm>
#include <limits>

#include "core/status.h"
#include "graph/autodiff/gradient_args.h"
#include "graph/exec/kernel.h"
#include "graph/exec/reference.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/reduce.h"
#include "ops/shape/indexing.h"
#include "ops/shape/shape.h"
#include "ops/softmax/op_defs.h"
#include "ops/softmax/softmax.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;

absl::StatusOr<TensorType> LossType(const TensorType& logits) {
  if (!IsFloat(logits.dtype) || logits.rank() == 0) {
    return InvalidArgument("logits: expected f32 or f64 with at least one axis, got ", logits.ToString());
  }
  return TensorType{logits.dtype, Shape(logits.shape.dims().first(logits.rank() - 1))};
}

absl::StatusOr<Types> InferDense(absl::Span<const TensorType> in, const AttrMap&) {
  WEFT_ASSIGN_OR_RETURN(TensorType loss, LossType(in[0]));
  if (in[1] != in[0]) {
    return InvalidArgument("probabilities: expected the type of the logits, ", in[0].ToString(), ", got ",
                           in[1].ToString(),
                           IsInteger(in[1].dtype) ? " (for integer labels use sparse_softmax_cross_entropy)" : "");
  }
  return Types{std::move(loss)};
}

absl::StatusOr<Types> InferSparse(absl::Span<const TensorType> in, const AttrMap&) {
  WEFT_ASSIGN_OR_RETURN(TensorType loss, LossType(in[0]));
  if (!IsInteger(in[1].dtype) || in[1].shape != loss.shape) {
    return InvalidArgument("labels: expected i32, i64 or u8 of shape ", loss.shape.ToString(),
                           " (one per row of the logits), got ", in[1].ToString());
  }
  return Types{std::move(loss)};
}

// The logits as [rows, n].
struct Rows {
  explicit Rows(absl::Span<const int64_t> dims) : n(dims.back()), count(NumElements(dims.first(dims.size() - 1))) {}
  int64_t n, count;
};

absl::Status DenseReference(ReferenceArgs& args) {
  const Rows rows(args.inputs[0].dims);
  for (int64_t r = 0; r < rows.count; ++r) {
    const double *x = args.inputs[0].f.data() + r * rows.n, *p = args.inputs[1].f.data() + r * rows.n;
    const RowSum row = ReferenceRowSum(x, rows.n, 1);
    double loss = 0;
    for (int64_t j = 0; j < rows.n; ++j) loss += p[j] * (row.log_sum - (x[j] - row.max));
    args.outputs[0].f[r] = loss;
  }
  return absl::OkStatus();
}

absl::Status SparseReference(ReferenceArgs& args) {
  const Rows rows(args.inputs[0].dims);
  for (int64_t r = 0; r < rows.count; ++r) {
    const double* x = args.inputs[0].f.data() + r * rows.n;
    const RowSum row = ReferenceRowSum(x, rows.n, 1);
    const int64_t label = args.inputs[1].i[r];
    const bool valid = label >= 0 && label < rows.n;
    args.outputs[0].f[r] = valid ? row.log_sum - (x[label] - row.max) : std::numeric_limits<double>::quiet_NaN();
  }
  return absl::OkStatus();
}

constexpr int64_t kBlock = 64;  // rows whose maxima and sums are kept on the stack

// f(first row, rows, their maxima, their log sums) for the rows of a share, block by block.
template <typename F>
void ForEachBlock(const SoftmaxF32& fns, const float* x, const Rows& rows, Range share, F f) {
  float max[kBlock], log_sum[kBlock];
  for (int64_t begin = share.begin; begin < share.end; begin += kBlock) {
    const int64_t block = std::min(kBlock, share.end - begin);
    fns.log_sum(x + begin * rows.n, block, rows.n, max, log_sum);
    f(begin, block, max, log_sum);
  }
}

class CrossEntropyKernel : public Kernel {
 public:
  explicit CrossEntropyKernel(const KernelRequest& request)
      : rows_(request.inputs[0].dims), fns_(SoftmaxKernels(request.target.isa)), labels_(request.inputs[1].dtype) {
    estimated_ns_ = 10 + static_cast<double>(rows_.count) * (30 + 0.8 * static_cast<double>(rows_.n));
    shares_ = ChooseShares(request.target, estimated_ns_, std::max<int64_t>(1, rows_.count));
  }

  void Run(const KernelArgs& args, int share) const override {
    const float* x = static_cast<const float*>(args.inputs[0]);
    float* out = static_cast<float*>(args.outputs[0]);
    const Range range = ShareOf(rows_.count, 1, share, shares_);
    DispatchDType(labels_, [&](auto tag) {
      using T = decltype(tag);
      const T* labels = static_cast<const T*>(args.inputs[1]);
      ForEachBlock(fns_, x, rows_, range, [&](int64_t begin, int64_t block, const float* max, const float* log_sum) {
        if constexpr (kDTypeOf<T> == DType::kFloat32) {
          const int64_t at = begin * rows_.n;
          fns_.cross_entropy(x + at, labels + at, block, rows_.n, max, log_sum, out + begin);
        } else {
          for (int64_t r = 0; r < block; ++r) {
            const int64_t label = static_cast<int64_t>(labels[begin + r]);
            const bool valid = label >= 0 && label < rows_.n;
            out[begin + r] = valid ? log_sum[r] - (x[(begin + r) * rows_.n + label] - max[r])
                                   : std::numeric_limits<float>::quiet_NaN();
          }
        }
      });
    });
  }

 private:
  Rows rows_;
  const SoftmaxF32& fns_;
  DType labels_;  // f32: probabilities
};

absl::StatusOr<std::unique_ptr<Kernel>> MakeCrossEntropy(const KernelRequest& request) {
  if (request.inputs[0].dtype != DType::kFloat32) return nullptr;
  return std::make_unique<CrossEntropyKernel>(request);
}

// Wherever two operands of one operation are recorded, that happens in statements of their own: C++ leaves the order of
// evaluating arguments open, and the order of nodes decides the order in which gradients are added.
std::vector<Value> DenseGradient(const GradientArgs& args) {
  const Value logits = args.input(0), p = args.input(1), dy = ExpandDims(args.dy(), -1);
  std::vector<Value> result(2);
  if (args.needs(0)) {
    const Value softmax = Softmax(logits);
    result[0] = dy * (softmax * ReduceSum(p, {.axes = {-1}, .keepdims = true}) - p);
  }
  if (args.needs(1)) result[1] = Neg(dy * LogSoftmax(logits));
  return result;
}

std::vector<Value> SparseGradient(const GradientArgs& args) {
  const Value logits = args.input(0), dy = ExpandDims(args.dy(), -1);
  const Value chosen = OneHot(args.input(1), logits.shape()[logits.rank() - 1], logits.dtype());
  return args.Only(0, dy * (Softmax(logits) - chosen));
}

OpDef Define(const char* name, const char* doc) {
  OpDef def;
  def.name = name;
  def.family = "softmax";
  def.doc = doc;
  def.differentiability = Differentiability::kGradient;
  def.kernel = MakeCrossEntropy;
  def.flops = [](absl::Span<const ConcreteType> in, absl::Span<const ConcreteType>, const AttrMap&) {
    return 20.0 * static_cast<double>(NumElements(in[0].dims));
  };
  return def;
}

}  // namespace

OpDef SoftmaxCrossEntropyOp() {
  OpDef def =
      Define("softmax_cross_entropy",
             "loss = sum_j p_j (log(sum_k exp(z_k - m)) - (z_j - m)) = -sum_j p_j log_softmax(z)_j per row (the last "
             "axis, dropped), m the row's maximum. Both f32 (sums in 64 lanes, p_j (...) by FMA) or f64, of one "
             "shape. Gradients: dy (softmax(z) sum(p) - p) to z, -dy log_softmax(z) to p.");
  def.inputs = {"logits", "probabilities"};
  def.infer = InferDense;
  def.gradient = DenseGradient;
  def.reference = DenseReference;
  return def;
}

OpDef SparseSoftmaxCrossEntropyOp() {
  OpDef def =
      Define("sparse_softmax_cross_entropy",
             "loss = log(sum_k exp(z_k - m)) - (z_label - m) per row (the last axis, dropped), m the row's maximum; "
             "NaN where the label is out of range. Logits f32 (sum in 64 lanes) or f64, labels i32, i64 or u8. "
             "Gradient to z: dy (softmax(z) - one_hot(label)).");
  def.inputs = {"logits", "labels"};
  def.infer = InferSparse;
  def.gradient = SparseGradient;
  def.reference = SparseReference;
  return def;
}

}  // namespace weft
