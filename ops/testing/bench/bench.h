// What the families' benches share: their flags, their clocks, and the table of kernels that compute.
//
// All of them print medians of rounds in which every kernel takes its turn, so that a machine that slows down for a
// while slows all of them.
#ifndef WEFT_OPS_TESTING_BENCH_BENCH_H_
#define WEFT_OPS_TESTING_BENCH_BENCH_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/cpu.h"
#include "core/thread_pool.h"
#include "graph/exec/target.h"
#include "ops/testing/bench/kernel_rig.h"

namespace weft {

struct BenchFlags {
  Isa isa = DefaultIsa();             // --isa=avx512
  std::vector<int> threads = {1, 2};  // --threads=1,2: one table each; 1 ... 64
  int rounds = 15;                    // --rounds=15
  std::string only;                   // --only=forward: kernels whose name holds this
};

// `other` is asked for flags that are none of these and says whether it could read them. InvalidArgument names the
// first argument that cannot be read.
using FlagReader = std::function<bool(absl::string_view flag, absl::string_view value)>;
absl::StatusOr<BenchFlags> ReadBenchFlags(int argc, char** argv, const FlagReader& other = nullptr);

// The kernels that a bench times on one target.
class Rigs {
 public:
  Rigs(const OpRegistry& registry, Target target, std::string only)
      : registry_(registry), target_(std::move(target)), only_(std::move(only)) {}
  // A spec whose name does not hold `only` is passed over; one that cannot be made is told on standard error.
  void Add(const RigSpec& spec);
  const std::vector<std::unique_ptr<KernelRig>>& all() const { return rigs_; }

 private:
  const OpRegistry& registry_;
  const Target target_;
  const std::string only_;
  std::vector<std::unique_ptr<KernelRig>> rigs_;
};

// Prints `table` for each number of threads, of the kernels that `add` adds; nothing where `only` leaves none of them.
// Returns what main returns; flags that could not be read are told on standard error.
using AddRigsFn = absl::FunctionRef<void(Rigs& rigs)>;
using TableFn = absl::FunctionRef<void(const BenchFlags& flags, int threads, ThreadPool& pool, const Rigs& rigs)>;
int RunBench(const absl::StatusOr<BenchFlags>& flags, const OpRegistry& registry, AddRigsFn add, TableFn table);

// The table of kernels that compute: GFLOP/s beside what the multiply-add units give in the same moment, with all
// threads at it.
void PrintPeakTable(const BenchFlags& flags, int threads, ThreadPool& pool, const Rigs& rigs);

// Seconds a call of `f`, of `repeats` calls after a first one that does not count. With one thread by its own processor
// time, which is less disturbed by what else the machine does than the clock on the wall.
double SecondsOf(int threads, int repeats, absl::FunctionRef<void()> f);

// REQUIRES: not empty. Of an even number, the greater of the two in the middle.
double Median(std::vector<double> values);

}  // namespace weft

#endif  // WEFT_OPS_TESTING_BENCH_BENCH_H_
