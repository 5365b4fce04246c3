// Text in, text out: how the tests of passes are written.
#ifndef WEFT_GRAPH_PASSES_TESTING_RUN_PASS_H_
#define WEFT_GRAPH_PASSES_TESTING_RUN_PASS_H_

#include <memory>
#include <string>
#include <vector>

#include "graph/passes/pass.h"
#include "graph/passes/testing/test_ops.h"

namespace weft::pass_ops {

// What a pass made of a module.
struct Passed {
  std::string text;                   // "" after an error
  std::vector<std::string> receipts;  // Receipt::ToString, in order
  absl::Status status;
  bool changed = false;  // whether it is another module than before
};

// `text`: a module, or one function (of a module with that function alone, named "f"; its text is then given back
// alone). Without a registry: Registry().
//
// Beside what it returns it fails the test where the pass is not idempotent, changes what it was given, gives a module
// that does not verify, or says that it changed something when the text is the same.
Passed RunPass(const Pass& pass, const std::string& text, const OpRegistry* registry = nullptr);

// A module of `text`, as RunPass has it. Fails the test where it does not parse.
std::shared_ptr<const Module> ParseForPass(const std::string& text, const OpRegistry* registry = nullptr);

}  // namespace weft::pass_ops

#endif  // WEFT_GRAPH_PASSES_TESTING_RUN_PASS_H_
