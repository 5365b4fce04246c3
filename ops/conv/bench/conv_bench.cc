// Convolutions as a network meets them: forward with bias and relu, the gradient by the input with relu's mask, the
// gradient by the kernel. Prints GFLOP/s and the share of what the multiply-add units give in the same moment (all
// threads at it), medians of rounds in which all take turns.
//
//   bazel run //ops/conv:bench -- [--isa=avx512] [--threads=1,2] [--rounds=15] [--only=forward]
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/buffer.h"
#include "core/simd/denormals.h"
#include "core/thread_pool.h"
#include "graph/exec/kernel.h"
#include "graph/ir/builder.h"
#include "ops/all_ops.h"
#include "ops/conv/conv.h"
#include "ops/dense/bench/peak.h"
#include "ops/elementwise/elementwise.h"

namespace weft {
namespace {

GraphPtr Body(int num_inputs, const std::function<Value(std::vector<Value>)>& record) {
  GraphBuilder builder(AllOps());
  std::vector<Value> inputs;
  for (int i = 0; i < num_inputs; ++i) inputs.push_back(builder.Input(absl::StrCat("x", i), {DType::kFloat32, {}}));
  builder.Output("y", record(inputs));
  return *builder.Build();
}

// One kernel with operands and a result of its own.
class Rig {
 public:
  Rig(std::string name, const char* op, const AttrMap& attrs, const std::vector<Dims>& inputs, const Target& target)
      : name_(std::move(name)) {
    GraphBuilder builder(AllOps());
    std::vector<Value> values;
    for (const Dims& dims : inputs) {
      values.push_back(builder.Input(absl::StrCat("x", values.size()), {DType::kFloat32, Shape::FromDims(dims)}));
    }
    builder.Output("y", builder.Record1(op, values, attrs, SourceLocation::current()));
    absl::StatusOr<GraphPtr> graph = builder.Build();
    if (!graph.ok()) {
      std::fprintf(stderr, "%s\n", graph.status().ToString().c_str());
      return;
    }
    graph_ = *graph;
    const Node& node = graph_->producer(graph_->outputs()[0].value);
    std::vector<ConcreteType> in;
    for (const Dims& dims : inputs) in.push_back({DType::kFloat32, dims});
    const std::vector<ConcreteType> out = {*Bind(graph_->type(node.first_output), {})};
    const SymbolBindings bindings;
    kernel_ = *MakeKernel({*node.op, *node.attrs, in, out, bindings, target});
    flops_ = node.op->flops(in, out, *node.attrs);
    for (const ConcreteType& type : in) inputs_.push_back(Filled(type));
    output_ = Filled(out[0]);
    for (int s = 0; s < kernel_->shares(); ++s) {
      buffers_.push_back(*Buffer::Allocate(kernel_->scratch_bytes()));
      scratch_.push_back(buffers_.back()->data());
    }
  }

  bool ok() const { return kernel_ != nullptr; }
  const std::string& name() const { return name_; }
  double flops() const { return flops_; }
  int shares() const { return kernel_->shares(); }
  void Run(ThreadPool& pool) {
    if (kernel_->shares() == 1) {
      kernel_->Run({inputs_.data(), &output_, scratch_[0]}, 0);
      return;
    }
    pool.Run(kernel_->shares(), [&](int share) { kernel_->Run({inputs_.data(), &output_, scratch_[share]}, share); });
  }
  std::vector<double> ratios, gflops, us;

 private:
  void* Filled(const ConcreteType& type) {
    const int64_t count = NumElements(type.dims);
    buffers_.push_back(*Buffer::Allocate(count * int64_t{sizeof(float)}));
    float* values = reinterpret_cast<float*>(buffers_.back()->data());
    uint32_t state = 12345u + static_cast<uint32_t>(buffers_.size());
    for (int64_t i = 0; i < count; ++i) {
      values[i] = static_cast<float>((state = state * 1664525u + 1013904223u) >> 8) * 0x1p-24f - 0.5f;
    }
    return values;
  }

