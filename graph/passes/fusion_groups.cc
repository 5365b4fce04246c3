#include "graph/passes/fusion_groups.h"

#include <algorithm>
#include <numeric>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "graph/passes/transform.h"

namespace weft {
namespace {

// Live tiles of a program must fit the L1 cache, and its inputs the table of the kernel.
constexpr size_t kMaxNodes = 64;
constexpr size_t kMaxValues = 24;

class Planner {
 public:
  Planner(const Graph& graph, const OpRegistry& registry, const Target& target)
      : graph_(graph),
        registry_(registry),
        target_(target),
        readers_(Readers(graph)),
        is_result_(graph.num_values(), false) {
    for (const Graph::Output& output : graph.outputs()) is_result_[output.value] = true;
    for (const Graph::Update& update : graph.updates()) is_result_[update.value] = true;
  }

  FusionPlan Run() {
    const int n = graph_.num_nodes();
    elementwise_.resize(n);
    for (NodeId id = 0; id < n; ++id) elementwise_[id] = IsFusable(graph_.node(id));
    AssignRanks();
    Group();
    Sink();
    Join();
    return Collect();
  }

 private:
  bool IsFusable(const Node& node) const {
    if (!node.op->elementwise.has_value() || node.op->is_fused || node.num_outputs != 1) return false;
    std::vector<DType> inputs;
    for (ValueId input : node.inputs) inputs.push_back(graph_.type(input).dtype);
    // Types without a tile kernel (float64) stay as they are and run on the reference.
    TileRequest request{target_.isa, inputs, graph_.type(node.first_output).dtype, *node.attrs};
    return node.op->elementwise->select(request).fn != nullptr;
  }

  const Shape& ShapeOf(NodeId id) const { return graph_.type(graph_.node(id).first_output).shape; }

  bool FusableEdge(ValueId input, NodeId reader) const {
    NodeId producer = graph_.value(input).node;
    return elementwise_[producer] && elementwise_[reader] && ShapeOf(producer) == ShapeOf(reader);
  }

  void AssignRanks() {
    rank_.assign(graph_.num_nodes(), 0);
    for (NodeId id = 0; id < graph_.num_nodes(); ++id) {
      for (ValueId input : graph_.node(id).inputs) {
        int rank = rank_[graph_.value(input).node] + (FusableEdge(input, id) ? 0 : 1);
        rank_[id] = std::max(rank_[id], rank);
      }
    }
  }

  int Find(int id) {
    while (parent_[id] != id) id = parent_[id] = parent_[parent_[id]];
    return id;
  }

  void Group() {
    parent_.resize(graph_.num_nodes());
    std::iota(parent_.begin(), parent_.end(), 0);
    for (NodeId id = 0; id < graph_.num_nodes(); ++id) {
      if (!elementwise_[id]) continue;
      for (ValueId input : graph_.node(id).inputs) {
        NodeId producer = graph_.value(input).node;
        if (FusableEdge(input, id) && rank_[producer] == rank_[id]) parent_[Find(producer)] = Find(id);
      }
    }
    group_.resize(graph_.num_nodes());
    for (NodeId id = 0; id < graph_.num_nodes(); ++id) group_[id] = elementwise_[id] ? Find(id) : -1;
  }

  // The group that holds all readers of the node's value, or -1.
  int OnlyReadingGroup(NodeId id) const {
    ValueId value = graph_.node(id).first_output;
    if (is_result_[value] || readers_[value].empty()) return -1;
    int group = group_[readers_[value][0]];
    for (NodeId reader : readers_[value]) {
      if (group_[reader] != group) return -1;
    }
    return group;
  }

  // Whether the value is stored although this reader does not need it stored.
  bool StoredAnyway(ValueId value, NodeId reader) const {
    NodeId producer = graph_.value(value).node;
    if (!elementwise_[producer]) return true;  // a source, a product ...: it has memory of its own
    if (is_result_[value]) return true;
    for (NodeId other : readers_[value]) {
      if (other != reader && group_[other] != group_[producer]) return true;
    }
    return false;
  }

