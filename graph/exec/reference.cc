#include "graph/exec/reference.h"

#include <cstring>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "core/status.h"
#include "graph/exec/bind_symbols.h"
#include "graph/ir/scan.h"

namespace weft {
namespace {

void RoundToFloat(RefTensor& t) {
  for (double& x : t.f) x = static_cast<float>(x);
}

// Wraps like a two's complement cast, so that integers mean the same here and in a kernel.
void WrapToWidth(RefTensor& t) {
  for (int64_t& x : t.i) {
    if (t.dtype == DType::kInt32) x = static_cast<int32_t>(x);
    if (t.dtype == DType::kUInt8) x = static_cast<uint8_t>(x);
    if (t.dtype == DType::kBool) x = x != 0;
  }
}

absl::StatusOr<RefTensor> MakeRef(const TensorType& type, const SymbolBindings& bindings) {
  RefTensor t;
  t.dtype = type.dtype;
  WEFT_ASSIGN_OR_RETURN(t.dims, type.shape.Evaluate(bindings));
  WEFT_ASSIGN_OR_RETURN(int64_t n, CheckedNumElements(t.dims));
  if (t.is_float()) {
    t.f.resize(n);
  } else {
    t.i.resize(n);
  }
  return t;
}

// Elements [begin, begin + part.size()) of `whole`, which has the same dtype.
void CopyOut(const RefTensor& whole, int64_t begin, RefTensor& part) {
  for (size_t k = 0; k < part.f.size(); ++k) part.f[k] = whole.f[begin + k];
  for (size_t k = 0; k < part.i.size(); ++k) part.i[k] = whole.i[begin + k];
}
void CopyIn(const RefTensor& part, int64_t begin, RefTensor& whole) {
  for (size_t k = 0; k < part.f.size(); ++k) whole.f[begin + k] = part.f[k];
  for (size_t k = 0; k < part.i.size(); ++k) whole.i[begin + k] = part.i[k];
}

class Runner {
 public:
  Runner(const SymbolBindings& bindings, const absl::flat_hash_map<std::string, Tensor>& variables,
         const ReferenceOptions& options)
      : bindings_(bindings), variables_(variables), options_(options) {}

  // `values` has one element per value of the graph; those of the inputs are set. Afterwards the inputs, outputs and
  // updates are set; other values are dropped after their last reader.
  absl::Status Run(const Graph& graph, std::vector<RefTensor>& values) {
    const std::vector<NodeId>& last_reader = LastReaders(graph);
    for (NodeId id = 0; id < graph.num_nodes(); ++id) {
      const Node& node = graph.node(id);
      if (IsInput(node)) continue;
      absl::Status status = RunNode(graph, node, values);
      if (!status.ok()) {
        std::string origin = node.origin == nullptr ? "" : absl::StrCat(", ", node.origin->ToString());
        return Annotate(status, absl::StrCat("reference of ", node.op->name, origin));
      }
      for (ValueId v : node.inputs) {
        if (last_reader[v] == id) values[v] = RefTensor();
      }
    }
    return absl::OkStatus();
  }

 private:
  static constexpr NodeId kKept = -2;  // never dropped
  const std::vector<NodeId>& LastReaders(const Graph& graph) {
    std::unique_ptr<std::vector<NodeId>>& last = last_readers_[&graph];
    if (last != nullptr) return *last;
    last = std::make_unique<std::vector<NodeId>>(graph.num_values(), kKept);
    for (NodeId id = 0; id < graph.num_nodes(); ++id) {
      for (ValueId v : graph.node(id).inputs) (*last)[v] = id;
    }
    for (ValueId v : graph.inputs()) (*last)[v] = kKept;
    for (const Graph::Output& output : graph.outputs()) (*last)[output.value] = kKept;
    for (const Graph::Update& update : graph.updates()) (*last)[update.value] = kKept;
    return *last;
  }

