#include "graph/plan/plan.h"

#include <algorithm>
#include <utility>

#include "graph/plan/offsets.h"
#include "graph/plan/order.h"

namespace weft {
namespace {

class Planner {
 public:
  explicit Planner(const PlanRequest& request)
      : request_(request),
        graph_(request.graph),
        assigned_(graph_.num_values(), -1),
        needed_at_end_(graph_.num_values(), false) {}

  Plan Make() {
    plan_.places.resize(graph_.num_values());
    plan_.temporary_offset.assign(graph_.num_nodes(), 0);
    FindReaders();
    ChooseDestinations();
    OrderNodes();
    FindLifetimes();
    ShareOperands();
    PlaceBuffers();
    return std::move(plan_);
  }

 private:
  ValueId Root(ValueId value) const { return request_.root[value]; }
  NodeId Producer(ValueId root) const { return graph_.value(root).node; }
  bool IsComputed(ValueId root) const { return request_.storage[root] == Storage::kComputed; }

  // readers_[root]: the nodes that run and read it, ascending, each once.
  void FindReaders() {
    readers_.resize(graph_.num_values());
    for (NodeId id = 0; id < graph_.num_nodes(); ++id) {
      if (!request_.runs[id]) continue;
      for (ValueId value : graph_.node(id).inputs) {
        auto& readers = readers_[Root(value)];
        if (readers.empty() || readers.back() != id) readers.push_back(id);
      }
    }
  }

  // Whether the kernel may write `output` over every operand that is `root`.
  bool MayAliasAll(NodeId id, int output, ValueId root) const {
    const Node& node = graph_.node(id);
    for (size_t k = 0; k < node.inputs.size(); ++k) {
      if (Root(node.inputs[k]) == root && !request_.may_alias(id, output, static_cast<int>(k))) return false;
    }
    return true;
  }

  // Which values are to be written straight to a destination, and the wishes for the order that come with it.
  void ChooseDestinations() {
    for (ValueId value : request_.kept) needed_at_end_[Root(value)] = true;
    const auto& destinations = request_.destinations;
    plan_.deliveries.assign(destinations.size(), Delivery::kCopy);
    // What is no node's result is copied at the end, so that its place may not be overwritten before.
    for (size_t d = 0; d < destinations.size(); ++d) {
      ValueId root = Root(destinations[d].value);
      if (destinations[d].old >= 0 && root == Root(destinations[d].old)) {
        plan_.deliveries[d] = Delivery::kNothing;
      } else if (!IsComputed(root)) {
        needed_at_end_[root] = true;
      }
    }
    for (size_t d = 0; d < destinations.size(); ++d) {
      if (plan_.deliveries[d] == Delivery::kCopy) ChooseDestination(static_cast<int>(d));
    }
  }

  void ChooseDestination(int d) {
    const Destination& destination = request_.destinations[d];
    const ValueId root = Root(destination.value);
    if (!IsComputed(root) || assigned_[root] >= 0) return;
    const NodeId writer = Producer(root);
    const int output = graph_.value(root).index;
    if (!request_.may_write(writer, output, destination)) return;
    if (destination.prefer_late && !readers_[root].empty()) {
      plan_.deliveries[d] = Delivery::kLateCopy;
      return;
    }
    if (destination.old < 0) {
      if (destination.prefer_late) late_.push_back(writer);
      Assign(root, d, Delivery::kSpare);
      return;
    }
    const ValueId old = Root(destination.old);
    if (request_.reuse && !needed_at_end_[old] && MayAliasAll(writer, output, old)) {
      OrderWish wish{writer, {}};
      for (NodeId reader : readers_[old]) {
        if (reader != writer) wish.before.push_back(reader);
      }
      wishes_.push_back(std::move(wish));
      wish_of_.push_back(d);
      if (destination.prefer_late) late_.push_back(writer);
      Assign(root, d, Delivery::kInPlace);
    } else if (destination.has_spare) {
      Assign(root, d, Delivery::kSpare);
    }
  }

  void Assign(ValueId root, int d, Delivery delivery) {
    assigned_[root] = d;
    plan_.deliveries[d] = delivery;
  }

