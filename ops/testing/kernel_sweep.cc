#include "ops/testing/kernel_sweep.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "absl/strings/str_cat.h"
#include "core/buffer.h"
#include "core/simd/denormals.h"
#include "core/status.h"
#include "graph/exec/kernel.h"
#include "graph/exec/reference.h"
#include "graph/passes/run_node.h"
#include "ops/testing/case_inputs.h"
#include "ops/testing/targets.h"

namespace weft {
namespace {

constexpr int64_t kGuard = 256;
constexpr unsigned char kCanary = 0xA5;

// A buffer between two guard zones; the contents begin as NaN, so that an element which is never written shows.
class GuardedBuffer {
 public:
  explicit GuardedBuffer(int64_t bytes)
      : bytes_(bytes), memory_(static_cast<unsigned char*>(std::aligned_alloc(64, RoundUp(bytes, 64) + 2 * kGuard))) {
    std::memset(memory_.get(), kCanary, RoundUp(bytes, 64) + 2 * kGuard);
    std::memset(data(), 0xFF, bytes);
  }
  unsigned char* data() { return memory_.get() + kGuard; }
  bool intact() const {
    auto is_canary = [](unsigned char c) { return c == kCanary; };
    // The bytes that pad the buffer to a multiple of 64 belong to the kernel; what lies beyond does not.
    return std::all_of(memory_.get(), memory_.get() + kGuard, is_canary) &&
           std::all_of(memory_.get() + kGuard + RoundUp(bytes_, 64), memory_.get() + 2 * kGuard + RoundUp(bytes_, 64),
                       is_canary);
  }

