#include "graph/passes/pipeline.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "graph/passes/passes.h"

namespace weft {

const std::vector<Pass>& DefaultPasses() {
  // hoist after cse, which joins each loop with what its gradient made of it; dce before fuse, so that a reader that
  // nobody needs does not keep a value alive; and after it, for what fusion left behind.
  static const auto* passes = new std::vector<Pass>{FoldPass(), SimplifyPass(), CsePass(), HoistPass(),
                                                    DcePass(),  FusePass(),     DcePass(), LayoutPass()};
  return *passes;
}

namespace {

Pass ExactOnly(const Pass& pass) {
  if (pass.name == "simplify") return SimplifyPass(/*exact_only=*/true);
  if (pass.name == "fuse") return FusePass(/*exact_only=*/true);
  return pass;
}

}  // namespace

absl::StatusOr<PassResult> Optimize(std::shared_ptr<const Module> module, const Target& target,
                                    const OptimizeOptions& options) {
  const std::vector<Pass>& passes = DefaultPasses();
  for (const std::string& name : options.disable) {
    if (std::none_of(passes.begin(), passes.end(), [&](const Pass& pass) { return pass.name == name; })) {
      std::vector<std::string> names;
      for (const Pass& pass : passes) names.push_back(pass.name);
      std::string nearest = Nearest(name, names);
      return InvalidArgument("there is no pass '", name, "'",
                             nearest.empty() ? "" : absl::StrCat("; did you mean '", nearest, "'?"));
    }
  }
  PassResult result;
  result.module = std::move(module);
  for (const Pass& listed : passes) {
    if (std::find(options.disable.begin(), options.disable.end(), listed.name) != options.disable.end()) continue;
    const Pass pass = options.exact_only ? ExactOnly(listed) : listed;
    // Each pass rebuilds what it changes through a GraphBuilder, whose Build() verifies, and TransformModule compares
    // the function with what it was: an error names the pass, function and node.
    WEFT_ASSIGN_OR_RETURN(PassResult next, pass.run(result.module, target));
    result.module = std::move(next.module);
    for (Receipt& receipt : next.receipts) result.receipts.push_back(std::move(receipt));
    if (options.after_pass) options.after_pass(pass, *result.module);
  }
  return result;
}

}  // namespace weft
