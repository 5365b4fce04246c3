// Poolings as a network meets them, beside a copy that moves as many bytes: they have next to nothing to compute, so
// memory is the measure. Prints microseconds, GB/s and the share of the copy's speed, medians of rounds in turns.
//
//   bazel run //ops/pool:bench -- [--isa=avx512] [--threads=1,2] [--rounds=15] [--only=gradient]
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/buffer.h"
#include "core/simd/denormals.h"
#include "graph/ir/builder.h"
#include "ops/all_ops.h"
#include "ops/elementwise/elementwise.h"
#include "ops/testing/bench/bench.h"

namespace weft {
namespace {

struct Layer {
  const char* name;
  Dims x;
  int64_t window, stride, padding;
};

void AddRigs(Rigs& rigs) {
  GraphBuilder body(AllOps());
  const Value dx = body.Input("dx", {DType::kFloat32, {}}), mask = body.Input("x", {DType::kFloat32, {}});
  body.Output("y", Select(Greater(mask, 0.0), dx, 0.0));
  const GraphPtr relu_mask = *body.Build();
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
    const auto add = [&](const char* op, const AttrMap& with, const std::vector<Dims>& inputs) {
      RigSpec spec{absl::StrCat(layer.name, " ", op), op, with};
      for (const Dims& dims : inputs) spec.inputs.push_back({DType::kFloat32, Shape::FromDims(dims)});
      if (inputs.size() > 2) spec.same_inputs = {{2, 0}};  // relu's mask reads x, which the pooling has just read
      rigs.Add(spec);
    };
    add("max_pool2d", attrs, {layer.x});
    add("max_pool2d_gradient", attrs, {layer.x, y});
    add("max_pool2d_gradient_epilogue", attrs.With("body", relu_mask), {layer.x, y, layer.x});
    add("average_pool2d", attrs, {layer.x});
    add("average_pool2d_gradient", attrs.With("shape", Shape::FromDims(layer.x)), {y});
  }
}

// Memory that has been written to, so that the copy finds pages of its own there.
std::shared_ptr<Buffer> Written(int64_t bytes) {
  std::shared_ptr<Buffer> buffer = *Buffer::Allocate(bytes);
  std::memset(buffer->data(), 1, static_cast<size_t>(bytes));
  return buffer;
}

void PrintCopyTable(const BenchFlags& flags, int threads, ThreadPool& pool, const Rigs& rigs) {
  std::printf("%d threads, %s\n", threads, std::string(Name(flags.isa)).c_str());
  for (const auto& rig : rigs.all()) {
    const int64_t part = rig->bytes() / 2 / rig->shares();
    const auto from = Written(rig->bytes() / 2), to = Written(rig->bytes() / 2);
    const int repeats = static_cast<int>(std::clamp<int64_t>(20000000 / rig->bytes(), 1, 1000));
    std::vector<double> copy_us, us;
    for (int round = 0; round < flags.rounds; ++round) {
      copy_us.push_back(1e6 * SecondsOf(threads, repeats, [&] {
                          pool.Run(rig->shares(), [&](int share) {
                            std::memcpy(to->data() + share * part, from->data() + share * part,
                                        static_cast<size_t>(part));
                          });
                        }));
      const simd::ScopedFlushToZero flush;
      us.push_back(1e6 * SecondsOf(threads, repeats, [&] { rig->Run(pool); }));
    }
    std::printf("  %-44s %9.2f us  %6.1f GB/s  %5.1f %% of a copy  %d shares\n", rig->name().c_str(), Median(us),
                static_cast<double>(rig->bytes()) / Median(us) / 1e3, 100 * Median(copy_us) / Median(us),
                rig->shares());
  }
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  return weft::RunBench(weft::ReadBenchFlags(argc, argv), weft::AllOps(), weft::AddRigs, weft::PrintCopyTable);
}
