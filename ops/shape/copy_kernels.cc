#include "ops/shape/copy_kernels.h"

#include <algorithm>
#include <cstring>

#include "ops/shape/indexing.h"

namespace weft {
namespace {

// Calls f(T{}) with an unsigned type of that many bytes.
template <typename F>
void DispatchSize(int64_t element_size, F&& f) {
  switch (element_size) {
    case 1:
      return f(uint8_t{});
    case 4:
      return f(uint32_t{});
    default:
      return f(uint64_t{});
  }
}

// How the elements of the innermost axis are moved.
enum class Inner { kRun, kFill, kTranspose, kStrided };

constexpr int64_t kShortRun = 16;   // elements; below, a loop beats the call of memcpy
constexpr int64_t kSegment = 4096;  // elements of the innermost axis in one unit of work
constexpr int64_t kTile = 16;       // a cache line of f32: side of the squares that are transposed
constexpr double kBytesPerNs = 16;  // copying from the second-level cache
constexpr double kNsPerUnit = 4;

// A canonical plan cut into units of work that write different elements.
class Mover {
 public:
  Mover(const CopyPlan& plan, int64_t element_size) : plan_(Canonical(plan)), size_(element_size) {
    const int last = static_cast<int>(plan_.dims.size()) - 1;
    const int64_t from = plan_.from_strides[last], to = plan_.to_strides[last];
    inner_ = from == 1 && to == 1 ? Inner::kRun : from == 0 && to == 1 ? Inner::kFill : Inner::kStrided;
    if (inner_ == Inner::kStrided && to == 1) {
      for (int k = 0; k < last; ++k) {
        if (plan_.from_strides[k] != 1) continue;
        // The axis along which reading is contiguous becomes the last but one: squares of these two stay in L1.
        for (Dims* d : {&plan_.dims, &plan_.from_strides, &plan_.to_strides}) {
          std::rotate(d->begin() + k, d->begin() + k + 1, d->end() - 1);
        }
        inner_ = Inner::kTranspose;
        break;
      }
    }
    outer_axes_ = inner_ == Inner::kTranspose ? last - 1 : last;
    outer_ = 1;
    for (int k = 0; k < outer_axes_; ++k) outer_ *= plan_.dims[k];
    segments_ = (plan_.dims[last] + kSegment - 1) / kSegment;
    rows_ = inner_ == Inner::kTranspose ? (plan_.dims[last - 1] + kTile - 1) / kTile : 1;
  }

  int64_t units() const { return outer_ * rows_ * segments_; }
  double estimated_ns() const {
    const double elements = static_cast<double>(NumElements(plan_.dims));
    const double slow = inner_ == Inner::kStrided || inner_ == Inner::kTranspose ? 0.35 * elements : 0;
    return elements * static_cast<double>(size_) / kBytesPerNs + slow + kNsPerUnit * static_cast<double>(units());
  }

  void Run(const void* from, void* to, Range range) const {
    DispatchSize(size_, [&](auto tag) {
      using T = decltype(tag);
      for (int64_t unit = range.begin; unit < range.end; ++unit) {
        RunUnit(static_cast<const T*>(from), static_cast<T*>(to), unit);
      }
    });
  }

 private:
  template <typename T>
  void RunUnit(const T* from, T* to, int64_t unit) const {
    const size_t last = plan_.dims.size() - 1;
    const int64_t begin = unit % segments_ * kSegment, n = std::min(kSegment, plan_.dims[last] - begin);
    const int64_t row = unit / segments_ % rows_;
    int64_t outer = unit / segments_ / rows_;
    from += plan_.from_offset + begin * plan_.from_strides[last];
    to += plan_.to_offset + begin * plan_.to_strides[last];
    for (int k = outer_axes_; k-- > 0; outer /= plan_.dims[k]) {
      const int64_t i = outer % plan_.dims[k];
      from += i * plan_.from_strides[k];
      to += i * plan_.to_strides[k];
    }
    const int64_t from_step = plan_.from_strides[last], to_step = plan_.to_strides[last];
    switch (inner_) {
      case Inner::kRun:
        if (n >= kShortRun) {
          std::memcpy(to, from, n * sizeof(T));
        } else {
          for (int64_t i = 0; i < n; ++i) to[i] = from[i];
        }
        return;
      case Inner::kFill:
        std::fill_n(to, n, *from);
        return;
      case Inner::kStrided:
        for (int64_t i = 0; i < n; ++i) to[i * to_step] = from[i * from_step];
        return;
      case Inner::kTranspose: {
        const int64_t first = row * kTile, rows = std::min(kTile, plan_.dims[last - 1] - first);
        const int64_t to_row = plan_.to_strides[last - 1];
        from += first;
        to += first * to_row;
        for (int64_t j = 0; j < n; j += kTile) {
          const int64_t columns = std::min(kTile, n - j);
          for (int64_t r = 0; r < rows; ++r) {
            for (int64_t c = 0; c < columns; ++c) to[r * to_row + j + c] = from[(j + c) * from_step + r];
          }
        }
        return;
      }
    }
  }

