#include "ops/random/random_uniform.h"

#include <algorithm>

#include "core/philox.h"
#include "core/status.h"
#include "graph/exec/kernel.h"
#include "graph/exec/reference.h"
#include "ops/random/f32_kernels.h"
#include "ops/random/random.h"
#include "ops/shape/recording.h"

namespace weft {
namespace {

using Types = std::vector<TensorType>;

absl::StatusOr<Types> Infer(absl::Span<const TensorType> in, const AttrMap& attrs) {
  for (int i = 0; i < 2; ++i) {
    if (in[i].dtype == DType::kInt64 && in[i].rank() == 0) continue;
    return InvalidArgument(i == 0 ? "key" : "step", ": expected an i64 scalar, got ", in[i].ToString());
  }
  const TensorType& type = attrs.Get<TensorType>("type");
  WEFT_RETURN_IF_ERROR(CheckShapeAttr("type", type.shape));
  if (!IsFloat(type.dtype) || type.layout != Layout::kRowMajor) {
    return InvalidArgument("attribute type: expected f32 or f64, row-major, got ", type.ToString());
  }
  const int64_t stream = attrs.Int("stream");
  if (stream < 0 || stream > kMaxRandomStream) {
    return InvalidArgument("attribute stream: expected a number in [0, ", kMaxRandomStream, "], got ", stream);
  }
  return Types{type};
}

uint32_t Low(uint64_t x) { return static_cast<uint32_t>(x); }
uint32_t High(uint64_t x) { return static_cast<uint32_t>(x >> 32); }

absl::Status Reference(ReferenceArgs& args) {
  const uint64_t key = static_cast<uint64_t>(args.inputs[0].i[0]), step = static_cast<uint64_t>(args.inputs[1].i[0]);
  const uint32_t stream = Low(static_cast<uint64_t>(args.attrs.Int("stream")));
  std::vector<double>& y = args.outputs[0].f;
  for (size_t i = 0; i < y.size(); ++i) {
    const uint64_t b = i / 4;
    const PhiloxBlock words =
        Philox4x32({Low(key), High(key)}, {Low(b), High(b) + 256 * stream, Low(step), High(step)});
    y[i] = static_cast<double>(words[i % 4] >> 8) * 0x1p-24;
  }
  return absl::OkStatus();
}

constexpr int64_t kGrain = 64;  // elements: a group of blocks on every instruction set

class UniformKernel : public Kernel {
 public:
  explicit UniformKernel(const KernelRequest& request)
      : n_(NumElements(request.outputs[0].dims)),
        stream_(Low(static_cast<uint64_t>(request.attrs.Int("stream")))),
        fn_(request.target.isa == Isa::kAvx512 ? UniformF32Avx512()
            : request.target.isa == Isa::kAvx2 ? UniformF32Avx2()
                                               : UniformF32Baseline()) {
    estimated_ns_ = 20 + static_cast<double>(n_) * (request.target.isa == Isa::kAvx512 ? 0.8 : 2);
    shares_ = ChooseShares(request.target, estimated_ns_, std::max<int64_t>(1, (n_ + kGrain - 1) / kGrain));
  }
  void Run(const KernelArgs& args, int share) const override {
    const Range range = ShareOf(n_, kGrain, share, shares_);
    const uint64_t key = *static_cast<const uint64_t*>(args.inputs[0]);
    const uint64_t step = *static_cast<const uint64_t*>(args.inputs[1]);
    fn_({key, step, stream_}, range.begin, range.end, static_cast<float*>(args.outputs[0]) + range.begin);
  }

 private:
  int64_t n_;
  uint32_t stream_;
  UniformF32 fn_;
};

}  // namespace

OpDef RandomUniformOp() {
  OpDef def;
  def.name = "random_uniform";
  def.family = "random";
  def.doc =
      "Uniform in [0, 1): the top 24 bits of a word of Philox 4x32-10 (Salmon et al., SC 2011) times 2^-24. Element i "
      "is word i mod 4 of the block with key (key low, key high) and counter (b low, b high + 256 stream, step low, "
      "step high), b = i / 4. key, step: i64 scalars; result f32 or f64 of any shape. No gradient flows.";
  def.inputs = {"key", "step"};
  def.attrs = {{"type", AttrKind::kType, std::nullopt, "The result's type; its shape may be symbolic."},
               {"stream", AttrKind::kInt, std::nullopt, "Tells the random ops of a function apart: 0 ... 2^24 - 1."}};
  def.infer = Infer;
  def.differentiability = Differentiability::kZero;
  def.reference = Reference;
  def.kernel = [](const KernelRequest& request) -> absl::StatusOr<std::unique_ptr<Kernel>> {
    if (request.outputs[0].dtype != DType::kFloat32) return nullptr;
    return std::make_unique<UniformKernel>(request);
  };
  def.is_random = true;
  def.flops = [](absl::Span<const ConcreteType>, absl::Span<const ConcreteType> out, const AttrMap&) {
    return 20.0 * static_cast<double>(NumElements(out[0].dims));
  };
  return def;
}

}  // namespace weft