  void OrderNodes() {
    OrderRequest order;
    order.runs = request_.runs;
    order.begin.reserve(graph_.num_nodes() + 1);
    order.begin.push_back(0);
    for (NodeId id = 0; id < graph_.num_nodes(); ++id) {
      if (request_.runs[id]) {
        for (ValueId value : graph_.node(id).inputs) {
          if (IsComputed(Root(value))) order.dependencies.push_back(Producer(Root(value)));
        }
      }
      order.begin.push_back(static_cast<int>(order.dependencies.size()));
    }
    RankWriters(order);
    order.wishes = wishes_;
    OrderResult result = Order(order);
    plan_.order = std::move(result.order);
    for (size_t w = 0; w < wishes_.size(); ++w) {
      if (result.granted[w]) continue;
      const int d = wish_of_[w];
      if (request_.destinations[d].has_spare) {
        plan_.deliveries[d] = Delivery::kSpare;
      } else {
        plan_.deliveries[d] = Delivery::kCopy;
        assigned_[Root(request_.destinations[d].value)] = -1;
      }
    }
    position_.assign(graph_.num_nodes(), -1);
    for (size_t p = 0; p < plan_.order.size(); ++p) position_[plan_.order[p]] = static_cast<int>(p);
  }

  // A node whose results go to destinations alone takes no memory and may end its operands' lives: the sooner it runs
  // the better. Small updates however are better written late, if that keeps no large operand.
  void RankWriters(OrderRequest& order) const {
    order.rank.assign(graph_.num_nodes(), 0);
    for (NodeId id = 0; id < graph_.num_nodes(); ++id) {
      if (!request_.runs[id] || !HasNoReaders(id)) continue;
      const Node& node = graph_.node(id);
      bool only_writes = true;
      for (int k = 0; k < node.num_outputs; ++k) only_writes = only_writes && assigned_[node.first_output + k] >= 0;
      if (only_writes) order.rank[id] = -1;
    }
    for (NodeId id : late_) order.rank[id] = HasSmallOperands(id) && HasNoReaders(id) ? 1 : 0;
  }

  bool HasSmallOperands(NodeId id) const {
    constexpr int64_t kSmall = 4096;
    for (ValueId value : graph_.node(id).inputs) {
      if (request_.storage[Root(value)] != Storage::kExternal && request_.bytes[Root(value)] > kSmall) return false;
    }
    return true;
  }
  bool HasNoReaders(NodeId id) const {
    const Node& node = graph_.node(id);
    for (int k = 0; k < node.num_outputs; ++k) {
      if (!readers_[node.first_output + k].empty()) return false;
    }
    return true;
  }

  bool InArena(ValueId root) const {
    if (Root(root) != root) return false;
    return request_.storage[root] == Storage::kInput || (IsComputed(root) && assigned_[root] < 0);
  }

  // One buffer for each root in the arena.
  void FindLifetimes() {
    const int end = static_cast<int>(plan_.order.size());
    for (size_t d = 0; d < request_.destinations.size(); ++d) {
      if (plan_.deliveries[d] >= Delivery::kCopy) needed_at_end_[Root(request_.destinations[d].value)] = true;
    }
    buffer_.assign(graph_.num_values(), -1);
    for (ValueId root = 0; root < graph_.num_values(); ++root) {
      if (!InArena(root)) continue;
      Interval interval;
      interval.first = IsComputed(root) ? position_[Producer(root)] : 0;
      interval.last = interval.first;
      for (NodeId reader : readers_[root]) interval.last = std::max(interval.last, position_[reader]);
      if (needed_at_end_[root]) interval.last = end;
      interval.bytes = request_.bytes[root];
      buffer_[root] = static_cast<int>(buffers_.size());
      buffers_.push_back(interval);
    }
  }

  // A result takes over the buffer of an operand that dies with the node.
  void ShareOperands() {
    if (!request_.reuse) return;
    for (NodeId id : plan_.order) {
      const Node& node = graph_.node(id);
      for (int output = 0; output < node.num_outputs; ++output) {
        const ValueId result = node.first_output + output;
        const int own = buffer_[result];
        if (own < 0 || buffers_[own].bytes == 0) continue;
        for (ValueId operand : node.inputs) {
          const int taken = buffer_[Root(operand)];
          if (taken < 0 || buffers_[taken].last != position_[id] || buffers_[taken].bytes != buffers_[own].bytes ||
              !MayAliasBuffer(id, output, taken)) {
            continue;
          }
          buffers_[taken].last = buffers_[own].last;
          // A result without readers lives as long as its node: the buffer may not be taken twice.
          if (buffers_[taken].last == position_[id]) taken_at_[taken] = id;
          buffers_[own].bytes = 0;
          buffer_[result] = taken;
          break;
        }
      }
    }
  }

