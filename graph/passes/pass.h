// A pass: module in, module and receipts out. One pass = one .h, one .cc, one _test.cc in this folder (text in, text
// out).
#ifndef WEFT_GRAPH_PASSES_PASS_H_
#define WEFT_GRAPH_PASSES_PASS_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "graph/exec/target.h"
#include "graph/ir/module.h"
#include "graph/passes/receipt.h"

namespace weft {

struct PassResult {
  std::shared_ptr<const Module> module;
  std::vector<Receipt> receipts;
};

struct Pass {
  std::string name;  // "fold", "simplify", "cse", "hoist", "fuse", "dce", "layout"
  std::string doc;
  bool exact = true;  // every rewrite it makes is
  std::function<absl::StatusOr<PassResult>(std::shared_ptr<const Module> module, const Target& target)> run;
};

// A family's whole-graph fusion (see OpRegistry::Add): returns the new graph, or the same pointer where nothing
// applies.
struct FusionRule {
  std::string name;
  bool exact = true;
  std::function<absl::StatusOr<GraphPtr>(const GraphPtr& graph, const OpRegistry& registry,
                                         std::vector<Receipt>* receipts)>
      run;
};

}  // namespace weft

#endif  // WEFT_GRAPH_PASSES_PASS_H_