  std::string name_;
  double flops_ = 0;
  GraphPtr graph_;
  std::unique_ptr<Kernel> kernel_;
  std::vector<std::shared_ptr<Buffer>> buffers_;
  std::vector<const void*> inputs_;
  void* output_ = nullptr;
  std::vector<std::byte*> scratch_;
};

// One thread's own processor time is less disturbed by what else the machine does than the clock on the wall is.
double Seconds(int threads) {
  timespec t;
  clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// Floating-point operations a second of `threads` threads.
double Peak(Isa isa, int threads, ThreadPool& pool) {
  const PeakFn peak = isa == Isa::kAvx512 ? PeakAvx512() : isa == Isa::kAvx2 ? PeakAvx2() : PeakBaseline();
  const int64_t rounds = isa == Isa::kBaseline ? 4000 : 100000;
  int64_t done[64] = {};
  const double start = Seconds(threads);
  pool.Run(threads, [&](int share) {
    float sink = 1.0f;
    done[share] = peak(rounds, &sink);
  });
  double flops = 0;
  for (int s = 0; s < threads; ++s) flops += static_cast<double>(done[s]);
  return flops / (Seconds(threads) - start);
}

double Median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

struct Layer {
  const char* name;
  int64_t n, size, c, kernel, o, stride, padding, groups;
};

// The layers of a small network for digits, at several batch sizes, and some of larger ones.
constexpr Layer kLayers[] = {
    {"conv1", 128, 28, 1, 3, 32, 1, 0, 1},         {"conv2", 128, 13, 32, 3, 64, 1, 0, 1},
    {"conv1", 64, 28, 1, 3, 32, 1, 0, 1},          {"conv2", 64, 13, 32, 3, 64, 1, 0, 1},
    {"conv2", 4, 13, 32, 3, 64, 1, 0, 1},          {"conv1", 1, 28, 1, 3, 32, 1, 0, 1},
    {"conv2", 1, 13, 32, 3, 64, 1, 0, 1},          {"rgb", 32, 32, 3, 3, 32, 1, 1, 1},
    {"same", 16, 28, 64, 3, 64, 1, 1, 1},          {"stride 2", 16, 28, 64, 3, 128, 2, 1, 1},
    {"pointwise", 16, 14, 256, 1, 128, 1, 0, 1},   {"deep", 8, 7, 256, 3, 256, 1, 1, 1},
    {"depthwise", 16, 28, 128, 3, 128, 1, 1, 128}, {"grouped", 16, 14, 128, 3, 128, 1, 1, 4},
};

std::vector<std::unique_ptr<Rig>> MakeRigs(const Target& target, const std::string& only) {
  const GraphPtr bias_relu = Body(2, [](std::vector<Value> x) { return Relu(x[0] + x[1]); });
  const GraphPtr relu_mask = Body(2, [](std::vector<Value> x) { return Select(Greater(x[1], 0.0), x[0], 0.0); });
  std::vector<std::unique_ptr<Rig>> rigs;
  for (const Layer& layer : kLayers) {
    const int64_t out = (layer.size + 2 * layer.padding - layer.kernel) / layer.stride + 1;
    const Dims x = {layer.n, layer.size, layer.size, layer.c}, y = {layer.n, out, out, layer.o};
    const Dims kernel = {layer.kernel, layer.kernel, layer.c / layer.groups, layer.o};
    const std::vector<int64_t> padding = {layer.padding, layer.padding};
    const AttrMap attrs = {{"strides", std::vector<int64_t>{layer.stride, layer.stride}},
                           {"padding_low", padding},
                           {"padding_high", padding},
                           {"groups", layer.groups}};
    const auto add = [&](const char* which, const char* op, const AttrMap& with, const std::vector<Dims>& inputs) {
      std::string name = absl::StrCat(layer.name, " ", layer.n, " ", which);
      if (!absl::StrContains(name, only)) return;
      auto rig = std::make_unique<Rig>(std::move(name), op, with, inputs, target);
      if (rig->ok()) rigs.push_back(std::move(rig));
    };
    add("forward", kConv2DEpilogueOp, attrs.With("body", bias_relu), {x, kernel, {layer.o}});
    if (layer.n == 1) continue;
    add("dx", kConv2DInputGradientEpilogueOp, attrs.With("input_shape", Shape::FromDims(x)).With("body", relu_mask),
        {y, kernel, x});
    add("dk", kConv2DKernelGradientOp, attrs.With("kernel_shape", Shape::FromDims(kernel)), {x, y});
  }
  return rigs;
}

int Main(int argc, char** argv) {
  Isa isa = DefaultIsa();
  std::vector<int> threads = {1, 2};
  int rounds = 15;
  std::string only;
  for (int i = 1; i < argc; ++i) {
    const std::pair<std::string, std::string> flag = absl::StrSplit(argv[i], absl::MaxSplits('=', 1));
    bool ok = true;
    if (flag.first == "--isa") {
      ok = ParseIsa(flag.second).ok();
      if (ok) isa = *ParseIsa(flag.second);
    } else if (flag.first == "--threads") {
      threads.clear();
      for (const auto& part : absl::StrSplit(flag.second, ',')) {
        threads.push_back(0);
        ok = ok && absl::SimpleAtoi(part, &threads.back()) && threads.back() > 0 && threads.back() <= 64;
      }
    } else if (flag.first == "--rounds") {
      ok = absl::SimpleAtoi(flag.second, &rounds) && rounds > 0;
    } else if (flag.first == "--only") {
      only = flag.second;
    } else {
      ok = false;
    }
    if (!ok) {
      std::fprintf(stderr, "cannot read %s; see the head of this file's source\n", argv[i]);
      return 1;
    }
  }
  for (int t : threads) {
    Target target = Target::Host(t);
    target.isa = isa;
    ThreadPool pool(t);
    std::vector<std::unique_ptr<Rig>> rigs = MakeRigs(target, only);
    std::vector<double> peaks;
    for (int round = 0; round < rounds; ++round) {
      for (auto& rig : rigs) {
        const double peak = Peak(isa, t, pool);
        const simd::ScopedFlushToZero flush;
        rig->Run(pool);
        const int repeats = std::max(1, static_cast<int>(2e-3 * peak / std::max(rig->flops(), 1e5)));
        const double start = Seconds(t);
        for (int i = 0; i < repeats; ++i) rig->Run(pool);
        const double seconds = (Seconds(t) - start) / repeats;
        rig->ratios.push_back(rig->flops() / seconds / peak);
        rig->gflops.push_back(rig->flops() / seconds / 1e9);
        rig->us.push_back(seconds * 1e6);
        peaks.push_back(peak / 1e9);
      }
    }
    if (rigs.empty()) return 0;
    const double best_peak = *std::max_element(peaks.begin(), peaks.end());
    std::printf("%d threads, %s, units' peak %.0f GFLOP/s\n", t, std::string(Name(isa)).c_str(), Median(peaks));
    for (auto& rig : rigs) {
      const double best = *std::max_element(rig->gflops.begin(), rig->gflops.end());
      std::printf("  %-24s %8.1f GFLOP/s  %5.1f %% of peak (best %5.1f)  %10.2f us  %d shares\n", rig->name().c_str(),
                  Median(rig->gflops), 100 * Median(rig->ratios), 100 * best / best_peak, Median(rig->us),
                  rig->shares());
    }
  }
  return 0;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) { return weft::Main(argc, argv); }