  void Sink() {
    for (NodeId id = graph_.num_nodes() - 1; id >= 0; --id) {
      if (!elementwise_[id]) continue;
      int target = OnlyReadingGroup(id);
      if (target < 0 || target == group_[id]) continue;
      NodeId reader = readers_[graph_.node(id).first_output][0];
      if (ShapeOf(reader) != ShapeOf(id)) continue;
      bool stored = true;
      for (ValueId input : graph_.node(id).inputs) {
        NodeId producer = graph_.value(input).node;
        if (group_[producer] == target) continue;
        stored = stored && StoredAnyway(input, id);
      }
      if (stored) group_[id] = target;
    }
  }

  // What Join has to know of a group.
  struct Extent {
    int rank = 0;
    size_t num_nodes = 0;
    absl::flat_hash_set<ValueId> values;  // as RunEnd counts them
    bool may_have_host = false;
  };

  void Join() {
    absl::flat_hash_map<int, Extent> extents;
    for (NodeId id = 0; id < graph_.num_nodes(); ++id) {
      if (elementwise_[id]) Extend(extents[group_[id]], id);
    }
    parent_.resize(graph_.num_nodes());
    std::iota(parent_.begin(), parent_.end(), 0);  // of groups
    for (ValueId value = 0; value < graph_.num_values(); ++value) {
      int first = -1;
      for (NodeId reader : readers_[value]) {
        if (!elementwise_[reader] || ShapeOf(reader) != graph_.type(value).shape) continue;
        const int group = Find(group_[reader]);
        if (group_[reader] == group_[graph_.value(value).node]) continue;  // it is made there
        if (first < 0 || first == group || !MayJoin(extents[first], extents[group])) {
          if (first < 0) first = group;
          continue;
        }
        parent_[group] = first;
        extents[first].num_nodes += extents[group].num_nodes;
        extents[first].values.insert(extents[group].values.begin(), extents[group].values.end());
      }
    }
    for (NodeId id = 0; id < graph_.num_nodes(); ++id) {
      if (elementwise_[id]) group_[id] = Find(group_[id]);
    }
  }

  void Extend(Extent& extent, NodeId id) const {
    const Node& node = graph_.node(id);
    extent.rank = std::max(extent.rank, rank_[id]);
    ++extent.num_nodes;
    if (is_result_[node.first_output]) extent.values.insert(node.first_output);
    for (ValueId input : node.inputs) {
      if (group_[graph_.value(input).node] == group_[id] || IsScalarConstant(input)) continue;
      extent.values.insert(input);
      extent.may_have_host = extent.may_have_host || !graph_.producer(input).op->epilogue_host.empty();
    }
  }

  static bool MayJoin(const Extent& a, const Extent& b) {
    if (a.rank != b.rank || a.may_have_host || b.may_have_host) return false;
    return a.num_nodes + b.num_nodes <= kMaxNodes && a.values.size() + b.values.size() <= kMaxValues;
  }

  bool IsScalarConstant(ValueId value) const {
    const Tensor* tensor = ConstantOf(graph_, value, registry_);
    return tensor != nullptr && tensor->num_elements() == 1;
  }

  FusionPlan Collect() {
    FusionPlan plan;
    plan.group_of.assign(graph_.num_nodes(), -1);
    absl::flat_hash_map<int, std::vector<NodeId>> members;
    std::vector<int> order;
    for (NodeId id = 0; id < graph_.num_nodes(); ++id) {
      if (group_[id] < 0) continue;
      std::vector<NodeId>& nodes = members[group_[id]];
      if (nodes.empty()) order.push_back(group_[id]);
      nodes.push_back(id);
    }
    for (int key : order) {
      // Too large a group is cut into runs of consecutive nodes: edges point forward, so the runs form no cycle.
      std::vector<NodeId>& nodes = members[key];
      bool whole = true;
      for (size_t begin = 0; begin < nodes.size();) {
        size_t end = RunEnd(nodes, begin);
        whole = whole && begin == 0 && end == nodes.size();
        AddGroup(plan,
                 {nodes.begin() + static_cast<std::ptrdiff_t>(begin), nodes.begin() + static_cast<std::ptrdiff_t>(end)},
                 whole);
        begin = end;
      }
    }
    return plan;
  }