  absl::Status RunNode(const Graph& graph, const Node& node, std::vector<RefTensor>& values) {
    if (IsVariable(node)) return ReadVariable(graph, node, values);
    if (IsScan(node)) return RunScan(graph, node, values);
    if (node.op->name == kRelayoutOp) {  // a matter of storage, of which the reference knows nothing
      values[node.first_output] = values[node.inputs[0]];
      return absl::OkStatus();
    }
    std::vector<RefTensor> outputs;
    for (int k = 0; k < node.num_outputs; ++k) {
      WEFT_ASSIGN_OR_RETURN(RefTensor t, MakeRef(graph.type(node.first_output + k), bindings_));
      outputs.push_back(std::move(t));
    }
    std::vector<Dims> dims;
    for (const RefTensor& t : outputs) dims.push_back(t.dims);
    // The operands are lent to the op, in one array; one that occurs twice is copied.
    std::vector<RefTensor> inputs(node.inputs.size());
    std::vector<bool> lent(node.inputs.size());
    for (size_t k = 0; k < node.inputs.size(); ++k) {
      size_t first = 0;
      while (node.inputs[first] != node.inputs[k]) ++first;
      lent[k] = first == k;
      inputs[k] = lent[k] ? std::move(values[node.inputs[k]]) : inputs[first];
    }
    ReferenceArgs args{inputs, *node.attrs, bindings_, absl::MakeSpan(outputs)};
    absl::Status status = node.op->reference(args);
    for (size_t k = 0; k < node.inputs.size(); ++k) {
      if (lent[k]) values[node.inputs[k]] = std::move(inputs[k]);
    }
    WEFT_RETURN_IF_ERROR(status);
    for (int k = 0; k < node.num_outputs; ++k) {
      RefTensor& t = outputs[k];
      if (t.dims != dims[k] || t.size() != NumElements(dims[k])) {
        return Internal("result ", k, " came back as ", DimsToString(t.dims), " with ", t.size(),
                        " elements, expected ", DimsToString(dims[k]));
      }
      if (t.dtype == DType::kFloat32 && options_.round_f32) RoundToFloat(t);
      if (!t.is_float()) WrapToWidth(t);
      values[node.first_output + k] = std::move(t);
    }
    return absl::OkStatus();
  }

  absl::Status ReadVariable(const Graph& graph, const Node& node, std::vector<RefTensor>& values) {
    const std::string& name = node.attrs->String("name");
    auto it = variables_.find(name);
    if (it == variables_.end()) return InvalidArgument("no contents were given for variable '", name, "'");
    const TensorType& type = graph.type(node.first_output);
    WEFT_ASSIGN_OR_RETURN(Dims dims, type.shape.Evaluate(bindings_));
    if (it->second.dtype() != type.dtype || it->second.dims() != dims) {
      return InvalidArgument("variable '", name, "': expected ", type.ToString(), ", received ",
                             Name(it->second.dtype()), DimsToString(it->second.dims()));
    }
    values[node.first_output] = ToRef(it->second);
    return absl::OkStatus();
  }

  // Recursion is as deep as bodies are nested, which the verifier limits.
  absl::Status RunScan(const Graph& graph, const Node& node, std::vector<RefTensor>& values) {
    ScanView scan(node);
    const Graph& body = *scan.body;
    WEFT_ASSIGN_OR_RETURN(int64_t length, scan.length.Evaluate(bindings_));
    if (length < 0) return InvalidArgument("the length ", scan.length.ToString(), " is ", length);
    std::vector<RefTensor> carries, ys;
    for (int k = 0; k < scan.num_carries; ++k) carries.push_back(values[node.inputs[k]]);
    for (int k = 0; k < scan.num_outputs; ++k) {
      WEFT_ASSIGN_OR_RETURN(RefTensor y, MakeRef(graph.type(node.first_output + scan.num_carries + k), bindings_));
      ys.push_back(std::move(y));
    }
    std::vector<RefTensor> body_values(body.num_values());
    const int first_captured = scan.num_carries + scan.num_stacked;
    for (int k = 0; k < scan.num_captured; ++k) {
      body_values[body.inputs()[first_captured + k]] = values[node.inputs[first_captured + k]];
    }
    for (int64_t step = 0; step < length; ++step) {
      const int64_t t = scan.reverse ? length - 1 - step : step;
      for (int k = 0; k < scan.num_carries; ++k) body_values[body.inputs()[k]] = std::move(carries[k]);
      for (int k = 0; k < scan.num_stacked; ++k) {
        ValueId input = body.inputs()[scan.num_carries + k];
        WEFT_ASSIGN_OR_RETURN(RefTensor slice, MakeRef(body.type(input), bindings_));
        CopyOut(values[node.inputs[scan.num_carries + k]], t * slice.size(), slice);
        body_values[input] = std::move(slice);
      }
      WEFT_RETURN_IF_ERROR(Run(body, body_values));
      // An output may be an input, or another output too: so they are copied.
      for (int k = 0; k < scan.num_carries; ++k) carries[k] = body_values[body.outputs()[k].value];
      for (int k = 0; k < scan.num_outputs; ++k) {
        const RefTensor& y = body_values[body.outputs()[scan.num_carries + k].value];
        CopyIn(y, t * y.size(), ys[k]);
      }
    }
    for (int k = 0; k < scan.num_carries; ++k) values[node.first_output + k] = std::move(carries[k]);
    for (int k = 0; k < scan.num_outputs; ++k) {
      values[node.first_output + scan.num_carries + k] = std::move(ys[k]);
    }
    return absl::OkStatus();
  }