  bool MayAliasBuffer(NodeId id, int output, int buffer) const {
    const Node& node = graph_.node(id);
    auto taken = taken_at_.find(buffer);
    if (taken != taken_at_.end() && taken->second == id) return false;
    for (size_t k = 0; k < node.inputs.size(); ++k) {
      if (buffer_[Root(node.inputs[k])] == buffer && !request_.may_alias(id, output, static_cast<int>(k))) return false;
    }
    return true;
  }

  void PlaceBuffers() {
    std::vector<Interval> intervals = buffers_;
    std::vector<NodeId> temporaries;
    if (!request_.temporary_bytes.empty()) {
      for (NodeId id : plan_.order) {
        if (request_.temporary_bytes[id] == 0) continue;
        temporaries.push_back(id);
        intervals.push_back({position_[id], position_[id], request_.temporary_bytes[id]});
      }
    }
    plan_.lower_bound_bytes = LowerBound(intervals);
    Packing packing;
    if (request_.reuse) {
      packing = Pack(intervals);
    } else {
      for (const Interval& interval : intervals) {
        packing.offsets.push_back(packing.bytes);
        packing.bytes += interval.bytes;
      }
    }
    plan_.arena_bytes = packing.bytes;
    for (size_t t = 0; t < temporaries.size(); ++t) {
      plan_.temporary_offset[temporaries[t]] = packing.offsets[buffers_.size() + t];
    }
    for (ValueId root = 0; root < graph_.num_values(); ++root) {
      Place& place = plan_.places[root];
      if (buffer_[root] >= 0) {
        place = {Place::Kind::kArena, 0, packing.offsets[buffer_[root]]};
      } else if (Root(root) != root) {
        continue;
      } else if (request_.storage[root] == Storage::kExternal) {
        place.kind = Place::Kind::kExternal;
      } else if (assigned_[root] >= 0) {
        place = {Place::Kind::kDestination, assigned_[root], 0};
      }
    }
    NoteDeadBlocks(intervals, packing);
  }

  void NoteDeadBlocks(const std::vector<Interval>& intervals, const Packing& packing) {
    const int end = static_cast<int>(plan_.order.size());
    std::vector<int> dying;
    for (size_t i = 0; i < intervals.size(); ++i) {
      if (intervals[i].bytes > 0 && intervals[i].last < end) dying.push_back(static_cast<int>(i));
    }
    std::stable_sort(dying.begin(), dying.end(), [&](int a, int b) { return intervals[a].last < intervals[b].last; });
    plan_.dead_begin.assign(end + 1, 0);
    for (int i : dying) {
      plan_.dead.push_back({packing.offsets[i], intervals[i].bytes});
      ++plan_.dead_begin[intervals[i].last + 1];
    }
    for (int p = 0; p < end; ++p) plan_.dead_begin[p + 1] += plan_.dead_begin[p];
  }

  const PlanRequest& request_;
  const Graph& graph_;
  Plan plan_;
  std::vector<absl::InlinedVector<NodeId, 2>> readers_;
  std::vector<int> assigned_;        // per root: the destination it is computed into, or -1
  std::vector<bool> needed_at_end_;  // per root
  std::vector<NodeId> late_;
  std::vector<OrderWish> wishes_;
  std::vector<int> wish_of_;  // the wish' destination
  std::vector<int> position_;
  std::vector<int> buffer_;  // per value
  std::vector<Interval> buffers_;
  absl::flat_hash_map<int, NodeId> taken_at_;
};

}  // namespace

Plan MakePlan(const PlanRequest& request) { return Planner(request).Make(); }

std::vector<ValueId> ViewRoots(const Graph& graph, absl::FunctionRef<bool(const Node& node)> is_view) {
  std::vector<ValueId> root(graph.num_values());
  for (const Node& node : graph.nodes()) {
    for (int k = 0; k < node.num_outputs; ++k) root[node.first_output + k] = node.first_output + k;
    if (!node.inputs.empty() && is_view(node)) root[node.first_output] = root[node.inputs[0]];
  }
  return root;
}

}  // namespace weft
