// The product alone, below the op: every ISA level, place of B, size around the tiles' edges, share and chunk gives the
// bits of the written-out chain of std::fma, reads nothing outside its operands and writes nothing outside C.
#include "ops/dense/gemm.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "core/cpu.h"
#include "core/layout.h"
#include "gtest/gtest.h"
#include "ops/dense/testing/guarded.h"

namespace weft::dense {
namespace {

struct Sizes {
  int64_t m, n, k;
};

std::vector<float> Random(int64_t count, uint32_t seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> v(count);
  for (float& x : v) x = uniform(engine);
  return v;
}

// The definition.
std::vector<float> Chains(const Sizes& s, int64_t chunk, bool transpose_a, const std::vector<float>& a,
                          const std::vector<float>& b_kn) {
  std::vector<float> c(s.m * s.n);
  if (chunk == 0) chunk = std::max<int64_t>(s.k, 1);
  for (int64_t i = 0; i < s.m; ++i) {
    for (int64_t j = 0; j < s.n; ++j) {
      float total = 0;
      for (int64_t k0 = 0; k0 < s.k; k0 += chunk) {
        float chain = 0;
        for (int64_t k = k0; k < std::min(s.k, k0 + chunk); ++k) {
          chain = std::fma(transpose_a ? a[k * s.m + i] : a[i * s.k + k], b_kn[k * s.n + j], chain);
        }
        total = k0 == 0 ? chain : total + chain;
      }
      c[i * s.n + j] = total;
    }
  }
  return c;
}

const char* const kSourceNames[] = {"panels", "rows", "transposed rows", "transposed panels"};

// B as the source wants it, from [k, n].
Guarded<float> StoreB(BSource source, const Sizes& s, const std::vector<float>& b_kn) {
  std::vector<float> b_nk(b_kn.size());
  for (int64_t k = 0; k < s.k; ++k) {
    for (int64_t j = 0; j < s.n; ++j) b_nk[j * s.k + k] = b_kn[k * s.n + j];
  }
  const bool transposed = source == BSource::kTransposedRows || source == BSource::kTransposedPanels;
  const bool panels = source == BSource::kPanels || source == BSource::kTransposedPanels;
  const int64_t dims[] = {transposed ? s.n : s.k, transposed ? s.k : s.n};
  const std::vector<float>& rows = transposed ? b_nk : b_kn;
  if (!panels) return Guarded<float>(rows);
  std::vector<float> packed(*StorageElements(dims, Layout::kPanels64));
  PackLayout(DType::kFloat32, dims, Layout::kPanels64, rows.data(), packed.data());
  return Guarded<float>(packed);
}

struct Collected {
  const GemmPlan* plan;
  std::vector<float>* c;
  std::vector<int>* count;
};
void Collect(void* context, const Block& block) {
  const Collected& to = *static_cast<Collected*>(context);
  for (int64_t q = 0; q < block.panels; ++q) {
    for (int64_t r = 0; r < block.rows; ++r) {
      for (int64_t c = 0; c < block.width; ++c) {
        const int64_t column = (block.panel + q) * kPanel + c;
        if (column >= to.plan->n) continue;
        const int64_t at = (block.row + r) * to.plan->n + column;
        (*to.c)[at] = block.product[(q * block.rows + r) * block.width + c];
        ++(*to.count)[at];
      }
    }
  }
}

GemmFns Fns(Isa isa) { return isa == Isa::kAvx512 ? GemmAvx512() : isa == Isa::kAvx2 ? GemmAvx2() : GemmBaseline(); }

void CheckProduct(const Sizes& s, int64_t chunk, bool transpose_a, BSource source, const std::vector<Isa>& isas) {
  const std::vector<float> a_values = Random(s.m * s.k, 1), b_values = Random(s.k * s.n, 2);
  const std::vector<float> expected = Chains(s, chunk, transpose_a, a_values, b_values);
  const Guarded<float> a(a_values), b = StoreB(source, s, b_values);
  for (Isa isa : isas) {
    for (bool narrow : {true, false}) {
      for (int mode = 0; mode < 3; ++mode) {  // all at once into C; cut by rows into C; cut by panels into blocks
        SCOPED_TRACE(testing::Message() << Name(isa) << " " << s.m << "x" << s.n << "x" << s.k << " chunk " << chunk
                                        << (transpose_a ? " ta " : " ") << kSourceNames[static_cast<int>(source)]
                                        << " narrow " << narrow << " mode " << mode);
        std::vector<float> blocks(s.m * s.n);
        std::vector<int> count(s.m * s.n);
        GemmPlan plan;
        plan.m = s.m;
        plan.n = s.n;
        plan.k = s.k;
        plan.chunk = chunk;
        plan.transpose_a = transpose_a;
        plan.lda = transpose_a ? s.m : s.k;
        plan.ldb = source == BSource::kTransposedRows ? s.k : s.n;
        plan.ldc = s.n;
        plan.b_source = source;
        if (mode == 2) plan.consume = &Collect;
        plan.Finish(narrow);
        Collected collected{&plan, &blocks, &count};
        Guarded<float> c(s.m * s.n);
        const int shares = mode == 0 ? 1 : 3;
        for (int share = 0; share < shares; ++share) {
          Guarded<float> scratch(plan.scratch_bytes / 4);
          GemmCall call{a.data(), b.data(), c.data(), &collected, reinterpret_cast<std::byte*>(scratch.data()),
                        0,        plan.m,   0,        plan.panels};
          if (mode == 1) call.row_begin = plan.m * share / shares, call.row_end = plan.m * (share + 1) / shares;
          if (mode == 2) {
            call.panel_begin = plan.panels * share / shares, call.panel_end = plan.panels * (share + 1) / shares;
          }
          Fns(isa).run(plan, call);
          ASSERT_TRUE(scratch.Intact());
        }
        ASSERT_TRUE(c.Intact());
        const float* got = mode == 2 ? blocks.data() : c.data();
        if (mode == 2) {
          for (int n : count) ASSERT_EQ(n, 1);
        }
        for (int64_t i = 0; i < s.m * s.n; ++i) {
          ASSERT_EQ(0, std::memcmp(&got[i], &expected[i], 4))
              << "element " << i / s.n << ", " << i % s.n << ": " << got[i] << ", expected " << expected[i];
        }
      }
    }
  }
}

const BSource kSources[] = {BSource::kPanels, BSource::kRows, BSource::kTransposedRows, BSource::kTransposedPanels};

TEST(Gemm, SizesAroundTiles) {
  const int64_t kSizes[] = {1, 2, 3, 5, 6, 7, 15, 16, 17, 63, 64, 65, 100, 129};
  std::mt19937 engine(3);
  auto pick = [&] { return kSizes[engine() % std::size(kSizes)]; };
  for (int round = 0; round < 120; ++round) {
    const Sizes s{pick(), pick(), pick()};
    const bool transpose_a = engine() % 2;
    const int64_t chunk = engine() % 2 ? 0 : 16;
    for (BSource source : kSources) CheckProduct(s, chunk, transpose_a, source, HostIsas());
  }
}

TEST(Gemm, EverySizeOfRowsAndWidth) {
  for (int64_t m = 1; m <= 14; ++m) {
    for (int64_t n : {1, 16, 17, 33, 49, 64, 80, 130}) {
      CheckProduct({m, n, 7}, 0, m % 2, kSources[(m + n) % 4], HostIsas());
    }
  }
}

TEST(Gemm, Empty) {
  CheckProduct({3, 20, 0}, 0, false, BSource::kRows, HostIsas());
  CheckProduct({30, 200, 0}, 256, true, BSource::kPanels, HostIsas());
  CheckProduct({0, 20, 5}, 0, false, BSource::kRows, HostIsas());
  CheckProduct({3, 0, 5}, 0, false, BSource::kTransposedPanels, HostIsas());
}

TEST(Gemm, BlocksOfK) {
  const std::vector<Isa> isas = {DetectIsa()};
  for (BSource source : kSources) {
    for (int64_t chunk : {0, 256, 1000}) {
      CheckProduct({7, 70, 5000}, chunk, false, source, isas);
      CheckProduct({3, 130, 2500}, chunk, true, source, isas);
      CheckProduct({130, 10, 2100}, chunk, true, source, isas);
    }
  }
}

TEST(Gemm, ColumnSums) {
  for (Isa isa : HostIsas()) {
    for (int64_t k : {0, 1, 255, 256, 257, 600}) {
      for (int64_t columns : {1, 3, 10, 16, 31, 64}) {
        SCOPED_TRACE(testing::Message() << Name(isa) << " k " << k << " columns " << columns);
        const int64_t ld = columns + 5;
        const std::vector<float> values = Random(std::max<int64_t>(0, (k - 1) * ld + columns), 7);
        const Guarded<float> b(values);
        Guarded<float> sums(columns);
        Fns(isa).column_sums(b.data(), ld, k, columns, sums.data());
        ASSERT_TRUE(sums.Intact());
        for (int64_t c = 0; c < columns; ++c) {
          float total = 0;
          for (int64_t k0 = 0; k0 < k; k0 += 256) {
            float sum = 0;
            for (int64_t i = k0; i < std::min(k, k0 + 256); ++i) sum += values[i * ld + c];
            total = k0 == 0 ? sum : total + sum;
          }
          ASSERT_EQ(total, sums.data()[c]);
        }
      }
    }
  }
}

}  // namespace
}  // namespace weft::dense
