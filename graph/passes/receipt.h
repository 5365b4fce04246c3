// Receipts: what the optimizer did, why, and what it did not do and why not.
#ifndef WEFT_GRAPH_PASSES_RECEIPT_H_
#define WEFT_GRAPH_PASSES_RECEIPT_H_

#include <string>
#include <vector>

namespace weft {

struct Receipt {
  std::string pass;      // "simplify"
  std::string rule;      // "mul_by_one", or "" for the pass as a whole
  std::string function;  // "train_step"
  std::string what;      // one line: before -> after, with layers
  std::string why;       // the reason; for a rewrite that was refused, what stood against it
  bool applied = true;
  bool exact = true;
  int nodes_before = 0, nodes_after = 0;  // of the function; set on a pass' summary receipt (rule == "")

  // "fuse: matmul + bias + relu -> matmul_epilogue (dense_1) [exact]: ..."
  std::string ToString() const;
};

}  // namespace weft

#endif  // WEFT_GRAPH_PASSES_RECEIPT_H_
