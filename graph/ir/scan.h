// Scan: a loop over the leading axis, the one form of control flow.
//
//   carries = init;  for t in 0 .. length-1 (or length-1 .. 0 if reverse):
//       (carries, ys[t]) = body(carries, xs[t], captured)
//   results: the last carries, then the stacked ys
//
// As a node: op "scan"; inputs: carries, stacked inputs xs (leading dim = length), captured values; attributes: body
// (function), num_carries, num_stacked (int), reverse (bool), length (shape of one dim). The body's inputs stand in the
// same order (an x without its leading axis); its outputs are the new carries (types as the old), then the ys. A body
// reads no variables and updates none. Gradient: a Scan in the other direction over the stacked carries. Second order:
// the same again.
#ifndef WEFT_GRAPH_IR_SCAN_H_
#define WEFT_GRAPH_IR_SCAN_H_

#include <functional>
#include <vector>

#include "absl/types/span.h"
#include "graph/ir/builder.h"

namespace weft {

struct ScanStep {
  std::vector<Value> carries;
  std::vector<Value> outputs;
};
// Called once, at recording, with the body's builder. Outer Values may be used inside: they are captured.
using ScanBodyFn =
    std::function<ScanStep(GraphBuilder& body, absl::Span<const Value> carries, absl::Span<const Value> slices)>;

struct ScanOptions {
  bool reverse = false;
  // Needed where there are no stacked inputs; otherwise their leading dim.
  std::optional<Dim> length = std::nullopt;
  SourceLocation where = SourceLocation::current();
};
struct ScanResult {
  std::vector<Value> carries;  // after the last step
  std::vector<Value> outputs;  // stacked along a new leading axis
};
ScanResult Scan(GraphBuilder& builder, absl::Span<const Value> init, absl::Span<const Value> xs, const ScanBodyFn& body,
                ScanOptions options = {});

// A read-only look at a scan node.
struct ScanView {
  explicit ScanView(const Node& node);
  GraphPtr body;
  int num_carries = 0, num_stacked = 0, num_captured = 0, num_outputs = 0;  // num_outputs: stacked ones
  bool reverse = false;
  Dim length;
};

OpDef MakeScanOp();

}  // namespace weft

#endif  // WEFT_GRAPH_IR_SCAN_H_
