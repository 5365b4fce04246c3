// Micro-benchmarks over elementwise_ops.inc, and of some programs: `bazel run //ops/elementwise:bench`.
//
//   tile/<op>/<isa>      the float32 kernel on one tile of 1,024 elements in L1
//   program/<name>/<n>   elementwise_program on n elements, one thread, the best instruction set
// Read as time per element: items_per_second is elements a second.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/cpu.h"
#include "core/simd/denormals.h"
#include "core/thread_pool.h"
#include "ops/elementwise/activations.h"
#include "ops/elementwise/elementwise.h"
#include "ops/elementwise/testing/harness.h"
#include "ops/elementwise/tiles.h"
#include "ops/testing/bench/kernel_rig.h"

namespace weft {
namespace {

constexpr int64_t kTile = 1024;

void RunTileKernel(benchmark::State& state, const std::string& op_name, Isa isa, int arity) {
  const OpDef& op = *TestOps().Find(op_name);
  const AttrMap attrs{{"min", -1.0}, {"max", 1.0}, {"dtype", DType::kFloat32}};
  const bool is_select = op_name == "select";
  std::vector<DType> dtypes(static_cast<size_t>(arity), op_name == "cast" ? DType::kUInt8 : DType::kFloat32);
  if (is_select) dtypes[0] = DType::kBool;
  TileKernel kernel = op.elementwise->select({isa, dtypes, DType::kFloat32, attrs});
  if (kernel.fn == nullptr) return state.SkipWithError("no kernel");
  PhiloxStream random(1);
  std::vector<Tensor> inputs;
  TileArgs args{nullptr, {nullptr, nullptr, nullptr, nullptr}, kTile, kernel.params.data()};
  for (int i = 0; i < arity; ++i) {
    inputs.push_back(dtypes[i] == DType::kFloat32 ? RandomF32({kTile}, 0.1, 0.9, random)
                                                  : RandomBits(dtypes[i], {kTile}, random));
    args.in[i] = inputs.back().raw();
  }
  Tensor out = *Tensor::Create(DType::kFloat32, {kTile});
  args.out = out.mutable_raw();
  simd::ScopedFlushToZero flush;
  for (auto _ : state) {
    kernel.fn(args);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * kTile);
}

using Record = std::function<std::vector<Value>(GraphBuilder& builder, absl::Span<const Value> in)>;

struct Program {
  const char* name;
  int full;     // operands of the full shape
  int scalars;  // operands of one element
  Record record;
};

const std::vector<Program>& Programs() {
  using In = absl::Span<const Value>;
  static const auto* const programs = new std::vector<Program>{
      {"add", 2, 0, [](GraphBuilder&, In x) { return std::vector<Value>{x[0] + x[1]}; }},
      {"gelu", 1, 0, [](GraphBuilder&, In x) { return std::vector<Value>{Gelu(x[0])}; }},
      // w, v, g; learning rate.
      {"rmsprop", 3, 1,
       [](GraphBuilder&, In x) {
         Value v = x[1] * 0.9 + Square(x[2]) * 0.1;
         return std::vector<Value>{x[0] - x[3] * (x[2] * Rsqrt(v + 1e-7)), v};
       }},
      // w, m, v, g; learning rate.
      {"adam", 4, 1,
       [](GraphBuilder&, In x) {
         Value m = x[1] + (x[3] - x[1]) * 0.1, v = x[2] + (Square(x[3]) - x[2]) * 0.001;
         return std::vector<Value>{x[0] - m * x[4] / (Sqrt(v) + 1e-7), m, v};
       }},
  };
  return *programs;
}

void RunProgram(benchmark::State& state, const Program& program) {
  const int64_t n = state.range(0);
  const size_t count = static_cast<size_t>(program.full + program.scalars);
  const AttrMap attrs{{"body", *BuildGraph(std::vector<TensorType>(count, {DType::kFloat32, {}}), program.record)}};
  RigSpec spec{program.name, "elementwise_program", attrs};
  for (size_t i = 0; i < count; ++i) {
    spec.inputs.push_back({DType::kFloat32, static_cast<int>(i) < program.full ? Shape{n} : Shape{}});
  }
  spec.low = 0;
  Target target;
  target.isa = DetectIsa();
  auto rig = KernelRig::Make(TestOps(), spec, target);
  if (!rig.ok()) return state.SkipWithError("no kernel");
  ThreadPool pool(1);
  simd::ScopedFlushToZero flush;
  for (auto _ : state) {
    (*rig)->Run(pool);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * n);
}

void RegisterAll() {
  for (Isa isa : HostIsas()) {
    auto add = [&](const char* op, int arity) {
      benchmark::RegisterBenchmark(absl::StrCat("tile/", op, "/", Name(isa)).c_str(),
                                   [=](benchmark::State& state) { RunTileKernel(state, op, isa, arity); });
    };
#define WEFT_UNARY(Function, op, Class, Diff, ulp, cycles, formula) WEFT_BENCH_##Class(#op, 1)
#define WEFT_BINARY(Function, op, Class, Diff, commutative, ulp, cycles, formula) WEFT_BENCH_##Class(#op, 2)
#define WEFT_COMPARE(Function, op, commutative, cycles, formula) add(#op, 2);
#define WEFT_PREDICATE(Function, op, cycles, formula) add(#op, 1);
#define WEFT_SPECIAL(Function, op, cycles) add(#op, k##Function##Op == kSelectOp ? 3 : 1);
#define WEFT_BENCH_Float(op, arity) add(op, arity);
#define WEFT_BENCH_Numeric(op, arity) add(op, arity);
#define WEFT_BENCH_Bool(op, arity)
#include "ops/elementwise/elementwise_ops.inc"
  }
  for (const Program& program : Programs()) {
    benchmark::RegisterBenchmark(absl::StrCat("program/", program.name).c_str(),
                                 [&program](benchmark::State& state) { RunProgram(state, program); })
        ->Arg(64)
        ->Arg(2560)
        ->Arg(131072)
        ->Arg(4 << 20);
  }
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  weft::RegisterAll();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
