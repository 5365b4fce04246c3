// Products as a network meets them: forward with bias and relu, the gradient by the input with relu's mask, the
// gradient by the weight with an RMSprop update and the bias' own. Prints GFLOP/s and the share of what the
// multiply-add units give in the same moment (all threads at it), medians of rounds in which all take turns.
//
//   bazel run //ops/dense:bench -- [--isa=avx512] [--threads=1,2] [--rounds=15] [--only=forward]
//   [--shapes=64x784x512,...]
//
// Shapes are M x K x N.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "core/buffer.h"
#include "core/layout.h"
#include "core/simd/denormals.h"
#include "core/thread_pool.h"
#include "graph/exec/kernel.h"
#include "graph/ir/builder.h"
#include "ops/dense/bench/peak.h"
#include "ops/dense/dense.h"
#include "ops/dense/dense_family.h"
#include "ops/elementwise/elementwise.h"
#include "ops/elementwise/elementwise_family.h"
#include "ops/shape/shape_family.h"

namespace weft {
namespace {

const OpRegistry& Registry() {
  static const OpRegistry* registry = [] {
    auto* r = new OpRegistry();
    for (const absl::Status& status : {AddElementwiseFamily(*r), AddShapeFamily(*r), AddDenseFamily(*r)}) {
      if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
    }
    return r;
  }();
  return *registry;
}

GraphPtr Body(int num_inputs, const std::function<std::vector<Value>(std::vector<Value>)>& record) {
  GraphBuilder builder(Registry());
  std::vector<Value> inputs;
  for (int i = 0; i < num_inputs; ++i) inputs.push_back(builder.Input(absl::StrCat("x", i), {DType::kFloat32, {}}));
  int k = 0;
  for (Value y : record(inputs)) builder.Output(absl::StrCat("y", k++), y);
  return *builder.Build();
}
GraphPtr BiasRelu() {
  return Body(2, [](std::vector<Value> x) { return std::vector<Value>{Relu(x[0] + x[1])}; });
}
GraphPtr ReluMask() {
  return Body(2, [](std::vector<Value> x) { return std::vector<Value>{Select(Greater(x[1], 0.0), x[0], 0.0)}; });
}
GraphPtr RmsProp() {
  return Body(3, [](std::vector<Value> x) {
    Value v = x[2] * 0.9 + Square(x[0]) * 0.1;
    return std::vector<Value>{x[1] - x[0] * 0.001 * Rsqrt(v + 1e-7), v};
  });
}

// One kernel with operands and results of its own.
class Rig {
 public:
  Rig(std::string name, const char* op, AttrMap attrs, std::vector<TensorType> inputs,
      std::vector<std::pair<int, int>> in_place, const Target& target, double flops)
      : name_(std::move(name)), flops_(flops) {
    GraphBuilder builder(Registry());
    std::vector<Value> values;
    for (size_t i = 0; i < inputs.size(); ++i) values.push_back(builder.Input(absl::StrCat("x", i), inputs[i]));
    const std::vector<Value> results = builder.Record(op, values, std::move(attrs), SourceLocation::current());
    for (size_t k = 0; k < results.size(); ++k) builder.Output(absl::StrCat("y", k), results[k]);
    absl::StatusOr<GraphPtr> graph = builder.Build();
    if (!graph.ok()) {
      std::fprintf(stderr, "%s\n", graph.status().ToString().c_str());
      return;
    }
    graph_ = *graph;
    const Node& node = graph_->producer(graph_->outputs()[0].value);
    std::vector<ConcreteType> in, out;
    for (const TensorType& type : inputs) in.push_back(*Bind(type, {}));
    for (int k = 0; k < node.num_outputs; ++k) out.push_back(*Bind(graph_->type(node.first_output + k), {}));
    const SymbolBindings bindings;
    kernel_ = *MakeKernel({*node.op, *node.attrs, in, out, bindings, target});
    for (size_t i = 0; i < in.size(); ++i) inputs_.push_back(Filled(in[i], static_cast<int>(i)));
    for (size_t k = 0; k < out.size(); ++k) outputs_.push_back(Filled(out[k], 99));
    for (const auto& [output, input] : in_place) outputs_[output] = const_cast<void*>(inputs_[input]);
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
      kernel_->Run({inputs_.data(), outputs_.data(), scratch_[0]}, 0);
      return;
    }
    pool.Run(kernel_->shares(), [&](int share) {
      kernel_->Run({inputs_.data(), outputs_.data(), scratch_[share]}, share);
    });
  }
  std::vector<double> ratios, gflops, us;