  const SymbolBindings& bindings_;
  const absl::flat_hash_map<std::string, Tensor>& variables_;
  const ReferenceOptions& options_;
  absl::flat_hash_map<const Graph*, std::unique_ptr<std::vector<NodeId>>> last_readers_;
};

}  // namespace

RefTensor ToRef(const Tensor& tensor) {
  RefTensor ref;
  ref.dtype = tensor.dtype();
  ref.dims = tensor.dims();
  DispatchDType(tensor.dtype(), [&](auto zero) {
    absl::Span<const decltype(zero)> data = tensor.data<decltype(zero)>();
    if (ref.is_float()) {
      ref.f.assign(data.begin(), data.end());
    } else {
      ref.i.assign(data.begin(), data.end());
    }
  });
  return ref;
}

absl::StatusOr<Tensor> FromRef(const RefTensor& ref) {
  WEFT_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Create(ref.dtype, ref.dims));
  if (ref.size() != tensor.num_elements()) {
    return Internal("a reference tensor of dims ", DimsToString(ref.dims), " holds ", ref.size(), " elements");
  }
  DispatchDType(ref.dtype, [&](auto zero) {
    using T = decltype(zero);
    absl::Span<T> data = tensor.mutable_data<T>();
    for (size_t k = 0; k < data.size(); ++k) {
      if constexpr (std::is_floating_point_v<T>) {
        data[k] = static_cast<T>(ref.f[k]);
      } else if constexpr (std::is_same_v<T, bool>) {
        data[k] = ref.i[k] != 0;
      } else {
        data[k] = static_cast<T>(ref.i[k]);
      }
    }
  });
  return tensor;
}

absl::StatusOr<ReferenceResult> RunReference(const Graph& graph, absl::Span<const Tensor> inputs,
                                             const absl::flat_hash_map<std::string, Tensor>& variables,
                                             const ReferenceOptions& options) {
  std::vector<Dims> dims;
  for (const Tensor& t : inputs) dims.push_back(t.dims());
  WEFT_ASSIGN_OR_RETURN(SymbolBindings bindings, BindSymbols(graph, dims));
  std::vector<RefTensor> values(graph.num_values());
  for (size_t k = 0; k < inputs.size(); ++k) {
    const TensorType& type = graph.type(graph.inputs()[k]);
    if (type.dtype != inputs[k].dtype()) {
      return InvalidArgument("input '", graph.input_name(static_cast<int>(k)), "': expected ", type.ToString(),
                             ", received ", Name(inputs[k].dtype()), DimsToString(inputs[k].dims()));
    }
    values[graph.inputs()[k]] = ToRef(inputs[k]);
  }
  WEFT_RETURN_IF_ERROR(Runner(bindings, variables, options).Run(graph, values));
  ReferenceResult result;
  for (const Graph::Output& output : graph.outputs()) {
    WEFT_ASSIGN_OR_RETURN(Tensor t, FromRef(values[output.value]));
    result.outputs.push_back(std::move(t));
  }
  for (const Graph::Update& update : graph.updates()) {
    WEFT_ASSIGN_OR_RETURN(Tensor t, FromRef(values[update.value]));
    result.updates.emplace_back(update.variable, std::move(t));
  }
  return result;
}

}  // namespace weft
