// Convolutions as a network meets them: forward with bias and relu, the gradient by the input with relu's mask, the
// gradient by the kernel. Prints GFLOP/s and the share of what the multiply-add units give in the same moment (all
// threads at it), medians of rounds in which all take turns.
//
//   bazel run //ops/conv:bench -- [--isa=avx512] [--threads=1,2] [--rounds=15] [--only=forward]
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "graph/ir/builder.h"
#include "ops/all_ops.h"
#include "ops/conv/conv.h"
#include "ops/elementwise/elementwise.h"
#include "ops/testing/bench/bench.h"

namespace weft {
namespace {

GraphPtr Body(int num_inputs, const std::function<Value(std::vector<Value>)>& record) {
  GraphBuilder builder(AllOps());
  std::vector<Value> inputs;
  for (int i = 0; i < num_inputs; ++i) inputs.push_back(builder.Input(absl::StrCat("x", i), {DType::kFloat32, {}}));
  builder.Output("y", record(inputs));
  return *builder.Build();
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

void AddRigs(Rigs& rigs) {
  const GraphPtr bias_relu = Body(2, [](std::vector<Value> x) { return Relu(x[0] + x[1]); });
  const GraphPtr relu_mask = Body(2, [](std::vector<Value> x) { return Select(Greater(x[1], 0.0), x[0], 0.0); });
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
      RigSpec spec{absl::StrCat(layer.name, " ", layer.n, " ", which), op, with};
      for (const Dims& dims : inputs) spec.inputs.push_back({DType::kFloat32, Shape::FromDims(dims)});
      rigs.Add(spec);
    };
    add("forward", kConv2DEpilogueOp, attrs.With("body", bias_relu), {x, kernel, {layer.o}});
    if (layer.n == 1) continue;
    add("dx", kConv2DInputGradientEpilogueOp, attrs.With("input_shape", Shape::FromDims(x)).With("body", relu_mask),
        {y, kernel, x});
    add("dk", kConv2DKernelGradientOp, attrs.With("kernel_shape", Shape::FromDims(kernel)), {x, y});
  }
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  return weft::RunBench(weft::ReadBenchFlags(argc, argv), weft::AllOps(), weft::AddRigs, weft::PrintPeakTable);
}
