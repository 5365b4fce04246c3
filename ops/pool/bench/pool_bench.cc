// Poolings as a network meets them, beside a copy that moves as many bytes: they have next to nothing to compute, so
// memory is the measure. Prints microseconds, GB/s and the share of the copy's speed, medians of rounds in turns.
//
//   bazel run //ops/pool:bench -- [--isa=avx512] [--threads=1,2] [--rounds=15] [--only=gradient]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>
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
#include "ops/elementwise/elementwise.h"

namespace weft {
namespace {

struct Memory {
  explicit Memory(int64_t floats) : buffer(*Buffer::Allocate(floats * int64_t{sizeof(float)})) {
    float* values = reinterpret_cast<float*>(buffer->data());
    uint32_t state = 12345u;
    for (int64_t i = 0; i < floats; ++i) {
      values[i] = static_cast<float>((state = state * 1664525u + 1013904223u) >> 8) * 0x1p-24f - 0.5f;
    }
  }
  std::shared_ptr<Buffer> buffer;
};

// One kernel with operands and a result of its own.
class Rig {
 public:
  Rig(std::string name, const char* op, const AttrMap& attrs, const std::vector<Dims>& dims, const Target& target)
      : name_(std::move(name)) {
    GraphBuilder builder(AllOps());
    std::vector<Value> values;
    std::vector<ConcreteType> in;
    for (const Dims& d : dims) {
      values.push_back(builder.Input(absl::StrCat("x", values.size()), {DType::kFloat32, Shape::FromDims(d)}));
      in.push_back({DType::kFloat32, d});
      memory_.emplace_back(NumElements(d));
      inputs_.push_back(memory_.back().buffer->data());
      bytes_ += NumElements(d) * 4;
    }
    builder.Output("y", builder.Record1(op, values, attrs, SourceLocation::current()));
    graph_ = *builder.Build();
    const Node& node = graph_->producer(graph_->outputs()[0].value);
    const std::vector<ConcreteType> out = {*Bind(graph_->type(node.first_output), {})};
    kernel_ = *MakeKernel({*node.op, *node.attrs, in, out, {}, target});
    memory_.emplace_back(NumElements(out[0].dims));
    output_ = memory_.back().buffer->data();
    bytes_ += NumElements(out[0].dims) * 4;
    if (dims.size() > 2) {  // relu's mask reads x, which the pooling has just read
      inputs_[2] = inputs_[0];
      bytes_ -= NumElements(dims[2]) * 4;
    }
    for (int s = 0; s < kernel_->shares(); ++s) {
      scratch_.push_back(*Buffer::Allocate(std::max<int64_t>(kernel_->scratch_bytes(), 64)));
    }
  }

  void Run(ThreadPool& pool) {
    pool.Run(kernel_->shares(), [&](int share) {
      kernel_->Run({inputs_.data(), &output_, scratch_[share]->data()}, share);
    });
  }
  const std::string& name() const { return name_; }
  int64_t bytes() const { return bytes_; }
  int shares() const { return kernel_->shares(); }
  std::vector<double> us, copy_us;

 private:
  std::string name_;
  GraphPtr graph_;
  std::unique_ptr<Kernel> kernel_;
  std::vector<Memory> memory_;
  std::vector<const void*> inputs_;
  void* output_ = nullptr;
  int64_t bytes_ = 0;
  std::vector<std::shared_ptr<Buffer>> scratch_;
};

double Median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

double MicrosecondsOf(int repeats, const std::function<void()>& f) {
  f();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < repeats; ++i) f();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / repeats;
}

struct Layer {
  const char* name;
  Dims x;
  int64_t window, stride, padding;
};

std::vector<std::unique_ptr<Rig>> MakeRigs(const Target& target, const std::string& only) {
  GraphBuilder body(AllOps());
  const Value dx = body.Input("dx", {DType::kFloat32, {}}), mask = body.Input("x", {DType::kFloat32, {}});
  body.Output("y", Select(Greater(mask, 0.0), dx, 0.0));
  const GraphPtr relu_mask = *body.Build();
  std::vector<std::unique_ptr<Rig>> rigs;
  for (const Layer& layer :
       {Layer{"pool1", {128, 26, 26, 32}, 2, 2, 0}, Layer{"pool2", {128, 11, 11, 64}, 2, 2, 0},
        Layer{"pool1 of one", {1, 26, 26, 32}, 2, 2, 0}, Layer{"overlapping", {32, 27, 27, 64}, 3, 2, 1},
        Layer{"three channels", {32, 64, 64, 3}, 2, 2, 0}}) {
    Dims y = layer.x;
    for (int i : {1, 2}) y[i] = (y[i] + 2 * layer.padding - layer.window) / layer.stride + 1;
    const std::vector<int64_t> padding = {layer.padding, layer.padding};
    const AttrMap attrs = {{"window", std::vector<int64_t>{layer.window, layer.window}},
                           {"strides", std::vector<int64_t>{layer.stride, layer.stride}},
                           {"padding_low", padding},
                           {"padding_high", padding}};
    const auto add = [&](const char* op, const AttrMap& with, const std::vector<Dims>& dims) {
      std::string name = absl::StrCat(layer.name, " ", op);
      if (absl::StrContains(name, only)) rigs.push_back(std::make_unique<Rig>(std::move(name), op, with, dims, target));
    };
    add("max_pool2d", attrs, {layer.x});
    add("max_pool2d_gradient", attrs, {layer.x, y});
    add("max_pool2d_gradient_epilogue", attrs.With("body", relu_mask), {layer.x, y, layer.x});
    add("average_pool2d", attrs, {layer.x});
    add("average_pool2d_gradient", attrs.With("shape", Shape::FromDims(layer.x)), {y});
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
    for (auto& rig : rigs) {
      const Memory from(rig->bytes() / 8 + 64), to(rig->bytes() / 8 + 64);
      const int64_t part = rig->bytes() / 2 / rig->shares();
      const int repeats = static_cast<int>(std::clamp<int64_t>(20000000 / rig->bytes(), 1, 1000));
      for (int round = 0; round < rounds; ++round) {
        rig->copy_us.push_back(MicrosecondsOf(repeats, [&] {
          pool.Run(rig->shares(), [&](int share) {
            std::memcpy(to.buffer->data() + share * part, from.buffer->data() + share * part,
                        static_cast<size_t>(part));
          });
        }));
        const simd::ScopedFlushToZero flush;
        rig->us.push_back(MicrosecondsOf(repeats, [&] { rig->Run(pool); }));
      }
    }
    std::printf("%d threads, %s\n", t, std::string(Name(isa)).c_str());
    for (auto& rig : rigs) {
      const double us = Median(rig->us), copy = Median(rig->copy_us);
      std::printf("  %-44s %9.2f us  %6.1f GB/s  %5.1f %% of a copy  %d shares\n", rig->name().c_str(), us,
                  static_cast<double>(rig->bytes()) / us / 1e3, 100 * copy / us, rig->shares());
    }
  }
  return 0;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) { return weft::Main(argc, argv); }
