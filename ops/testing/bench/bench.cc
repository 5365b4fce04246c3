#include "ops/testing/bench/bench.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "core/simd/denormals.h"
#include "core/status.h"
#include "ops/testing/bench/peak.h"

namespace weft {
namespace {

constexpr int kMaxThreads = 64;

bool ReadThreads(absl::string_view value, std::vector<int>* threads) {
  threads->clear();
  for (absl::string_view part : absl::StrSplit(value, ',')) {
    int count = 0;
    if (!absl::SimpleAtoi(part, &count) || count < 1 || count > kMaxThreads) return false;
    threads->push_back(count);
  }
  return true;
}

bool ReadFlag(absl::string_view flag, absl::string_view value, const FlagReader& other, BenchFlags* flags) {
  if (flag == "--isa") {
    const absl::StatusOr<Isa> isa = ParseIsa(value);
    if (isa.ok()) flags->isa = *isa;
    return isa.ok();
  }
  if (flag == "--threads") return ReadThreads(value, &flags->threads);
  if (flag == "--rounds") return absl::SimpleAtoi(value, &flags->rounds) && flags->rounds > 0;
  if (flag == "--only") {
    flags->only = std::string(value);
    return true;
  }
  return other != nullptr && other(flag, value);
}

double Now(int threads) {
  timespec t;
  clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// Floating-point operations a second of all threads.
double Peak(Isa isa, ThreadPool& pool, int threads) {
  const PeakFn peak = isa == Isa::kAvx512 ? PeakAvx512() : isa == Isa::kAvx2 ? PeakAvx2() : PeakBaseline();
  const int64_t rounds = isa == Isa::kBaseline ? 4000 : 100000;
  int64_t done[kMaxThreads] = {};
  const double start = Now(threads);
  pool.Run(threads, [&](int share) {
    float sink = 1.0f;
    done[share] = peak(rounds, &sink);
  });
  double flops = 0;
  for (int s = 0; s < threads; ++s) flops += static_cast<double>(done[s]);
  return flops / (Now(threads) - start);
}

}  // namespace

absl::StatusOr<BenchFlags> ReadBenchFlags(int argc, char** argv, const FlagReader& other) {
  BenchFlags flags;
  for (int i = 1; i < argc; ++i) {
    const std::pair<std::string, std::string> flag = absl::StrSplit(argv[i], absl::MaxSplits('=', 1));
    if (!ReadFlag(flag.first, flag.second, other, &flags)) {
      return InvalidArgument("cannot read ", argv[i], "; see the head of this file's source");
    }
  }
  return flags;
}

void Rigs::Add(const RigSpec& spec) {
  if (!absl::StrContains(spec.name, only_)) return;
  absl::StatusOr<std::unique_ptr<KernelRig>> rig = KernelRig::Make(registry_, spec, target_);
  if (rig.ok()) {
    rigs_.push_back(*std::move(rig));
  } else {
    std::fprintf(stderr, "%s: %s\n", spec.name.c_str(), rig.status().ToString().c_str());
  }
}

int RunBench(const absl::StatusOr<BenchFlags>& flags, const OpRegistry& registry, AddRigsFn add, TableFn table) {
  if (!flags.ok()) {
    std::fprintf(stderr, "%s\n", std::string(flags.status().message()).c_str());
    return 1;
  }
  for (int threads : flags->threads) {
    Target target = Target::Host(threads);
    target.isa = flags->isa;
    ThreadPool pool(threads);
    Rigs rigs(registry, target, flags->only);
    add(rigs);
    if (!rigs.all().empty()) table(*flags, threads, pool, rigs);
  }
  return 0;
}

void PrintPeakTable(const BenchFlags& flags, int threads, ThreadPool& pool, const Rigs& rigs) {
  struct Times {
    std::vector<double> ratios, gflops, us;
  };
  std::vector<Times> times(rigs.all().size());
  std::vector<double> peaks;
  for (int round = 0; round < flags.rounds; ++round) {
    for (size_t i = 0; i < times.size(); ++i) {
      KernelRig& rig = *rigs.all()[i];
      const double peak = Peak(flags.isa, pool, threads);
      const simd::ScopedFlushToZero flush;
      const int repeats = std::max(1, static_cast<int>(2e-3 * peak / std::max(rig.flops(), 1e5)));
      const double seconds = SecondsOf(threads, repeats, [&] { rig.Run(pool); });
      times[i].ratios.push_back(rig.flops() / seconds / peak);
      times[i].gflops.push_back(rig.flops() / seconds / 1e9);
      times[i].us.push_back(seconds * 1e6);
      peaks.push_back(peak / 1e9);
    }
  }
  const double best_peak = *std::max_element(peaks.begin(), peaks.end());
  std::printf("%d threads, %s, units' peak %.0f GFLOP/s\n", threads, std::string(Name(flags.isa)).c_str(),
              Median(peaks));
  for (size_t i = 0; i < times.size(); ++i) {
    const double best = *std::max_element(times[i].gflops.begin(), times[i].gflops.end());
    std::printf("  %-34s %8.1f GFLOP/s  %5.1f %% of peak (best %5.1f)  %10.2f us  %d shares\n",
                rigs.all()[i]->name().c_str(), Median(times[i].gflops), 100 * Median(times[i].ratios),
                100 * best / best_peak, Median(times[i].us), rigs.all()[i]->shares());
  }
}

double SecondsOf(int threads, int repeats, absl::FunctionRef<void()> f) {
  f();
  const double start = Now(threads);
  for (int i = 0; i < repeats; ++i) f();
  return (Now(threads) - start) / repeats;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace weft