  size_t RunEnd(const std::vector<NodeId>& nodes, size_t begin) const {
    absl::flat_hash_set<ValueId> values;
    size_t end = begin;
    while (end < nodes.size() && end - begin < kMaxNodes) {
      for (ValueId input : graph_.node(nodes[end]).inputs) {
        NodeId producer = graph_.value(input).node;
        bool inside = std::binary_search(nodes.begin() + static_cast<std::ptrdiff_t>(begin),
                                         nodes.begin() + static_cast<std::ptrdiff_t>(end), producer);
        if (!inside && !IsScalarConstant(input)) values.insert(input);
      }
      if (is_result_[graph_.node(nodes[end]).first_output]) values.insert(graph_.node(nodes[end]).first_output);
      if (values.size() > kMaxValues && end > begin) break;
      ++end;
    }
    return end;
  }

  void AddGroup(FusionPlan& plan, std::vector<NodeId> nodes, bool whole) {
    FusionGroup group;
    group.nodes = std::move(nodes);
    auto inside = [&](NodeId id) { return std::binary_search(group.nodes.begin(), group.nodes.end(), id); };
    absl::flat_hash_set<ValueId> seen;
    for (NodeId id : group.nodes) {
      for (ValueId input : graph_.node(id).inputs) {
        if (inside(graph_.value(input).node) || IsScalarConstant(input)) continue;
        if (seen.insert(input).second) group.inputs.push_back(input);
      }
      ValueId value = graph_.node(id).first_output;
      bool output = is_result_[value];
      for (NodeId reader : readers_[value]) output = output || !inside(reader);
      if (output) group.outputs.push_back(value);
    }
    ChooseHost(plan, group, whole);
    if (group.nodes.size() < 2 && group.host < 0) return;
    int index = static_cast<int>(plan.groups.size());
    for (NodeId id : group.nodes) plan.group_of[id] = index;
    if (group.host >= 0) plan.group_of[group.host] = index;
    plan.groups.push_back(std::move(group));
  }

  void ChooseHost(const FusionPlan& plan, FusionGroup& group, bool whole) {
    const Shape& shape = ShapeOf(group.nodes[0]);
    int group_rank = 0;
    for (NodeId id : group.nodes) group_rank = std::max(group_rank, rank_[id]);
    NodeId best = -1;
    bool best_is_output = false;
    for (ValueId input : group.inputs) {
      NodeId id = graph_.value(input).node;
      const Node& node = graph_.node(id);
      if (node.op->epilogue_host.empty() || node.num_outputs != 1) continue;
      auto refuse = [&](absl::string_view why) {
        if (group.refusal.empty()) group.refusal = absl::StrCat(node.op->name, " has no epilogue here: ", why);
      };
      if (graph_.type(input).shape != shape) {
        refuse("its result is broadcast");
        continue;
      }
      if (graph_.type(input).dtype != DType::kFloat32) {
        refuse("its result is not float32");
        continue;
      }
      if (plan.group_of[id] >= 0) {
        refuse("another program took it");
        continue;
      }
      bool outside = is_result_[input];
      for (NodeId reader : readers_[input]) {
        outside = outside || !std::binary_search(group.nodes.begin(), group.nodes.end(), reader);
      }
      // With readers elsewhere a path could leave the host and come back to the group; one rank between them rules it
      // out.
      if (outside && !(whole && group_rank == rank_[id] + 1)) {
        refuse("its result has readers besides");
        continue;
      }
      if (id > best) {
        if (best >= 0) refuse("a later product of the same program has it");
        best = id;
        best_is_output = outside;
      }
    }
    if (best < 0) return;
    group.host = best;
    group.host_is_output = best_is_output;
    ValueId value = graph_.node(best).first_output;
    group.inputs.erase(std::find(group.inputs.begin(), group.inputs.end(), value));
  }

  const Graph& graph_;
  const OpRegistry& registry_;
  const Target& target_;
  const std::vector<absl::InlinedVector<NodeId, 2>> readers_;
  std::vector<bool> is_result_;
  std::vector<bool> elementwise_;
  std::vector<int> rank_, parent_, group_;
};

}  // namespace

FusionPlan PlanFusion(const Graph& graph, const OpRegistry& registry, const Target& target) {
  return Planner(graph, registry, target).Run();
}

}  // namespace weft
