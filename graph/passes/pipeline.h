// The default pipeline: fold, simplify, cse, dce, fuse, dce, layout. After each pass what it changed is verified, and
// compared with what it was: inputs, outputs and updates are the same. An error names the pass, function and node.
#ifndef WEFT_GRAPH_PASSES_PIPELINE_H_
#define WEFT_GRAPH_PASSES_PIPELINE_H_

#include <functional>
#include <string>
#include <vector>

#include "graph/passes/pass.h"

namespace weft {

struct OptimizeOptions {
  std::vector<std::string> disable = {};  // passes to leave out, by name; an unknown name is InvalidArgument
  bool exact_only = false;                // leave out inexact rewrites
  // Called after each pass (for dumps). May be empty.
  std::function<void(const Pass& pass, const Module& module)> after_pass = {};
};

// The passes in the order they run.
const std::vector<Pass>& DefaultPasses();

// `module` is never changed.
absl::StatusOr<PassResult> Optimize(std::shared_ptr<const Module> module, const Target& target,
                                    const OptimizeOptions& options = {});

}  // namespace weft

#endif  // WEFT_GRAPH_PASSES_PIPELINE_H_
