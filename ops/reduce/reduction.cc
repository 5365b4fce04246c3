#include "ops/reduce/reduction.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_join.h"
#include "core/status.h"

namespace weft {
namespace {

// NaN wins, and -0 is below +0, as in core/simd.
bool Below(double a, double b) { return a < b || (a == b && std::signbit(a) && !std::signbit(b)); }

// Shares take results.
class F32Kernel : public Kernel {
 public:
  F32Kernel(Reduction reduction, const KernelRequest& request)
      : sums_(reduction, request.inputs[0].dims, request.attrs, request.target.isa) {
    estimated_ns_ = sums_.estimated_ns();
    const int64_t parts = (sums_.results() + sums_.grain() - 1) / sums_.grain();
    shares_ = ChooseShares(request.target, estimated_ns_, std::max<int64_t>(1, parts));
  }
  void Run(const KernelArgs& args, int share) const override {
    const Range range = ShareOf(sums_.results(), sums_.grain(), share, shares_);
    sums_.Run(static_cast<const float*>(args.inputs[0]), range, static_cast<float*>(args.outputs[0]) + range.begin);
  }

 private:
  F32Reduction sums_;
};

// Integers and bool: exact, so any order will do.
template <typename T>
class IntKernel : public Kernel {
 public:
  IntKernel(Reduction reduction, const KernelRequest& request)
      : reduction_(reduction), view_(ViewOf(request.inputs[0].dims, request.attrs).view) {
    estimated_ns_ = 10 + static_cast<double>(view_.outer * view_.size * view_.inner);
    shares_ = ChooseShares(request.target, estimated_ns_, std::max<int64_t>(1, view_.outer * view_.inner));
  }

  void Run(const KernelArgs& args, int share) const override {
    switch (reduction_) {
      case Reduction::kSum:
        return Reduce(args, share, [](T a, T b) { return static_cast<T>(Wide(a) + Wide(b)); });
      case Reduction::kProd:
        return Reduce(args, share, [](T a, T b) { return static_cast<T>(Wide(a) * Wide(b)); });
      case Reduction::kMax:
        return Reduce(args, share, [](T a, T b) { return a < b ? b : a; });
      case Reduction::kMin:
        return Reduce(args, share, [](T a, T b) { return b < a ? b : a; });
    }
  }

 private:
  static uint64_t Wide(T x) { return static_cast<uint64_t>(x); }  // so that it wraps

  template <typename F>
  void Reduce(const KernelArgs& args, int share, F join) const {
    const Range results = ShareOf(view_.outer * view_.inner, 1, share, shares_);
    const T neutral = static_cast<T>(Neutral(reduction_, kDTypeOf<T>));
    const T* x = static_cast<const T*>(args.inputs[0]);
    T* out = static_cast<T*>(args.outputs[0]);
    for (int64_t r = results.begin; r < results.end;) {
      const int64_t o = r / view_.inner, begin = r % view_.inner;
      const int64_t n = std::min(view_.inner - begin, results.end - r);
      std::fill_n(out + r, n, neutral);
      for (int64_t i = 0; i < view_.size; ++i) {
        const T* row = x + (o * view_.size + i) * view_.inner + begin;
        for (int64_t c = 0; c < n; ++c) out[r + c] = join(out[r + c], row[c]);
      }
      r += n;
    }
  }

