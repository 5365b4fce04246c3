#include "graph/plan/order.h"

#include <functional>
#include <queue>
#include <utility>

namespace weft {
namespace {

// Lists of ints for 0 ... n - 1, in one array.
class Lists {
 public:
  Lists(int n, const std::function<void(const std::function<void(int, int)>&)>& each_pair) : begin_(n + 1, 0) {
    each_pair([&](int key, int) { ++begin_[key + 1]; });
    for (int i = 0; i < n; ++i) begin_[i + 1] += begin_[i];
    items_.resize(begin_[n]);
    std::vector<int> next(begin_.begin(), begin_.end() - 1);
    each_pair([&](int key, int item) { items_[next[key]++] = item; });
  }
  absl::Span<const int> operator[](int key) const {
    return absl::MakeConstSpan(items_).subspan(begin_[key], begin_[key + 1] - begin_[key]);
  }

 private:
  std::vector<int> begin_, items_;
};

}  // namespace

OrderResult Order(const OrderRequest& request) {
  const int n = static_cast<int>(request.runs.size());
  OrderResult result;
  result.granted.assign(request.wishes.size(), true);

  std::vector<int> missing(n, 0);  // dependencies that have not run
  Lists readers(n, [&](const std::function<void(int, int)>& pair) {
    for (int node = 0; node < n; ++node) {
      if (!request.runs[node]) continue;
      for (int k = request.begin[node]; k < request.begin[node + 1]; ++k) pair(request.dependencies[k], node);
    }
  });
  for (int node = 0; node < n; ++node) {
    if (request.runs[node]) missing[node] = request.begin[node + 1] - request.begin[node];
  }
  std::vector<int> waiting(request.wishes.size(), 0);  // nodes of the wish that have not run
  std::vector<int> held(n, 0);                         // wishes that hold a node back
  Lists wishes_before(n, [&](const std::function<void(int, int)>& pair) {
    for (size_t w = 0; w < request.wishes.size(); ++w) {
      for (NodeId node : request.wishes[w].before) pair(node, static_cast<int>(w));
    }
  });
  Lists wishes_after(n, [&](const std::function<void(int, int)>& pair) {
    for (size_t w = 0; w < request.wishes.size(); ++w) pair(request.wishes[w].after, static_cast<int>(w));
  });
  for (size_t w = 0; w < request.wishes.size(); ++w) {
    waiting[w] = static_cast<int>(request.wishes[w].before.size());
    if (waiting[w] > 0) ++held[request.wishes[w].after];
  }

  using Entry = std::pair<int8_t, NodeId>;
  using Queue = std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>>;
  Queue ready, blocked;  // `blocked`: only wishes hold them back; an entry may be outdated
  auto enter = [&](NodeId node) { (held[node] == 0 ? ready : blocked).emplace(request.rank[node], node); };
  for (NodeId node = 0; node < n; ++node) {
    if (request.runs[node] && missing[node] == 0) enter(node);
  }
  while (true) {
    if (ready.empty()) {
      while (!blocked.empty() && held[blocked.top().second] == 0) blocked.pop();
      if (blocked.empty()) break;
      // Each of the blocked waits for another, or for what depends on it: the first one gives up its wishes.
      NodeId node = blocked.top().second;
      for (int w : wishes_after[node]) {
        if (waiting[w] > 0) result.granted[w] = false;
      }
      held[node] = 0;
      blocked.pop();
      ready.emplace(request.rank[node], node);
    }
    NodeId node = ready.top().second;
    ready.pop();
    result.order.push_back(node);
    for (NodeId reader : readers[node]) {
      if (--missing[reader] == 0) enter(reader);
    }
    for (int w : wishes_before[node]) {
      NodeId after = request.wishes[w].after;
      if (--waiting[w] == 0 && result.granted[w] && --held[after] == 0 && missing[after] == 0) enter(after);
    }
  }
  return result;
}

}  // namespace weft
