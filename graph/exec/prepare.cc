#include "graph/exec/prepare.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/status.h"
#include "graph/exec/reference_kernel.h"
#include "graph/ir/scan.h"

namespace weft {
namespace {

// What is computed at compile time stays in memory for good: so only up to this size each, and altogether.
constexpr int64_t kMostConstantBytes = 1 << 20;
constexpr int64_t kMostConstantBytesInAll = 64 << 20;
// Updates up to this size are rather copied at the end than written at once: see Destination::prefer_late.
constexpr int64_t kSmallUpdateBytes = 4096;

std::string Describe(const Node& node) {
  std::string origin = node.origin == nullptr ? "" : node.origin->ToString();
  return origin.empty() ? node.op->name : absl::StrCat(node.op->name, ", ", origin);
}

class Preparer {
 public:
  // `num_carries`: of a loop's body; kFunction for a function.
  static constexpr int kFunction = -1;
  Preparer(const Graph& graph, const PrepareRequest& request, int num_carries)
      : graph_(graph), request_(request), is_body_(num_carries != kFunction), num_carries_(num_carries) {}

  absl::Status Run(Prepared& result) {
    p_ = &result;
    p_->graph = &graph_;
    const int num_values = graph_.num_values();
    p_->types.resize(num_values);
    p_->bytes.assign(num_values, 0);
    p_->storage.assign(num_values, Storage::kUnused);
    p_->external.assign(num_values, -1);
    p_->constants.assign(num_values, nullptr);
    p_->runs.assign(graph_.num_nodes(), false);
    p_->kernels.resize(graph_.num_nodes());
    p_->scans.resize(graph_.num_nodes());
    for (size_t k = 0; is_body_ && k < graph_.inputs().size(); ++k) {
      p_->external[graph_.inputs()[k]] = static_cast<int>(k);
    }
    FindNeeded();
    WEFT_RETURN_IF_ERROR(BindTypes());
    p_->root = ViewRoots(graph_, [&](const Node& node) { return IsView(node); });
    for (NodeId id = 0; id < graph_.num_nodes(); ++id) {
      if (!needed_[id]) continue;
      absl::Status status = PrepareNode(id);
      if (!status.ok()) return Annotate(status, Describe(graph_.node(id)));
    }
    return MakeThePlan();
  }

 private:
  // A body's inputs are the scan's business, and always there.
  void FindNeeded() {
    needed_.assign(graph_.num_nodes(), false);
    auto need = [&](ValueId value) { needed_[graph_.value(value).node] = true; };
    for (const Graph::Output& output : graph_.outputs()) need(output.value);
    for (const Graph::Update& update : graph_.updates()) need(update.value);
    if (is_body_) {
      for (ValueId input : graph_.inputs()) need(input);
    }
    for (NodeId id = graph_.num_nodes() - 1; id >= 0; --id) {
      if (!needed_[id]) continue;
      for (ValueId value : graph_.node(id).inputs) need(value);
    }
  }

  absl::Status BindTypes() {
    for (ValueId value = 0; value < graph_.num_values(); ++value) {
      if (!needed_[graph_.value(value).node]) continue;
      absl::StatusOr<ConcreteType> type = Bind(graph_.type(value), request_.bindings);
      absl::StatusOr<int64_t> bytes = 0;
      if (type.ok()) bytes = StorageBytes(type->dtype, type->dims, type->layout);
      if (!type.ok() || !bytes.ok()) {
        return Annotate(type.ok() ? bytes.status() : type.status(),
                        absl::StrCat(Describe(graph_.producer(value)), ": ", graph_.type(value).ToString()));
      }
      p_->types[value] = *std::move(type);
      p_->bytes[value] = *bytes;
    }
    return absl::OkStatus();
  }

  bool IsView(const Node& node) const {
    if (!node.op->is_view || !needed_[graph_.value(node.first_output).node]) return false;
    const ConcreteType &from = p_->types[node.inputs[0]], &to = p_->types[node.first_output];
    return from.layout == Layout::kRowMajor && to.layout == Layout::kRowMajor &&
           p_->bytes[node.inputs[0]] == p_->bytes[node.first_output];
  }

  bool IsConstant(ValueId value) const { return p_->constants[p_->root[value]] != nullptr; }

  absl::Status PrepareNode(NodeId id) {
    const Node& node = graph_.node(id);
    const ValueId first = node.first_output;
    if (IsInput(node)) {
      if (p_->types[first].layout != Layout::kRowMajor && !is_body_) return Internal("an input must be row-major");
      p_->storage[first] = is_body_ ? Storage::kExternal : Storage::kInput;
      return absl::OkStatus();
    }
    if (IsVariable(node)) return PrepareVariable(node);
    if (p_->root[first] != first) {  // a view
      p_->root[first] = p_->root[p_->root[first]];
      return absl::OkStatus();
    }
    if (node.op == request_.module.registry().roles().constant_op) {
      if (const Tensor* value = ConstantValue(node)) {
        static constexpr std::byte kNothing[1] = {};
        SetConstant(first, value->num_bytes() > 0 ? value->raw() : kNothing);
        return absl::OkStatus();
      }
    }
    if (IsScan(node)) {
      for (int k = 0; k < node.num_outputs; ++k) p_->storage[first + k] = Storage::kComputed;
      p_->runs[id] = true;
      return PrepareScan(id);
    }
    WEFT_ASSIGN_OR_RETURN(std::unique_ptr<Kernel> kernel, KernelOf(node));
    if (MayRunNow(node)) return RunNow(node, *kernel);
    p_->kernels[id] = std::move(kernel);
    for (int k = 0; k < node.num_outputs; ++k) p_->storage[first + k] = Storage::kComputed;
    p_->runs[id] = true;
    return absl::OkStatus();
  }