  CopyPlan plan_;
  int64_t size_;
  Inner inner_;
  int outer_axes_;
  int64_t outer_, rows_, segments_;
};

class CopyKernel : public Kernel {
 public:
  CopyKernel(const KernelRequest& request, absl::Span<const CopyPlan> plans) {
    const int64_t size = SizeOf(request.outputs[0].dtype);
    int64_t most = 1;
    estimated_ns_ = 10;
    for (const CopyPlan& plan : plans) {
      movers_.emplace_back(plan, size);
      operands_.emplace_back(plan.input, plan.output);
      most = std::max(most, movers_.back().units());
      estimated_ns_ += movers_.back().estimated_ns();
    }
    shares_ = ChooseShares(request.target, estimated_ns_, most);
  }
  void Run(const KernelArgs& args, int share) const override {
    for (size_t i = 0; i < movers_.size(); ++i) {
      const auto [input, output] = operands_[i];
      movers_[i].Run(args.inputs[input], args.outputs[output], ShareOf(movers_[i].units(), 1, share, shares_));
    }
  }

 private:
  std::vector<Mover> movers_;
  std::vector<std::pair<int, int>> operands_;  // input and output of each
};

class FillKernel : public Kernel {
 public:
  FillKernel(const KernelRequest& request, const Tensor& value) : value_(value) {
    n_ = NumElements(request.outputs[0].dims);
    size_ = SizeOf(value.dtype());
    estimated_ns_ = 10 + static_cast<double>(n_ * size_) / (2 * kBytesPerNs);
    shares_ = ChooseShares(request.target, estimated_ns_, std::max<int64_t>(1, (n_ + 63) / 64));
  }
  void Run(const KernelArgs& args, int share) const override {
    const Range range = ShareOf(n_, 64, share, shares_);
    FillElements(static_cast<char*>(args.outputs[0]) + range.begin * size_, value_.raw(), range.end - range.begin,
                 size_);
  }

 private:
  Tensor value_;
  int64_t n_, size_;
};

}  // namespace

CopyPlan Canonical(const CopyPlan& plan) {
  CopyPlan result;
  result.from_offset = plan.from_offset;
  result.to_offset = plan.to_offset;
  for (size_t k = 0; k < plan.dims.size(); ++k) {
    const int64_t dim = plan.dims[k], from = plan.from_strides[k], to = plan.to_strides[k];
    if (dim == 1) continue;
    if (!result.dims.empty() && result.from_strides.back() == from * dim && result.to_strides.back() == to * dim) {
      result.dims.back() *= dim;
      result.from_strides.back() = from;
      result.to_strides.back() = to;
    } else {
      result.dims.push_back(dim);
      result.from_strides.push_back(from);
      result.to_strides.push_back(to);
    }
  }
  if (result.dims.empty()) {
    result.dims = {1};
    result.from_strides = {1};
    result.to_strides = {1};
  }
  return result;
}

void FillElements(void* to, const void* value, int64_t n, int64_t element_size) {
  DispatchSize(element_size, [&](auto tag) {
    using T = decltype(tag);
    T element;
    std::memcpy(&element, value, sizeof(T));
    std::fill_n(static_cast<T*>(to), n, element);
  });
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeCopyKernel(const KernelRequest& request, absl::Span<const CopyPlan> plans) {
  return std::make_unique<CopyKernel>(request, plans);
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeViewKernel(const KernelRequest& request) {
  CopyPlan plan;
  plan.dims = {NumElements(request.outputs[0].dims)};
  plan.from_strides = plan.to_strides = {1};
  return MakeCopyKernel(request, {plan});
}

absl::StatusOr<std::unique_ptr<Kernel>> MakeFillKernel(const KernelRequest& request, const Tensor& value) {
  return std::make_unique<FillKernel>(request, value);
}

}  // namespace weft