  Reduction reduction_;
  AxisView view_;
};

}  // namespace

absl::StatusOr<TensorType> ReducedType(const TensorType& input, const AttrMap& attrs) {
  const std::vector<int64_t>& axes = attrs.Ints("axes");
  bool ok = !axes.empty() && axes.front() >= 0 && axes.back() < input.rank();
  for (size_t i = 1; ok && i < axes.size(); ++i) ok = axes[i] == axes[i - 1] + 1;
  if (!ok) {
    return InvalidArgument("attribute axes: expected neighbouring axes in [0, ", input.rank(), "), at least one, got [",
                           absl::StrJoin(axes, ","), "] (other axes take a node for each group of neighbours)");
  }
  TensorType result{input.dtype, KeptShape(input.shape, attrs)};
  if (attrs.Bool("keepdims")) return result;
  Shape shape;
  for (int i = 0; i < input.rank(); ++i) {
    if (i < axes.front() || i > axes.back()) shape.push_back(input.shape[i]);
  }
  result.shape = shape;
  return result;
}

Shape KeptShape(const Shape& input, const AttrMap& attrs) {
  Shape shape = input;
  for (int64_t axis : attrs.Ints("axes")) shape[static_cast<int>(axis)] = 1;
  return shape;
}

ReductionView ViewOf(absl::Span<const int64_t> dims, const AttrMap& attrs) {
  const std::vector<int64_t>& axes = attrs.Ints("axes");
  ReductionView v;
  for (int64_t i = 0; i < static_cast<int64_t>(dims.size()); ++i) {
    (i < axes.front() ? v.view.outer : i > axes.back() ? v.view.inner : v.view.size) *= dims[i];
  }
  v.rows = axes.back() == static_cast<int64_t>(dims.size()) - 1;
  return v;
}

double Neutral(Reduction reduction) {
  switch (reduction) {
    case Reduction::kSum:
      return 0;
    case Reduction::kProd:
      return 1;
    case Reduction::kMax:
      return -std::numeric_limits<double>::infinity();
    case Reduction::kMin:
      break;
  }
  return std::numeric_limits<double>::infinity();
}

int64_t Neutral(Reduction reduction, DType dtype) {
  if (reduction == Reduction::kSum || reduction == Reduction::kProd) return reduction == Reduction::kProd;
  return DispatchDType(dtype, [&](auto tag) {
    using Limits = std::numeric_limits<decltype(tag)>;
    return static_cast<int64_t>(reduction == Reduction::kMax ? Limits::lowest() : Limits::max());
  });
}

double Join(Reduction reduction, double a, double b) {
  switch (reduction) {
    case Reduction::kSum:
      return a + b;
    case Reduction::kProd:
      return a * b;
    case Reduction::kMax:
      return std::isnan(a) || Below(b, a) ? a : b;
    case Reduction::kMin:
      break;
  }
  return std::isnan(a) || Below(a, b) ? a : b;
}

int64_t Join(Reduction reduction, int64_t a, int64_t b) {
  switch (reduction) {
    case Reduction::kSum:
      return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
    case Reduction::kProd:
      return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
    case Reduction::kMax:
      return std::max(a, b);
    case Reduction::kMin:
      break;
  }
  return std::min(a, b);
}

void ReduceReference(Reduction reduction, const RefTensor& x, const AttrMap& attrs, RefTensor& y) {
  const auto [outer, size, inner] = ViewOf(x.dims, attrs).view;
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t c = 0; c < inner; ++c) {
      double f = Neutral(reduction);
      int64_t n = x.is_float() ? 0 : Neutral(reduction, x.dtype);
      for (int64_t i = 0; i < size; ++i) {
        const int64_t at = (o * size + i) * inner + c;
        if (x.is_float()) {
          f = Join(reduction, f, x.f[at]);
        } else {
          n = Join(reduction, n, x.i[at]);
        }
      }
      if (y.is_float()) {
        y.f[o * inner + c] = f;
      } else {
        y.i[o * inner + c] = n;
      }
    }
  }
}

F32Reduction::F32Reduction(Reduction reduction, absl::Span<const int64_t> dims, const AttrMap& attrs, Isa isa)
    : v_(ViewOf(dims, attrs)) {
  const ReduceF32* table = isa == Isa::kAvx512 ? ReduceF32Avx512()
                           : isa == Isa::kAvx2 ? ReduceF32Avx2()
                                               : ReduceF32Baseline();
  fn_ = table[static_cast<int>(reduction)];
}

int64_t F32Reduction::grain() const { return v_.rows ? 1 : v_.view.inner >= 256 ? 128 : 16; }

void F32Reduction::Run(const float* x, Range results, float* out) const {
  const auto [outer, n, inner] = v_.view;
  if (v_.rows) return fn_.rows(x + results.begin * n, results.end - results.begin, n, out);
  for (int64_t r = results.begin; r < results.end;) {
    const int64_t column = r % inner, columns = std::min(inner - column, results.end - r);
    fn_.columns(x + r / inner * n * inner + column, n, inner, columns, out + (r - results.begin));
    r += columns;
  }
}

double F32Reduction::estimated_ns() const {
  const double elements = static_cast<double>(v_.view.outer * v_.view.size * v_.view.inner);
  // From the second-level cache 16 elements take about a nanosecond; rows have a tree at their end, narrow columns wait
  // for the adder.
  const double ends = v_.rows ? 6.0 * static_cast<double>(v_.view.outer) : 0;
  const double chains = v_.rows || v_.view.inner >= 64 ? 0 : 1.3 * static_cast<double>(v_.view.outer * v_.view.size);
  return 10 + elements / 16 + ends + chains;
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeReduceKernel(Reduction reduction, const KernelRequest& request) {
  std::unique_ptr<Kernel> kernel;
  DispatchDType(request.inputs[0].dtype, [&](auto tag) {
    using T = decltype(tag);
    if constexpr (kDTypeOf<T> == DType::kFloat32) {
      kernel = std::make_unique<F32Kernel>(reduction, request);
    } else if constexpr (kDTypeOf<T> != DType::kFloat64) {
      kernel = std::make_unique<IntKernel<T>>(reduction, request);
    }
  });
  return kernel;
}

}  // namespace weft
