#include "ops/dense/cases.h"

#include <string>
#include <utility>

#include "ops/dense/dense.h"

namespace weft {

void AddDenseCases(std::vector<OpCase>& cases) {
  auto add = [&](std::string name, Dims a, Dims b, MatMulOptions options) {
    OpCase c;
    c.op = kMatMulOp;
    c.name = std::move(name);
    CaseInput left, right;
    left.dims = std::move(a);
    right.dims = std::move(b);
    c.inputs = {left, right};
    c.record = [options](GraphBuilder&, absl::Span<const Value> in) {
      return std::vector<Value>{MatMul(in[0], in[1], options)};
    };
    // Of a chain of k steps the error grows like k in the worst case, and like its root as a rule.
    c.tolerance = 64;
    cases.push_back(std::move(c));
  };
  const MatMulOptions plain, ta{.transpose_a = true}, tb{.transpose_b = true},
      both{.transpose_a = true, .transpose_b = true}, rows{.transpose_a = true, .chunk = kRowChunk};
  add("one_element", {1, 1}, {1, 1}, plain);
  add("small", {3, 4}, {4, 5}, plain);
  add("transpose_a", {4, 3}, {4, 5}, ta);
  add("transpose_b", {3, 4}, {5, 4}, tb);
  add("transpose_both", {4, 3}, {5, 4}, both);
  add("row_times_matrix", {1, 65}, {65, 17}, plain);
  add("matrix_times_column", {17, 6}, {6, 1}, plain);
  add("past_the_tiles", {7, 5}, {5, 65}, plain);
  add("past_the_tiles_transpose_b", {13, 17}, {66, 17}, tb);
  add("two_panels_transpose_a", {5, 8}, {5, 129}, ta);
  add("nothing_to_sum", {3, 0}, {0, 4}, plain);
  add("rows_in_chunks", {300, 3}, {300, 2}, rows);
  add("rows_in_chunks_of_4", {10, 3}, {10, 2}, {.transpose_a = true, .chunk = 4});
  add("batch", {3, 2, 4}, {3, 4, 5}, plain);
  add("batch_transpose_a", {3, 4, 2}, {3, 4, 5}, ta);
  add("batch_transpose_both", {2, 4, 2}, {2, 5, 4}, both);
  add("batch_broadcast", {2, 1, 3, 2}, {1, 3, 2, 4}, plain);
  add("batch_broadcast_transpose_b", {2, 1, 3, 2}, {3, 4, 2}, tb);
  add("every_row_of_a_batch", {2, 3, 4}, {4, 5}, plain);
  add("every_row_of_a_batch_transpose_b", {2, 3, 4}, {5, 4}, tb);
  add("every_row_of_a_batch_transpose_a", {2, 4, 3}, {4, 5}, ta);
  add("one_matrix_for_a_batch", {3, 4}, {2, 4, 5}, plain);
}

}  // namespace weft