 private:
  void* Filled(const ConcreteType& type, int seed) {
    buffers_.push_back(*Buffer::Allocate(*StorageBytes(type.dtype, type.dims, type.layout)));
    std::vector<float> values(NumElements(type.dims));
    uint32_t state = 12345u + seed;
    for (float& v : values) v = static_cast<float>((state = state * 1664525u + 1013904223u) >> 8) * 0x1p-24f;
    PackLayout(type.dtype, type.dims, type.layout, values.data(), buffers_.back()->data());
    return buffers_.back()->data();
  }

  std::string name_;
  double flops_;
  GraphPtr graph_;
  std::unique_ptr<Kernel> kernel_;
  std::vector<std::shared_ptr<Buffer>> buffers_;
  std::vector<const void*> inputs_;
  std::vector<void*> outputs_;
  std::vector<std::byte*> scratch_;
};

TensorType F32(Dims dims, bool packed = false) {
  return {DType::kFloat32, Shape::FromDims(dims), packed ? Layout::kPanels64 : Layout::kRowMajor};
}

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

struct Shape3 {
  int64_t m, k, n;
};

std::vector<std::unique_ptr<Rig>> MakeRigs(const Target& target, const std::string& only,
                                           const std::vector<Shape3>& shapes) {
  std::vector<std::unique_ptr<Rig>> rigs;
  const auto add = [&](std::string name, const char* op, AttrMap attrs, std::vector<TensorType> inputs,
                       std::vector<std::pair<int, int>> in_place, double flops) {
    if (!absl::StrContains(name, only)) return;
    auto rig = std::make_unique<Rig>(std::move(name), op, std::move(attrs), std::move(inputs), std::move(in_place),
                                     target, flops);
    if (rig->ok()) rigs.push_back(std::move(rig));
  };
  for (bool packed : {true, false}) {
    const std::string how = packed ? "packed" : "rows";
    for (const auto& [m, k, n] : shapes) {
      const double flops = 2.0 * static_cast<double>(m * k * n);
      const std::string size = absl::StrCat(" ", m, "x", k, "x", n, " ", how);
      add(absl::StrCat("forward", size), kMatMulEpilogueOp, {{"body", BiasRelu()}},
          {F32({m, k}), F32({k, n}, packed), F32({n})}, {}, flops);
      if (m == 1 || n == 10) continue;
      add(absl::StrCat("dx", size), kMatMulEpilogueOp, {{"body", ReluMask()}, {"transpose_b", true}},
          {F32({m, n}), F32({k, n}, packed), F32({m, k})}, {}, flops);
      const AttrMap update = {{"transpose_a", true}, {"transpose_b", false},  {"chunk", kRowChunk},
                              {"body", RmsProp()},   {"sum_body", RmsProp()}, {"num_body_extras", int64_t{2}}};
      add(absl::StrCat("update", size), kDenseUpdateOp, update,
          {F32({m, k}), F32({m, n}), F32({k, n}, packed), F32({k, n}, packed), F32({n}), F32({n})},
          {{0, 2}, {1, 3}, {2, 4}, {3, 5}}, flops);
    }
  }
  return rigs;
}

int Main(int argc, char** argv) {
  Isa isa = DefaultIsa();
  std::vector<int> threads = {1, 2};
  int rounds = 15;
  std::string only;
  std::vector<Shape3> shapes = {{64, 784, 512},    {64, 512, 256},     {64, 256, 10}, {1, 784, 512}, {1, 512, 256},
                                {256, 1024, 1024}, {1024, 1024, 1024}, {64, 2, 10},   {64, 10, 20}};
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
    } else if (flag.first == "--shapes") {
      shapes.clear();
      for (const auto& part : absl::StrSplit(flag.second, ',')) {
        const std::vector<std::string> sizes = absl::StrSplit(part, 'x');
        shapes.push_back({});
        ok = ok && sizes.size() == 3 && absl::SimpleAtoi(sizes[0], &shapes.back().m) &&
             absl::SimpleAtoi(sizes[1], &shapes.back().k) && absl::SimpleAtoi(sizes[2], &shapes.back().n) &&
             std::min({shapes.back().m, shapes.back().k, shapes.back().n}) > 0;
      }
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
    std::vector<std::unique_ptr<Rig>> rigs = MakeRigs(target, only, shapes);
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
      std::printf("  %-34s %8.1f GFLOP/s  %5.1f %% of peak (best %5.1f)  %10.2f us  %d shares\n", rig->name().c_str(),
                  Median(rig->gflops), 100 * Median(rig->ratios), 100 * best / best_peak, Median(rig->us),
                  rig->shares());
    }
  }
  return 0;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) { return weft::Main(argc, argv); }