  absl::Status PrepareVariable(const Node& node) {
    const std::string& name = node.attrs->String("name");
    auto it = request_.variable_index.find(name);
    if (it == request_.variable_index.end()) return InvalidArgument("the module has no variable '", name, "'");
    const VariableDecl& decl = request_.module.variables()[it->second];
    if (decl.type != graph_.type(node.first_output)) {
      return InvalidArgument("variable '", name, "' is ", decl.type.ToString(), ", read as ",
                             graph_.type(node.first_output).ToString());
    }
    auto [first_read, inserted] = variable_value_.try_emplace(it->second, node.first_output);
    p_->root[node.first_output] = first_read->second;
    p_->storage[first_read->second] = Storage::kExternal;
    p_->external[first_read->second] = it->second;
    return absl::OkStatus();
  }

  // The tensor that the node's attribute holds, if it can be used as it lies there.
  const Tensor* ConstantValue(const Node& node) const {
    const AttrValue* attr = node.attrs->Find("value");
    const Tensor* value = attr == nullptr ? nullptr : std::get_if<Tensor>(attr);
    const ConcreteType& type = p_->types[node.first_output];
    if (value == nullptr || value->dtype() != type.dtype || value->dims() != type.dims ||
        type.layout != Layout::kRowMajor) {
      return nullptr;
    }
    return value;
  }

  void SetConstant(ValueId value, const void* contents) {
    p_->constants[value] = contents;
    p_->storage[value] = Storage::kExternal;
  }

  absl::StatusOr<std::unique_ptr<Kernel>> KernelOf(const Node& node) {
    inputs_.clear();
    outputs_.clear();
    for (ValueId value : node.inputs) inputs_.push_back(p_->types[value]);
    for (int k = 0; k < node.num_outputs; ++k) outputs_.push_back(p_->types[node.first_output + k]);
    return MakeKernel({*node.op, *node.attrs, inputs_, outputs_, request_.bindings, request_.target});
  }

  // Nodes whose operands are all known (or that have none: full, iota, dim_size) are run once, here.
  bool MayRunNow(const Node& node) const {
    int64_t bytes = 0;
    for (int k = 0; k < node.num_outputs; ++k) bytes += p_->bytes[node.first_output + k];
    return !node.op->is_random && bytes <= kMostConstantBytes && constant_bytes_ + bytes <= kMostConstantBytesInAll &&
           std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId value) { return IsConstant(value); });
  }

  absl::Status RunNow(const Node& node, const Kernel& kernel) {
    std::vector<const void*> inputs;
    std::vector<void*> outputs;
    for (ValueId value : node.inputs) inputs.push_back(p_->constants[p_->root[value]]);
    for (int k = 0; k < node.num_outputs; ++k) {
      const ValueId value = node.first_output + k;
      WEFT_ASSIGN_OR_RETURN(std::shared_ptr<Buffer> buffer, Buffer::Allocate(p_->bytes[value]));
      constant_bytes_ += p_->bytes[value];
      outputs.push_back(buffer->data());
      SetConstant(value, buffer->data());
      p_->owned.push_back(std::move(buffer));
    }
    WEFT_ASSIGN_OR_RETURN(std::shared_ptr<Buffer> scratch, Buffer::Allocate(kernel.scratch_bytes()));
    KernelArgs args{inputs.data(), outputs.data(), scratch->data()};
    if (const auto* reference = dynamic_cast<const ReferenceKernel*>(&kernel)) return reference->RunOrFail(args);
    for (int share = 0; share < kernel.shares(); ++share) kernel.Run(args, share);
    return absl::OkStatus();
  }

  absl::Status PrepareScan(NodeId id) {
    const Node& node = graph_.node(id);
    ScanView view(node);
    auto scan = std::make_shared<PreparedScan>();
    WEFT_ASSIGN_OR_RETURN(scan->length, view.length.Evaluate(request_.bindings));
    if (scan->length < 0) return InvalidArgument("the length ", view.length.ToString(), " is ", scan->length);
    scan->reverse = view.reverse;
    scan->num_carries = view.num_carries;
    scan->num_stacked = view.num_stacked;
    WEFT_RETURN_IF_ERROR(Preparer(*view.body, request_, view.num_carries).Run(scan->body));
    scan->temporary_bytes = RoundUp(scan->body.plan.arena_bytes, kAlignment);
    for (int k = 0; k < scan->num_carries; ++k) {
      const Delivery delivery = scan->body.plan.deliveries[k];
      scan->alternates.push_back(delivery != Delivery::kNothing && delivery != Delivery::kInPlace);
      scan->spare_offset.push_back(scan->temporary_bytes);
      scan->kept_in.push_back(StackOfCarry(*scan, k));
      if (const int stack = scan->kept_in[k]; stack >= 0) {
        p_->bytes[node.first_output + stack] += p_->bytes[node.first_output + k];
      } else if (scan->alternates[k]) {
        scan->temporary_bytes += p_->bytes[node.first_output + k];
      }
    }
    p_->scans[id] = std::move(scan);
    return absl::OkStatus();
  }

