// Measures the elementary functions: errors over every float, agreement of the instruction sets over every float,
// speed.
//
//   measure ulp [Name [step]]     greatest error in ulps, and where, over every step-th of the 2^32 floats (default 1:
//   ~2 min each) measure same [Name [step]]    compares all instruction sets with the baseline, with and without
//   flush-to-zero measure speed                 elements per nanosecond in L1, on each instruction set
// Numbers in math.h come from here. Not a test: it takes minutes.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "core/simd/denormals.h"
#include "core/simd/testing/kernels.h"
#include "core/simd/testing/reference.h"

namespace weft::simd::testing {
namespace {

constexpr int64_t kBlock = 4096;

struct Worst {
  double ulp = 0;
  float x = 0;
  float got = 0;
};

const Kernels& Best() {
  const Kernels* const* list = HostKernels();
  while (list[1] != nullptr) ++list;
  return **list;
}

// Calls body(x, n, share) for blocks of floats, on two threads.
template <class Body>
void ForBlocks(uint64_t step, Body body) {
  std::vector<std::thread> threads;
  for (int share = 0; share < 2; ++share) {
    threads.emplace_back([share, step, body] {
      std::vector<float> x(kBlock);
      for (uint64_t start = share * kBlock * step; start < (uint64_t{1} << 32); start += 2 * kBlock * step) {
        for (int64_t i = 0; i < kBlock; ++i)
          x[i] = FromBits(static_cast<uint32_t>(start + i * step + Random(start + i) % step));
        body(x.data(), share);
      }
    });
  }
  for (std::thread& t : threads) t.join();
}

void MeasureUlp(const Unary& unary, uint64_t step) {
  const Reference& reference = UnaryReference(unary.name);
  if (reference.name == nullptr) return;
  Worst worst[2];
  ForBlocks(step, [&](const float* x, int share) {
    float y[kBlock];
    unary.fn(x, y, kBlock);
    for (int64_t i = 0; i < kBlock; ++i) {
      const double ulp = UlpError(y[i], reference.fn(x[i]));
      if (!(ulp <= worst[share].ulp)) worst[share] = {ulp, x[i], y[i]};
    }
  });
  const Worst& w = worst[0].ulp > worst[1].ulp ? worst[0] : worst[1];
  std::printf("%-10s %.4f ulp at x = %.9g (%08x): %.9g, exact %.12g\n", unary.name, w.ulp, w.x, Bits(w.x), w.got,
              reference.fn(w.x));
  std::fflush(stdout);
}

void MeasureSame(int index, uint64_t step) {
  const char* name = HostKernels()[0]->unary[index].name;
  uint64_t differences[2] = {0, 0};
  for (const bool flush : {false, true}) {
    ForBlocks(step, [&](const float* x, int share) {
      float y[kBlock], z[kBlock];
      const ScopedFlushToZero scope(flush);
      HostKernels()[0]->unary[index].fn(x, y, kBlock);
      for (const Kernels* const* k = HostKernels() + 1; *k != nullptr; ++k) {
        (*k)->unary[index].fn(x, z, kBlock);
        for (int64_t i = 0; i < kBlock; ++i) {
          if (!SameBits(y[i], z[i]) && differences[share]++ == 0) {
            std::printf("%s(%08x): %08x but %08x on %s, flush %d\n", name, Bits(x[i]), Bits(y[i]), Bits(z[i]),
                        (*k)->isa, flush);
          }
        }
      }
    });
  }
  std::printf("%-14s %llu differences\n", name, static_cast<unsigned long long>(differences[0] + differences[1]));
  std::fflush(stdout);
}

void MeasureSpeed() {
  constexpr int64_t kN = 2048;
  std::vector<float> x(kN), y(kN), z(kN);
  for (int64_t i = 0; i < kN; ++i) {
    x[i] = 0.01f + 0.99f * static_cast<float>(Random(i) >> 40) * 0x1p-24f;
    y[i] = 4 * x[i];
  }
  const ScopedFlushToZero flush;
  const auto time = [&](auto call) {
    double best = 1e30;
    for (int run = 0; run < 20; ++run) {
      const auto start = std::chrono::steady_clock::now();
      for (int i = 0; i < 200; ++i) call();
      best =
          std::fmin(best, std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count());
    }
    return 200 * kN / best;
  };
  std::printf("elements/ns   ");
  for (const Kernels* const* k = HostKernels(); *k != nullptr; ++k) std::printf("%10s", (*k)->isa);
  std::printf("\n");
  for (int f = 0; Best().unary[f].name != nullptr; ++f) {
    std::printf("%-14s", Best().unary[f].name);
    for (const Kernels* const* k = HostKernels(); *k != nullptr; ++k) {
      std::printf("%10.2f", time([&] { (*k)->unary[f].fn(x.data(), z.data(), kN); }));
    }
    std::printf("\n");
  }
  for (int f = 0; Best().binary[f].name != nullptr; ++f) {
    std::printf("%-14s", Best().binary[f].name);
    for (const Kernels* const* k = HostKernels(); *k != nullptr; ++k) {
      std::printf("%10.2f", time([&] { (*k)->binary[f].fn(y.data(), x.data(), z.data(), kN); }));
    }
    std::printf("\n");
  }
  for (int f = 0; Best().row[f].name != nullptr; ++f) {
    std::printf("%-14s", Best().row[f].name);
    for (const Kernels* const* k = HostKernels(); *k != nullptr; ++k) {
      std::printf("%10.2f", time([&] { z[0] = (*k)->row[f].fn(x.data(), kN); }));
    }
    std::printf("\n");
  }
}

int Main(int argc, char** argv) {
  const char* mode = argc > 1 ? argv[1] : "";
  const char* name = argc > 2 ? argv[2] : "all";
  const uint64_t step = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  if (std::strcmp(mode, "speed") == 0) {
    MeasureSpeed();
    return 0;
  }
  const bool ulp = std::strcmp(mode, "ulp") == 0;
  if (!ulp && std::strcmp(mode, "same") != 0) {
    std::fprintf(stderr, "usage: measure ulp|same [Name|all [step]], measure speed\n");
    return 2;
  }
  for (int f = 0; Best().unary[f].name != nullptr; ++f) {
    if (std::strcmp(name, "all") != 0 && std::strcmp(name, Best().unary[f].name) != 0) continue;
    if (ulp) MeasureUlp(Best().unary[f], step);
    if (!ulp) MeasureSame(f, step);
  }
  return 0;
}

}  // namespace
}  // namespace weft::simd::testing

int main(int argc, char** argv) { return weft::simd::testing::Main(argc, argv); }
