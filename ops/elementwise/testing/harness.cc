#include "ops/elementwise/testing/harness.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "absl/strings/str_cat.h"
#include "core/buffer.h"
#include "core/layout.h"
#include "core/simd/denormals.h"
#include "core/status.h"
#include "graph/exec/kernel.h"
#include "ops/elementwise/elementwise_family.h"
#include "ops/reduce/reduce_family.h"
#include "ops/shape/shape_family.h"

namespace weft {
namespace {

constexpr int64_t kGuard = 512;
constexpr unsigned char kCanary = 0xC7;

// Storage between guard zones.
class Guarded {
 public:
  explicit Guarded(int64_t bytes) : bytes_(RoundUp(bytes, kAlignment)) {
    const size_t all = static_cast<size_t>(bytes_ + 2 * kGuard);
    memory_.reset(static_cast<unsigned char*>(std::aligned_alloc(kAlignment, all)));
    std::memset(memory_.get(), kCanary, all);
    std::memset(data(), 0xFF, static_cast<size_t>(bytes_));  // NaN
  }
  std::byte* data() { return reinterpret_cast<std::byte*>(memory_.get() + kGuard); }
  bool intact() const {
    auto whole = [](const unsigned char* p) {
      return std::all_of(p, p + kGuard, [](unsigned char c) { return c == kCanary; });
    };
    return whole(memory_.get()) && whole(memory_.get() + kGuard + bytes_);
  }
  std::vector<std::byte> Copy() { return std::vector<std::byte>(data(), data() + bytes_); }

 private:
  struct Free {
    void operator()(unsigned char* p) const { std::free(p); }
  };
  int64_t bytes_;
  std::unique_ptr<unsigned char, Free> memory_;
};

bool IsTiny(double v) { return std::fabs(v) < std::numeric_limits<float>::min(); }

}  // namespace

const OpRegistry& TestOps() {
  static const OpRegistry* const registry = [] {
    auto* r = new OpRegistry;
    absl::Status status = AddShapeFamily(*r);
    if (status.ok()) status = AddElementwiseFamily(*r);
    if (status.ok()) status = AddReduceFamily(*r);
    return status.ok() ? r : nullptr;
  }();
  return *registry;
}

absl::StatusOr<GraphPtr> BuildGraph(
    absl::Span<const TensorType> inputs,
    const std::function<std::vector<Value>(GraphBuilder& builder, absl::Span<const Value> inputs)>& record) {
  GraphBuilder b(TestOps());
  std::vector<Value> values;
  for (size_t i = 0; i < inputs.size(); ++i) values.push_back(b.Input(absl::StrCat("x", i), inputs[i]));
  const std::vector<Value> ys = record(b, values);
  for (size_t k = 0; k < ys.size(); ++k) b.Output(absl::StrCat("y", k), ys[k]);
  return b.Build();
}

absl::StatusOr<std::vector<Tensor>> RunKernel(const OpDef& op, const AttrMap& attrs, absl::Span<const Tensor> inputs,
                                              const KernelRunOptions& options) {
  std::vector<TensorType> types;
  for (const Tensor& t : inputs) types.push_back({t.dtype(), Shape::FromDims(t.dims())});
  WEFT_ASSIGN_OR_RETURN(std::vector<TensorType> results, op.infer(types, attrs));
  for (TensorType& type : types) {
    if (type.shape == results[0].shape) type.layout = options.layout;
  }
  WEFT_ASSIGN_OR_RETURN(results, op.infer(types, attrs));
  const SymbolBindings none;
  std::vector<ConcreteType> in_types, out_types;
  for (const TensorType& type : types) in_types.push_back(*Bind(type, none));
  for (const TensorType& type : results) out_types.push_back(*Bind(type, none));
  if (op.kernel == nullptr) return Internal("the op has no kernel");
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<Kernel> kernel,
                        op.kernel({op, attrs, in_types, out_types, none, options.target}));
  if (kernel == nullptr) return Internal("there is no kernel for these types");

