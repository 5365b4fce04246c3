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
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "graph/ir/builder.h"
#include "ops/dense/dense.h"
#include "ops/dense/dense_family.h"
#include "ops/elementwise/elementwise.h"
#include "ops/elementwise/elementwise_family.h"
#include "ops/shape/shape_family.h"
#include "ops/testing/bench/bench.h"

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

TensorType F32(Dims dims, bool packed = false) {
  return {DType::kFloat32, Shape::FromDims(dims), packed ? Layout::kPanels64 : Layout::kRowMajor};
}

struct Shape3 {
  int64_t m, k, n;
};

void AddRigs(Rigs& rigs, const std::vector<Shape3>& shapes) {
  const auto add = [&](std::string name, const char* op, AttrMap attrs, std::vector<TensorType> inputs,
                       std::vector<std::pair<int, int>> in_place, double flops) {
    RigSpec spec{std::move(name), op, std::move(attrs), std::move(inputs), std::move(in_place)};
    spec.low = 0;  // averages of squares are not negative
    spec.flops = flops;
    rigs.Add(spec);
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
}

bool ReadShapes(absl::string_view value, std::vector<Shape3>* shapes) {
  shapes->clear();
  for (absl::string_view part : absl::StrSplit(value, ',')) {
    const std::vector<std::string> sizes = absl::StrSplit(part, 'x');
    Shape3 shape{};
    if (sizes.size() != 3 || !absl::SimpleAtoi(sizes[0], &shape.m) || !absl::SimpleAtoi(sizes[1], &shape.k) ||
        !absl::SimpleAtoi(sizes[2], &shape.n) || std::min({shape.m, shape.k, shape.n}) < 1) {
      return false;
    }
    shapes->push_back(shape);
  }
  return true;
}

int Main(int argc, char** argv) {
  std::vector<Shape3> shapes = {{64, 784, 512},    {64, 512, 256},     {64, 256, 10}, {1, 784, 512}, {1, 512, 256},
                                {256, 1024, 1024}, {1024, 1024, 1024}, {64, 2, 10},   {64, 10, 20}};
  const auto flags = ReadBenchFlags(argc, argv, [&](absl::string_view flag, absl::string_view value) {
    return flag == "--shapes" && ReadShapes(value, &shapes);
  });
  return RunBench(
      flags, Registry(), [&](Rigs& rigs) { AddRigs(rigs, shapes); }, PrintPeakTable);
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) { return weft::Main(argc, argv); }
