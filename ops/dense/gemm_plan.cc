#include <algorithm>

#include "ops/dense/gemm.h"

namespace weft::dense {
namespace {

// Rows of a panel of B that are read through at once: 512 KB.
constexpr int64_t kLongestStream = 2048;

int64_t Up(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }

}  // namespace

void GemmPlan::Finish(bool narrow) {
  panels = (n / gates + kPanel - 1) / kPanel;
  last_width = narrow && n % kPanel != 0 ? Up(n % kPanel, kWidthStep) : kPanel;
  if (chunk >= k) chunk = 0;  // the one chunk is the chain
  thin = m <= kTileRows;
  if (thin || panels == 1 || k > kLongestStream) whole_rows = false;

  const int64_t width = panels == 1 ? last_width : kPanel;
  const int64_t rows = std::max<int64_t>(m, 1);
  if (whole_rows) {
    block_rows = m_block =
        std::clamp(block_elements / (n / gates) / kTileRows * kTileRows, 2 * kTileRows, Up(rows, kTileRows));
    k_block = k;
  } else if (thin) {
    block_rows = m_block = rows;
    block_panels = gates > 1 ? 1 : std::max<int64_t>(1, block_elements / (rows * kPanel));
    switch (b_source) {
      case BSource::kPanels:
        k_block = k;  // each panel is one stream
        break;
      case BSource::kRows:
        k_block = n < kPanel ? 64 : 16;  // as many streams, each of them along a row
        break;
      default:
        k_block = 64;  // transposed in L1
    }
  } else {
    block_rows = std::min(std::max(block_elements / width / kTileRows, int64_t{1}) * kTileRows, rows);
    block_panels = 1;
    // A panel is read through for each tile's rows: up to 512 KB of it. But one that is packed for few rows should
    // still be in L1 when it is used.
    // A transposed A is read a line for each k, so what a tile reads of it should stay in L1.
    k_block = transpose_a ? 256 : b_source == BSource::kPanels || rows > 96 ? kLongestStream : 128;
    // As many rows of A as make 1 MB.
    m_block = (1 << 18) / std::clamp<int64_t>(k, 1, kLongestStream);
    m_block = gates > 1 ? block_rows : Up(std::min(std::max<int64_t>(m_block, 96), rows), block_rows);
  }
  if (chunk > 0) k_block = Up(k_block, chunk);
  k_block = std::max<int64_t>(std::min(k_block, k), 1);

  if (whole_rows) {
    pack_offset = product_offset = 0;
    scratch_bytes = block_rows * n * int64_t{sizeof(float)};
    return;
  }
  // A block of A's rows is then read from the nearest caches for all panels but the first.
  constexpr int64_t kMostPanels = 8;
  group_panels = !thin && transpose_a && k_block < k && gates == 1 ? std::min(panels, kMostPanels) : 0;
  const int64_t product_rows =
      (k_block < k ? m_block : block_rows) * block_panels * gates * std::max<int64_t>(group_panels, 1);
  const bool packs = b_source != BSource::kPanels;
  pack_offset = 0;
  product_offset = packs ? k_block * kPanel * int64_t{sizeof(float)} : 0;
  scratch_bytes = product_offset + product_rows * kPanel * int64_t{sizeof(float)};
}

}  // namespace weft::dense