  std::vector<Guarded> in, out;
  std::vector<const void*> in_pointers;
  std::vector<void*> out_pointers;
  for (size_t i = 0; i < inputs.size(); ++i) {
    in.emplace_back(*StorageBytes(in_types[i].dtype, in_types[i].dims, in_types[i].layout));
    if (in_types[i].layout == Layout::kRowMajor) {
      if (inputs[i].num_bytes() > 0) std::memcpy(in[i].data(), inputs[i].raw(), inputs[i].num_bytes());
    } else {
      PackLayout(in_types[i].dtype, in_types[i].dims, in_types[i].layout, inputs[i].raw(), in[i].data());
    }
    in_pointers.push_back(in[i].data());
  }
  for (size_t k = 0; k < out_types.size(); ++k) {
    out.emplace_back(*StorageBytes(out_types[k].dtype, out_types[k].dims, out_types[k].layout));
    out_pointers.push_back(out[k].data());
  }
  std::vector<bool> overwritten(inputs.size(), false);
  for (auto [k, i] : options.alias) {
    if (!kernel->MayAlias(k, i)) return Internal("the kernel refuses output ", k, " in place of input ", i);
    out_pointers[k] = in[i].data();
    overwritten[i] = true;
  }
  std::vector<std::vector<std::byte>> before;
  for (Guarded& buffer : in) before.push_back(buffer.Copy());
  {
    simd::ScopedFlushToZero flush;
    for (int share = kernel->shares() - 1; share >= 0; --share) {
      Guarded scratch(kernel->scratch_bytes());
      kernel->Run({in_pointers.data(), out_pointers.data(), scratch.data()}, share);
      if (!scratch.intact()) return Internal("the kernel wrote outside its scratch memory");
    }
  }
  for (size_t i = 0; i < in.size(); ++i) {
    if (!in[i].intact()) return Internal("the kernel wrote outside operand ", i);
    if (!overwritten[i] && in[i].Copy() != before[i]) return Internal("the kernel changed operand ", i);
  }
  std::vector<Tensor> tensors;
  for (size_t k = 0; k < out.size(); ++k) {
    if (!out[k].intact()) return Internal("the kernel wrote outside result ", k);
    const ConcreteType& type = out_types[k];
    WEFT_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Create(type.dtype, type.dims));
    if (tensor.num_bytes() > 0) {
      UnpackLayout(type.dtype, type.dims, type.layout, out_pointers[k], tensor.mutable_raw());
      if (type.layout != Layout::kRowMajor) {
        // Packed again, padding becomes 0: the bytes must be those that the kernel left.
        const int64_t bytes = *StorageElements(type.dims, type.layout) * SizeOf(type.dtype);
        Guarded again(*StorageBytes(type.dtype, type.dims, type.layout));
        PackLayout(type.dtype, type.dims, type.layout, tensor.raw(), again.data());
        if (std::memcmp(again.data(), out_pointers[k], bytes) != 0)
          return Internal("padding of result ", k, " is not 0");
      }
    }
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

absl::StatusOr<std::vector<Tensor>> RunLastNode(const Graph& graph, absl::Span<const Tensor> inputs,
                                                const KernelRunOptions& options) {
  const Node& node = graph.nodes().back();
  return RunKernel(*node.op, *node.attrs, inputs, options);
}

Tensor F32(std::vector<float> values) {
  const int64_t n = static_cast<int64_t>(values.size());
  return F32({n}, std::move(values));
}
Tensor F32(absl::Span<const int64_t> dims, std::vector<float> values) {
  return *Tensor::FromVector<float>(values, dims);
}

Tensor RandomF32(absl::Span<const int64_t> dims, double low, double high, PhiloxStream& random, int special) {
  using Limits = std::numeric_limits<float>;
  constexpr float kSpecial[] = {Limits::quiet_NaN(),
                                Limits::infinity(),
                                -Limits::infinity(),
                                0.0f,
                                -0.0f,
                                Limits::denorm_min(),
                                -1e-39f,
                                Limits::min(),
                                -Limits::min(),
                                Limits::max(),
                                -Limits::max(),
                                1.0f,
                                -1.0f,
                                0.5f,
                                2.5f,
                                8388609.0f};
  Tensor t = *Tensor::Create(DType::kFloat32, dims);
  for (float& v : t.mutable_data<float>()) {
    v = static_cast<float>(low + (high - low) * random.Uniform());
    if (special > 0 && random.Below(static_cast<uint64_t>(special)) == 0)
      v = kSpecial[random.Below(std::size(kSpecial))];
  }
  return t;
}

Tensor RandomBits(DType dtype, absl::Span<const int64_t> dims, PhiloxStream& random) {
  Tensor t = *Tensor::Create(dtype, dims);
  DispatchDType(dtype, [&](auto zero) {
    using T = decltype(zero);
    for (T& v : t.mutable_data<T>()) {
      uint64_t bits = random.Next64();
      if (random.Below(3) == 0) bits = random.Below(5) - 2;
      if constexpr (std::is_same_v<T, bool>) {
        v = (bits & 1) != 0;
      } else if constexpr (std::is_same_v<T, float>) {
        const uint32_t low = static_cast<uint32_t>(bits);
        std::memcpy(&v, &low, sizeof(v));
      } else {
        v = static_cast<T>(bits);
      }
    }
    return 0;
  });
  return t;
}

Tensor FlushDenormals(const Tensor& t) {
  Tensor flushed = t.Clone();
  if (t.dtype() == DType::kFloat32) {
    for (float& v : flushed.mutable_data<float>()) {
      if (IsTiny(v)) v = std::copysign(0.0f, v);
    }
  }
  return flushed;
}

std::string Difference(const Tensor& got, const Tensor& want, double ulps) {
  if (got.dtype() != want.dtype() || got.dims() != want.dims()) {
    return absl::StrCat("got ", got.ToString(), ", want ", want.ToString());
  }
  const Tensor a = FlushDenormals(got), b = FlushDenormals(want);
  const int64_t size = SizeOf(got.dtype());
  for (int64_t i = 0; i < got.num_elements(); ++i) {
    const char* pa = static_cast<const char*>(a.raw()) + i * size;
    const char* pb = static_cast<const char*>(b.raw()) + i * size;
    if (std::memcmp(pa, pb, static_cast<size_t>(size)) == 0) continue;
    if (IsFloat(got.dtype())) {
      const double x = a.AtDouble(i), y = b.AtDouble(i);
      if (std::isnan(x) && std::isnan(y)) continue;
      const double ulp = std::ldexp(1.0, std::max(std::ilogb(y == 0 ? 1e-38 : y), -126) - 23);
      // A flushed result is within one smallest normal number of a small one.
      const double allowed = ulps * ulp + (ulps > 0 ? std::numeric_limits<float>::min() : 0);
      if (ulps > 0 && std::isfinite(x) && std::isfinite(y) && std::fabs(x - y) <= allowed) continue;
      // At the edge of the range one side may round to infinity.
      if (ulps > 0 && std::signbit(x) == std::signbit(y) && std::fabs(x) > 3.4028e38 && std::fabs(y) > 3.4028e38)
        continue;
    }
    return absl::StrCat("element ", i, " of ", got.num_elements(), ": got ", got.AtDouble(i), ", want ",
                        want.AtDouble(i));
  }
  return "";
}

}  // namespace weft
