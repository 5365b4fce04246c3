#include "graph/ir/scan.h"

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace weft {
namespace {

// The type of one step of a stacked value: without the leading axis.
TensorType StepType(const TensorType& stacked) { return {stacked.dtype, Shape(stacked.shape.dims().subspan(1))}; }

absl::StatusOr<std::vector<TensorType>> InferScan(absl::Span<const TensorType> in, const AttrMap& attrs) {
  const GraphPtr& body = attrs.Function("body");
  const Shape& length_attr = attrs.Get<Shape>("length");
  int64_t carries = attrs.Int("num_carries"), stacked = attrs.Int("num_stacked");
  if (length_attr.rank() != 1) return InvalidArgument("length: expected one dim, got ", length_attr.ToString());
  const Dim& length = length_attr[0];
  if (carries < 0 || stacked < 0 || carries > static_cast<int64_t>(in.size()) ||
      stacked > static_cast<int64_t>(in.size()) - carries) {
    return InvalidArgument("num_carries = ", carries, " and num_stacked = ", stacked, " do not fit ", in.size(),
                           " operands");
  }
  if (body->inputs().size() != in.size()) {
    return InvalidArgument("the body has ", body->inputs().size(), " inputs, the loop ", in.size(), " operands");
  }
  if (!body->updates().empty()) return InvalidArgument("the body of a loop may not update variables");
  for (const Node& node : body->nodes()) {
    if (IsVariable(node)) return InvalidArgument("the body of a loop may not read variables; capture their values");
  }
  for (size_t i = 0; i < in.size(); ++i) {
    bool is_stacked = static_cast<int64_t>(i) >= carries && static_cast<int64_t>(i) < carries + stacked;
    if (is_stacked) {
      if (in[i].rank() < 1 || in[i].shape[0] != length) {
        return InvalidArgument("stacked operand ", i, ": expected a leading dim of ", length.ToString(), ", got ",
                               in[i].ToString());
      }
    }
    if (in[i].layout != Layout::kRowMajor && is_stacked) return InvalidArgument("stacked operands must be row-major");
    TensorType given = is_stacked ? StepType(in[i]) : in[i];
    const TensorType& wanted = body->type(body->inputs()[i]);
    if (given != wanted) {
      return InvalidArgument("operand ", i, ": the body expects ", wanted.ToString(), ", got ", given.ToString());
    }
  }
  if (static_cast<int64_t>(body->outputs().size()) < carries) {
    return InvalidArgument("the body gives ", body->outputs().size(), " results for ", carries, " carries");
  }
  std::vector<TensorType> types;
  for (size_t i = 0; i < body->outputs().size(); ++i) {
    const TensorType& type = body->type(body->outputs()[i].value);
    if (static_cast<int64_t>(i) < carries) {
      if (type != in[i]) {
        return InvalidArgument("carry ", i, ": begins as ", in[i].ToString(), ", the body returns ", type.ToString());
      }
      types.push_back(type);
    } else {
      if (type.layout != Layout::kRowMajor) return InvalidArgument("stacked results must be row-major");
      Shape shape{length};
      for (const Dim& dim : type.shape) shape.push_back(dim);
      types.push_back({type.dtype, shape});
    }
  }
  if (types.empty()) return InvalidArgument("a loop needs a carry or a stacked result");
  return types;
}

}  // namespace

OpDef MakeScanOp() {
  OpDef def;
  def.name = kScanOp;
  def.family = "graph";
  def.doc =
      "A loop over the leading axis: (carries, ys[t]) = body(carries, xs[t], captured). Operands: the initial carries, "
      "the stacked "
      "xs, captured values. Results: the last carries, then the stacked ys. The gradient is a scan in the other "
      "direction.";
  def.inputs = {"operands..."};
  def.attrs = {{"body", AttrKind::kFunction, std::nullopt, "One step."},
               {"num_carries", AttrKind::kInt, std::nullopt, "How many of the operands are carries."},
               {"num_stacked", AttrKind::kInt, std::nullopt, "How many of the operands are stacked."},
               {"reverse", AttrKind::kBool, AttrValue(false), "From the last step to the first."},
               {"length", AttrKind::kShape, std::nullopt, "The number of steps, as a shape of one dim."}};
  def.infer = InferScan;
  // Its gradient is in graph/autodiff/scan_gradient.cc: autodiff knows this one op, since its operand is a function.
  def.differentiability = Differentiability::kNone;
  return def;
}

ScanView::ScanView(const Node& node)
    : body(node.attrs->Function("body")),
      num_carries(static_cast<int>(node.attrs->Int("num_carries"))),
      num_stacked(static_cast<int>(node.attrs->Int("num_stacked"))),
      num_captured(static_cast<int>(node.inputs.size()) - num_carries - num_stacked),
      num_outputs(node.num_outputs - num_carries),
      reverse(node.attrs->Bool("reverse")),
      length(node.attrs->Get<Shape>("length")[0]) {}

ScanResult Scan(GraphBuilder& builder, absl::Span<const Value> init, absl::Span<const Value> xs,
                const ScanBodyFn& body_fn, ScanOptions options) {
  ScanResult result;
  auto fail = [&](absl::Status status) {
    Value error = builder.Error(
        Annotate(status, absl::StrCat("scan (", options.where.file_name(), ":", options.where.line(), ")")));
    result.carries.assign(init.size(), error);
    return result;
  };
  std::vector<Value> operands;
  for (const Value& v : init) operands.push_back(builder.Resolve(v));
  for (const Value& v : xs) operands.push_back(builder.Resolve(v));
  for (const Value& v : operands) {
    if (!v.ok()) return fail(builder.status());
  }
  if (xs.empty() && !options.length.has_value()) {
    return fail(InvalidArgument("without stacked operands the length must be given"));
  }
  GraphBuilder body(builder.registry(), &builder);
  std::vector<Value> carries, slices;
  for (size_t i = 0; i < init.size(); ++i)
    carries.push_back(body.Input(absl::StrCat("carry_", i), operands[i].type(), options.where));
  for (size_t i = 0; i < xs.size(); ++i) {
    const TensorType& type = operands[init.size() + i].type();
    if (type.rank() < 1) return fail(InvalidArgument("stacked operand ", i, " is a scalar: expected a leading axis"));
    slices.push_back(body.Input(absl::StrCat("slice_", i), StepType(type), options.where));
  }
  Dim length = options.length.has_value() ? *options.length : operands[init.size()].shape()[0];
  ScanStep step = body_fn(body, carries, slices);
  if (step.carries.size() != init.size()) {
    return fail(InvalidArgument("the body returns ", step.carries.size(), " carries, expected ", init.size()));
  }
  for (size_t i = 0; i < step.carries.size(); ++i) body.Output(absl::StrCat("carry_", i), step.carries[i]);
  for (size_t i = 0; i < step.outputs.size(); ++i) body.Output(absl::StrCat("output_", i), step.outputs[i]);
  std::vector<Value> captures(body.captures().begin(), body.captures().end());
  absl::StatusOr<GraphPtr> graph = body.Build();
  if (!graph.ok()) return fail(graph.status());
  operands.insert(operands.end(), captures.begin(), captures.end());

  std::vector<Value> values =
      builder.Record(kScanOp, operands,
                     {{"body", *graph},
                      {"num_carries", static_cast<int64_t>(init.size())},
                      {"num_stacked", static_cast<int64_t>(xs.size())},
                      {"reverse", options.reverse},
                      {"length", Shape({length})}},
                     options.where, static_cast<int>(step.carries.size() + step.outputs.size()));
  result.carries.assign(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(init.size()));
  result.outputs.assign(values.begin() + static_cast<std::ptrdiff_t>(init.size()), values.end());
  return result;
}

}  // namespace weft
