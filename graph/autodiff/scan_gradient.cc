#include "graph/autodiff/scan_gradient.h"

#include "graph/autodiff/gradients.h"
#include "graph/ir/scan.h"

namespace weft {
namespace {

bool IsFloat(const Value& v) { return weft::IsFloat(v.dtype()); }

// The stacks of the carries that enter each step, one per carry.
std::vector<Value> StackCarries(const ScanView& scan, const GradientArgs& args, absl::Span<const Value> init,
                                absl::Span<const Value> xs, absl::Span<const Value> captured) {
  ScanResult again = Scan(args.builder(), init, xs,
                          [&](GraphBuilder& body, absl::Span<const Value> carries, absl::Span<const Value> slices) {
                            std::vector<Value> operands(carries.begin(), carries.end());
                            operands.insert(operands.end(), slices.begin(), slices.end());
                            operands.insert(operands.end(), captured.begin(), captured.end());
                            std::vector<Value> results = body.Inline(*scan.body, operands);
                            ScanStep step;
                            step.carries.assign(results.begin(), results.begin() + scan.num_carries);
                            step.outputs.assign(results.begin() + scan.num_carries, results.end());
                            step.outputs.insert(step.outputs.end(), carries.begin(), carries.end());
                            return step;
                          },
                          {.reverse = scan.reverse, .length = scan.length});
  if (again.outputs.empty()) return std::vector<Value>(scan.num_carries, args.builder().Error(args.builder().status()));
  return {again.outputs.begin() + scan.num_outputs, again.outputs.end()};
}

}  // namespace

std::vector<Value> ScanGradient(const Node& node, const GradientArgs& args) {
  GraphBuilder& builder = args.builder();
  const Roles& roles = builder.registry().roles();
  const ScanView scan(node);
  std::vector<Value> init, xs, captured;
  for (int i = 0; i < args.num_inputs(); ++i) {
    (i < scan.num_carries ? init : i < scan.num_carries + scan.num_stacked ? xs : captured).push_back(args.input(i));
  }
  std::vector<Value> results(args.num_inputs());

  // What the backward loop carries: the gradients of all float carries, then sums for the captured values that need
  // one.
  std::vector<int> float_carries, needed_captures, needed_slices, arriving;
  std::vector<Value> start;
  for (int i = 0; i < scan.num_carries; ++i) {
    if (!IsFloat(init[i])) continue;
    float_carries.push_back(i);
    start.push_back(args.dy(i).absent() ? roles.full(builder, init[i].type(), 0.0) : args.dy(i));
  }
  for (int i = 0; i < scan.num_captured; ++i) {
    if (!args.needs(scan.num_carries + scan.num_stacked + i)) continue;
    needed_captures.push_back(i);
    start.push_back(roles.full(builder, captured[i].type(), 0.0));
  }
  for (int i = 0; i < scan.num_stacked; ++i) {
    if (args.needs(scan.num_carries + i)) needed_slices.push_back(i);
  }
  // What it reads step by step: xs, the carries that entered, and the gradients that arrive at the stacked results.
  std::vector<Value> stacked = xs;
  if (scan.num_carries > 0) {
    std::vector<Value> stacks = StackCarries(scan, args, init, xs, captured);
    stacked.insert(stacked.end(), stacks.begin(), stacks.end());
  }
  for (int i = 0; i < scan.num_outputs; ++i) {
    if (args.dy(scan.num_carries + i).absent()) continue;
    arriving.push_back(i);
    stacked.push_back(args.dy(scan.num_carries + i));
  }
  if (!builder.status().ok()) return results;

  ScanResult back = Scan(builder, start, stacked,
                         [&](GraphBuilder& body, absl::Span<const Value> carries, absl::Span<const Value> slices) {
                           absl::Span<const Value> x = slices.subspan(0, scan.num_stacked);
                           absl::Span<const Value> entered = slices.subspan(scan.num_stacked, scan.num_carries);
                           absl::Span<const Value> dy = slices.subspan(scan.num_stacked + scan.num_carries);
                           std::vector<Value> operands(entered.begin(), entered.end());
                           operands.insert(operands.end(), x.begin(), x.end());
                           for (const Value& v : captured) operands.push_back(body.Resolve(v));
                           std::vector<Value> forward = body.Inline(*scan.body, operands);

                           std::vector<Value> ys, dys, wrt;
                           for (size_t i = 0; i < float_carries.size(); ++i) {
                             ys.push_back(forward[float_carries[i]]);
                             dys.push_back(carries[i]);
                             wrt.push_back(entered[float_carries[i]]);
                           }
                           for (size_t i = 0; i < arriving.size(); ++i) {
                             ys.push_back(forward[scan.num_carries + arriving[i]]);
                             dys.push_back(dy[i]);
                           }
                           for (int i : needed_captures)
                             wrt.push_back(operands[scan.num_carries + scan.num_stacked + i]);
                           for (int i : needed_slices) wrt.push_back(x[i]);
                           ScanStep step;
                           absl::StatusOr<std::vector<Value>> gradients = Gradients(ys, wrt, dys);
                           if (!gradients.ok()) {
                             step.carries.assign(carries.size(), body.Error(gradients.status()));
                             return step;
                           }
                           size_t next = 0;
                           while (next < float_carries.size()) step.carries.push_back((*gradients)[next++]);
                           for (size_t i = 0; i < needed_captures.size(); ++i, ++next) {
                             step.carries.push_back(roles.add(carries[float_carries.size() + i], (*gradients)[next]));
                           }
                           while (next < gradients->size()) step.outputs.push_back((*gradients)[next++]);
                           return step;
                         },
                         {.reverse = !scan.reverse, .length = scan.length});
  if (!builder.status().ok()) return results;

  for (size_t i = 0; i < float_carries.size(); ++i) {
    if (args.needs(float_carries[i])) results[float_carries[i]] = back.carries[i];
  }
  for (size_t i = 0; i < needed_captures.size(); ++i) {
    results[scan.num_carries + scan.num_stacked + needed_captures[i]] = back.carries[float_carries.size() + i];
  }
  for (size_t i = 0; i < needed_slices.size(); ++i) results[scan.num_carries + needed_slices[i]] = back.outputs[i];
  return results;
}

}  // namespace weft