  // See PreparedScan::kept_in.
  static int StackOfCarry(const PreparedScan& scan, int carry) {
    if (!scan.alternates[carry] || scan.reverse) return -1;
    const Graph& body = *scan.body.graph;
    const auto outputs = body.outputs();
    for (int k = scan.num_carries; k < static_cast<int>(outputs.size()); ++k) {
      if (outputs[k].value == body.inputs()[carry]) return k;
    }
    return -1;
  }

  int64_t ElementBytes(ValueId value) const {
    return NumElements(p_->types[value].dims) * SizeOf(p_->types[value].dtype);
  }

  bool MayAlias(NodeId id, int output, int input) const {
    // A carry's result may take the place of its initial value, which is read before the first step.
    if (p_->scans[id] != nullptr) return output == input && output < p_->scans[id]->num_carries;
    const Node& node = graph_.node(id);
    return ElementBytes(node.first_output + output) == ElementBytes(node.inputs[input]) &&
           p_->kernels[id]->MayAlias(output, input);
  }

  bool MayWrite(NodeId id, int output) const {
    if (p_->scans[id] == nullptr) return true;
    // A loop that wrote a variable could not be cancelled; alternating carries need fixed places, and a stack that a
    // carry is kept in one slice more.
    const PreparedScan& scan = *p_->scans[id];
    if (!is_body_) return false;
    if (output < scan.num_carries) return !scan.alternates[output];
    return std::find(scan.kept_in.begin(), scan.kept_in.end(), output) == scan.kept_in.end();
  }

  absl::Status MakeThePlan() {
    auto may_alias = [&](NodeId id, int output, int input) { return MayAlias(id, output, input); };
    auto may_write = [&](NodeId id, int output, const Destination&) { return MayWrite(id, output); };
    PlanRequest plan{graph_, p_->root, p_->storage, p_->bytes, p_->runs, {}, {}, {}, may_alias, may_write};
    plan.reuse = request_.reuse_memory;
    plan.temporary_bytes.assign(graph_.num_nodes(), 0);
    for (NodeId id = 0; id < graph_.num_nodes(); ++id) {
      if (p_->scans[id] != nullptr) plan.temporary_bytes[id] = p_->scans[id]->temporary_bytes;
    }
    if (is_body_) {
      for (size_t k = 0; k < graph_.outputs().size(); ++k) {
        Destination destination;
        destination.value = graph_.outputs()[k].value;
        if (static_cast<int>(k) < num_carries_) {
          destination.old = graph_.inputs()[k];
          destination.has_spare = true;
        }
        plan.destinations.push_back(destination);
      }
    } else {
      for (const Graph::Output& output : graph_.outputs()) plan.kept.push_back(output.value);
      WEFT_RETURN_IF_ERROR(AddUpdates(plan));
    }
    p_->plan = MakePlan(plan);
    return absl::OkStatus();
  }

  absl::Status AddUpdates(PlanRequest& plan) {
    for (const Graph::Update& update : graph_.updates()) {
      auto it = request_.variable_index.find(update.variable);
      if (it == request_.variable_index.end()) {
        return InvalidArgument("update of '", update.variable, "': the module has no such variable");
      }
      const TensorType& type = request_.module.variables()[it->second].type;
      if (type != graph_.type(update.value)) {
        return InvalidArgument("update of '", update.variable, "': the variable is ", type.ToString(),
                               ", its new value ", graph_.type(update.value).ToString());
      }
      p_->update_variables.push_back(it->second);
      Destination destination;
      destination.value = update.value;
      if (auto read = variable_value_.find(it->second); read != variable_value_.end()) destination.old = read->second;
      destination.prefer_late = p_->bytes[update.value] <= kSmallUpdateBytes;
      plan.destinations.push_back(destination);
    }
    return absl::OkStatus();
  }

  const Graph& graph_;
  const PrepareRequest& request_;
  const bool is_body_;
  const int num_carries_;
  Prepared* p_ = nullptr;
  std::vector<bool> needed_;
  absl::flat_hash_map<int, ValueId> variable_value_;  // by index of the variable
  std::vector<ConcreteType> inputs_, outputs_;
  int64_t constant_bytes_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const Graph& graph, const PrepareRequest& request) {
  auto prepared = std::make_unique<Prepared>();
  WEFT_RETURN_IF_ERROR(Preparer(graph, request, Preparer::kFunction).Run(*prepared));
  return prepared;
}

}  // namespace weft