 private:
  struct Free {
    void operator()(unsigned char* p) const { std::free(p); }
  };
  int64_t bytes_;
  std::unique_ptr<unsigned char, Free> memory_;
};

absl::StatusOr<std::vector<Tensor>> RunNodeGuarded(const Graph& graph, const Node& node,
                                                   absl::Span<const Tensor> inputs, const Target& target) {
  std::unique_ptr<Kernel> kernel;
  const SymbolBindings none;
  std::vector<ConcreteType> in_types, out_types;
  for (ValueId id : node.inputs) {
    WEFT_ASSIGN_OR_RETURN(ConcreteType type, Bind(graph.type(id), none));
    in_types.push_back(std::move(type));
  }
  for (int i = 0; i < node.num_outputs; ++i) {
    WEFT_ASSIGN_OR_RETURN(ConcreteType type, Bind(graph.type(node.first_output + i), none));
    out_types.push_back(std::move(type));
  }
  if (!node.op->is_view && node.op->kernel != nullptr) {
    WEFT_ASSIGN_OR_RETURN(kernel, node.op->kernel({*node.op, *node.attrs, in_types, out_types, none, target}));
  }
  if (kernel == nullptr) return RunNode(graph, node, inputs, target);

  std::vector<GuardedBuffer> in, out;
  std::vector<const void*> in_pointers;
  std::vector<void*> out_pointers;
  for (size_t i = 0; i < inputs.size(); ++i) {
    WEFT_ASSIGN_OR_RETURN(int64_t bytes, StorageBytes(in_types[i].dtype, in_types[i].dims, in_types[i].layout));
    in.emplace_back(bytes);
    PackLayout(in_types[i].dtype, in_types[i].dims, in_types[i].layout, inputs[i].raw(), in.back().data());
  }
  for (const ConcreteType& type : out_types) {
    WEFT_ASSIGN_OR_RETURN(int64_t bytes, StorageBytes(type.dtype, type.dims, type.layout));
    out.emplace_back(bytes);
  }
  for (GuardedBuffer& buffer : in) in_pointers.push_back(buffer.data());
  for (GuardedBuffer& buffer : out) out_pointers.push_back(buffer.data());
  {
    simd::ScopedFlushToZero flush;
    // Backwards: shares may run in any order.
    for (int share = kernel->shares() - 1; share >= 0; --share) {
      GuardedBuffer scratch(std::max<int64_t>(kernel->scratch_bytes(), 64));
      kernel->Run({in_pointers.data(), out_pointers.data(), reinterpret_cast<std::byte*>(scratch.data())}, share);
      if (!scratch.intact()) return Internal("the kernel of ", node.op->name, " wrote outside its scratch memory");
    }
  }
  for (const GuardedBuffer& buffer : in) {
    if (!buffer.intact()) return Internal("the kernel of ", node.op->name, " wrote outside an operand");
  }
  std::vector<Tensor> results;
  for (size_t i = 0; i < out.size(); ++i) {
    if (!out[i].intact()) return Internal("the kernel of ", node.op->name, " wrote outside result ", i);
    WEFT_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Create(out_types[i].dtype, out_types[i].dims));
    if (tensor.num_bytes() > 0) {
      UnpackLayout(out_types[i].dtype, out_types[i].dims, out_types[i].layout, out[i].data(), tensor.mutable_raw());
    }
    results.push_back(std::move(tensor));
  }
  return results;
}

// Index and description of the first element that differs too much; "" if there is none.
std::string Mismatch(const Tensor& got, const Tensor& want, const OpCase& op_case) {
  if (got.dtype() != want.dtype() || got.dims() != want.dims()) return "another type";
  double scale = 0;
  for (int64_t i = 0; i < want.num_elements(); ++i) {
    double v = std::abs(want.AtDouble(i));
    if (std::isfinite(v)) scale = std::max(scale, v);
  }
  const bool is_float = IsFloat(want.dtype());
  for (int64_t i = 0; i < want.num_elements(); ++i) {
    double a = got.AtDouble(i), b = want.AtDouble(i);
    bool same = false;
    if (!is_float) {
      same = got.AtInt(i) == want.AtInt(i);
    } else if (std::isnan(a) || std::isnan(b)) {
      same = std::isnan(a) && std::isnan(b);
    } else if (op_case.bit_exact) {
      // Kernels run with denormals flushed.
      auto flushed = [](double v) {
        return std::abs(v) < std::numeric_limits<float>::min() ? std::copysign(0.0, v) : v;
      };
      same = flushed(a) == flushed(b) && std::signbit(a) == std::signbit(b);
    } else if (std::isinf(a) || std::isinf(b)) {
      // At the edge of the range one side may have overflowed.
      auto huge = [](double v) { return std::abs(v) > 3.4e38; };
      same = a == b || (huge(a) && huge(b) && std::signbit(a) == std::signbit(b));
    } else {
      double size = std::max(std::abs(b), op_case.special_values ? 0.0 : scale);
      same = std::abs(a - b) <= op_case.tolerance * 0x1p-23 * size + std::numeric_limits<float>::min();
    }
    if (!same) return absl::StrCat("element ", i, ": kernel ", a, ", reference ", b);
  }
  return "";
}

// Kernels see denormal operands as zeros of their sign; the reference is given the same.
std::vector<Tensor> WithoutDenormals(absl::Span<const Tensor> inputs) {
  std::vector<Tensor> flushed;
  for (const Tensor& input : inputs) {
    flushed.push_back(input.Clone());
    if (input.dtype() != DType::kFloat32) continue;
    for (float& value : flushed.back().mutable_data<float>()) {
      if (std::abs(value) < std::numeric_limits<float>::min()) value = std::copysign(0.0f, value);
    }
  }
  return flushed;
}

absl::Status SweepCase(const OpRegistry& registry, const OpCase& op_case, absl::Span<const Isa> isas,
                       const KernelSweepOptions& options, bool special) {
  PhiloxStream random = StreamOf(op_case, options.seed + (special ? 1000 : 0));
  WEFT_ASSIGN_OR_RETURN(std::vector<Tensor> inputs, DrawInputs(op_case, random, /*widen=*/false));
  if (special) SprinkleSpecialValues(inputs, random);
  GraphBuilder b(registry);
  std::vector<Value> arguments;
  for (size_t i = 0; i < inputs.size(); ++i) {
    arguments.push_back(b.Input(absl::StrCat("x", i), {inputs[i].dtype(), Shape::FromDims(inputs[i].dims())}));
  }
  std::vector<Value> ys = op_case.record(b, arguments);
  for (size_t i = 0; i < ys.size(); ++i) b.Output(absl::StrCat("y", i), ys[i]);
  WEFT_ASSIGN_OR_RETURN(GraphPtr graph, b.Build());
  WEFT_ASSIGN_OR_RETURN(ReferenceResult want, RunReference(*graph, WithoutDenormals(inputs)));

  std::vector<Tensor> first;
  for (Isa isa : isas) {
    for (int shares : options.shares) {
      const Target target = TargetOf(isa, shares);
      std::string where = absl::StrCat(Name(isa), ", ", shares, " shares", special ? ", special values" : "");
      absl::StatusOr<std::vector<Tensor>> got = RunGuarded(*graph, inputs, target);
      if (!got.ok()) return Internal(where, ": ", got.status().message());
      if (first.empty()) {
        first = *got;
        for (size_t i = 0; i < got->size(); ++i) {
          std::string mismatch = Mismatch((*got)[i], want.outputs[i], op_case);
          if (!mismatch.empty()) return Internal(where, ", result ", i, ": ", mismatch);
        }
      }
      for (size_t i = 0; i < got->size(); ++i) {
        // One result: the same bits whatever the level and the partition (a NaN is a NaN).
        OpCase exact;
        exact.bit_exact = true;
        std::string mismatch = Mismatch((*got)[i], first[i], exact);
        if (!mismatch.empty()) return Internal(where, " against ", Name(isas[0]), ", result ", i, ": ", mismatch);
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Tensor>> RunGuarded(const Graph& graph, absl::Span<const Tensor> inputs,
                                               const Target& target) {
  std::vector<Tensor> values(graph.num_values());
  for (size_t i = 0; i < inputs.size(); ++i) values[graph.inputs()[i]] = inputs[i];
  for (const Node& node : graph.nodes()) {
    if (IsInput(node)) continue;
    std::vector<Tensor> operands;
    for (ValueId id : node.inputs) operands.push_back(values[id]);
    WEFT_ASSIGN_OR_RETURN(std::vector<Tensor> results, RunNodeGuarded(graph, node, operands, target));
    for (int i = 0; i < node.num_outputs; ++i) values[node.first_output + i] = std::move(results[i]);
  }
  std::vector<Tensor> outputs;
  for (const Graph::Output& output : graph.outputs()) outputs.push_back(values[output.value]);
  return outputs;
}

std::vector<std::string> SweepKernels(const OpRegistry& registry, absl::Span<const OpCase> cases,
                                      absl::Span<const Isa> isas, const KernelSweepOptions& options) {
  std::vector<std::string> failures;
  for (const OpCase& op_case : cases) {
    for (bool special : {false, true}) {
      if (special && !op_case.special_values) continue;
      absl::Status status = SweepCase(registry, op_case, isas, options, special);
      if (!status.ok()) {
        failures.push_back(
            absl::StrCat(op_case.op, "/", op_case.name, " (seed ", options.seed, "): ", status.message()));
      }
    }
  }
  return failures;
}

}  // namespace weft
