// The product C = op(A) op(B) for float32, cut into shares, with a hook that consumes C block by block while it is in
// the nearest caches. Plain data and function pointers only: this header is read by the files of every instruction set.
//
// One result: element (m, n) is one chain of fused multiply-adds over ascending k from +0 (chunk = 0), or the ascending
// sum of such chains over `chunk` consecutive k's each. Nothing else in here (shares, blocks, where B lies, the
// instruction set) touches a bit of it: a block of k continues from the stored partial sum, and lanes run across n.
#ifndef WEFT_OPS_DENSE_GEMM_H_
#define WEFT_OPS_DENSE_GEMM_H_

#include <cstddef>
#include <cstdint>

namespace weft::dense {

// Columns of B are handled in panels of this many (core/layout.h's kPanels64).
inline constexpr int64_t kPanel = 64;
// A panel that has fewer columns may be handled in a block that is narrower, in steps of this.
inline constexpr int64_t kWidthStep = 16;
// Rows of a register tile, at most, on any instruction set.
inline constexpr int64_t kTileRows = 6;

enum class BSource : uint8_t {
  kPanels,            // [k, n] in kPanels64: read in place
  kRows,              // [k, n] row-major: read in place where M is small, else packed
  kTransposedRows,    // [n, k] row-major: packed
  kTransposedPanels,  // [n, k] in kPanels64: packed
};

// A block of C, columns in panels: element (r, c) of panel q of the block is product[(q * rows + r) * width + c], and
// is element (row + r, (panel + q) * 64 + c) of C. Columns past n hold numbers of no meaning. With gates > 1, panels is
// 1, and the block of gate g, column g * n / gates + panel * 64 on, begins at product[g * rows * width].
struct Block {
  float* product;
  int64_t row, rows;
  int64_t panel, panels;  // panels > 1 only where `rows` are all of M
  int64_t width;          // 64, or less for the last panel (a multiple of kWidthStep); whole rows: n / gates
};

// Takes C's blocks; each element comes once (with gates: each of a gate's elements, those of the other gates beside
// it). `context` is the call's.
using BlockFn = void (*)(void* context, const Block& block);

// All that can be decided before the operands are known.
struct GemmPlan {
  int64_t m = 0, n = 0, k = 0;
  int64_t chunk = 0;
  bool transpose_a = false;  // A is [k, m]
  int64_t lda = 0, ldb = 0;  // elements from one row of the stored matrix to the next (ldb: row-major B only)
  BSource b_source = BSource::kRows;
  // Null: C is stored row-major with `ldc`.
  BlockFn consume = nullptr;
  int64_t ldc = 0;
  // C's columns in so many equal parts, whose blocks `consume` gets together. More than 1 only with `consume`, and
  // where n / gates is a multiple of 64; panels then counts those of one part.
  int64_t gates = 1;
  // Blocks are whole rows (of a gate), which lie in memory as `consume` finds its other operands there. To be set only
  // with `consume`, B in kPanels64, and n / gates a multiple of 64. Panels cannot be cut then: a share has all of them.
  bool whole_rows = false;
  // Elements of a block that stay in L1 beside what `consume` reads and writes; at least a register tile is given.
  int64_t block_elements = 1536;

  // Filled in by Finish().
  int64_t panels = 0;
  int64_t last_width = kPanel;  // of the last panel's blocks
  int64_t block_rows = 0;       // rows that `consume` gets at once, at most
  int64_t m_block = 0;          // rows for which a panel of B is read from cache again and again
  int64_t k_block = 0;
  bool thin = false;         // M is so small that B is read once: blocks of all rows and several panels
  int64_t block_panels = 1;  // thin: panels of a block, at most
  // More than 0: k is so long that a block of it is taken through so many panels at once, whose sums wait in scratch.
  int64_t group_panels = 0;
  int64_t pack_offset = 0, product_offset = 0, scratch_bytes = 0;  // of a share

  // `narrow`: the last panel's blocks are only as wide as it needs.
  void Finish(bool narrow);
  // Elements of the largest block, of one gate.
  int64_t largest_block() const {
    return whole_rows ? block_rows * n / gates : block_rows * block_panels * (panels == 1 ? last_width : kPanel);
  }
};

// One share of one product.
struct GemmCall {
  const float* a;
  const float* b;
  float* c;  // where consume is null
  void* context;
  std::byte* scratch;  // plan.scratch_bytes, 64-byte aligned
  int64_t row_begin, row_end, panel_begin, panel_end;
};

// The code for one instruction set.
struct GemmFns {
  void (*run)(const GemmPlan& plan, const GemmCall& call);
  // Copies `columns` elements of 4 bytes of each row; the strides count elements, from_ld may be 0.
  void (*copy_rows)(const void* from, int64_t from_ld, void* to, int64_t to_ld, int64_t rows, int64_t columns);
  // Moves rows of `width` elements (a multiple of 16) together, so that one begins every n <= width elements.
  void (*compact)(float* rows, int64_t count, int64_t width, int64_t n);
  // to[c] = sum over k of b[k * ldb + c] for c < columns (<= 64): chunks of 256 rows from 0, chunk sums ascending.
  void (*column_sums)(const float* b, int64_t ldb, int64_t k, int64_t columns, float* to);
};

GemmFns GemmBaseline();
GemmFns GemmAvx2();
GemmFns GemmAvx512();

}  // namespace weft::dense

#endif  // WEFT_OPS_DENSE_GEMM_H_
