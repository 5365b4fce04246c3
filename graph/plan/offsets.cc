#include "graph/plan/offsets.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <utility>

namespace weft {
namespace {

// The free bytes below `end`, coalesced, by offset and by size.
class FreeList {
 public:
  int64_t end() const { return end_; }

  // The smallest free block that fits, the lowest of these; else the memory grows, from the last block if that is free.
  int64_t Take(int64_t bytes) {
    auto fit = by_size_.lower_bound({bytes, 0});
    if (fit != by_size_.end()) {
      auto [size, offset] = *fit;
      Erase(offset, size);
      if (size > bytes) Insert(offset + bytes, size - bytes);
      return offset;
    }
    int64_t offset = end_;
    if (!by_offset_.empty()) {
      auto [last, size] = *by_offset_.rbegin();
      if (last + size == end_) {
        Erase(last, size);
        offset = last;
      }
    }
    end_ = offset + bytes;
    return offset;
  }

  void Give(int64_t offset, int64_t bytes) {
    auto next = by_offset_.lower_bound(offset);
    if (next != by_offset_.end() && next->first == offset + bytes) {
      int64_t size = next->second;
      Erase(offset + bytes, size);
      bytes += size;
    }
    auto after = by_offset_.lower_bound(offset);
    if (after != by_offset_.begin()) {
      auto [before, size] = *std::prev(after);
      if (before + size == offset) {
        Erase(before, size);
        offset = before;
        bytes += size;
      }
    }
    Insert(offset, bytes);
  }

 private:
  void Insert(int64_t offset, int64_t size) {
    by_offset_[offset] = size;
    by_size_.insert({size, offset});
  }
  void Erase(int64_t offset, int64_t size) {
    by_offset_.erase(offset);
    by_size_.erase({size, offset});
  }
  std::map<int64_t, int64_t> by_offset_;
  std::set<std::pair<int64_t, int64_t>> by_size_;
  int64_t end_ = 0;
};

// Allocates and frees as the intervals begin and end; at one position the larger first. Backward: from the end of time.
Packing BestFitInTime(absl::Span<const Interval> intervals, bool backward) {
  auto begin = [&](int i) { return backward ? -intervals[i].last : intervals[i].first; };
  auto end = [&](int i) { return backward ? -intervals[i].first : intervals[i].last; };
  std::vector<int> starts(intervals.size());
  std::iota(starts.begin(), starts.end(), 0);
  std::vector<int> ends = starts;
  std::sort(starts.begin(), starts.end(), [&](int a, int b) {
    if (begin(a) != begin(b)) return begin(a) < begin(b);
    if (intervals[a].bytes != intervals[b].bytes) return intervals[a].bytes > intervals[b].bytes;
    return a < b;
  });
  std::sort(ends.begin(), ends.end(), [&](int a, int b) { return end(a) != end(b) ? end(a) < end(b) : a < b; });
  Packing packing;
  packing.offsets.assign(intervals.size(), 0);
  FreeList free;
  size_t ended = 0;
  for (int i : starts) {
    for (; ended < ends.size() && end(ends[ended]) < begin(i); ++ended) {
      if (intervals[ends[ended]].bytes > 0) free.Give(packing.offsets[ends[ended]], intervals[ends[ended]].bytes);
    }
    if (intervals[i].bytes > 0) packing.offsets[i] = free.Take(intervals[i].bytes);
  }
  packing.bytes = free.end();
  return packing;
}

// In the given order, each into the smallest gap between those placed already that are needed at the same time.
Packing BestFitInOrder(absl::Span<const Interval> intervals, absl::Span<const int> order) {
  Packing packing;
  packing.offsets.assign(intervals.size(), 0);
  std::vector<int> placed;  // ascending by offset
  for (int i : order) {
    const Interval& one = intervals[i];
    if (one.bytes == 0) continue;
    int64_t low = 0, best = -1, best_gap = 0;
    for (int j : placed) {
      const Interval& other = intervals[j];
      if (other.last < one.first || one.last < other.first) continue;
      int64_t gap = packing.offsets[j] - low;
      if (gap >= one.bytes && (best < 0 || gap < best_gap)) {
        best = low;
        best_gap = gap;
      }
      low = std::max(low, packing.offsets[j] + other.bytes);
    }
    packing.offsets[i] = best >= 0 ? best : low;
    packing.bytes = std::max(packing.bytes, packing.offsets[i] + one.bytes);
    auto at = std::upper_bound(placed.begin(), placed.end(), packing.offsets[i],
                               [&](int64_t offset, int j) { return offset < packing.offsets[j]; });
    placed.insert(at, i);
  }
  return packing;
}

}  // namespace

Packing Pack(absl::Span<const Interval> intervals) {
  const int64_t lower_bound = LowerBound(intervals);
  Packing best = BestFitInTime(intervals, false);
  auto keep_better = [&](Packing packing) {
    if (packing.bytes < best.bytes) best = std::move(packing);
  };
  if (best.bytes > lower_bound) keep_better(BestFitInTime(intervals, true));
  if (intervals.size() > kMostForSearch) return best;
  auto bytes = [&](int i) { return static_cast<double>(intervals[i].bytes); };
  auto duration = [&](int i) { return static_cast<double>(intervals[i].last - intervals[i].first + 1); };
  const std::function<double(int)> weights[] = {
      bytes,
      [&](int i) { return bytes(i) * duration(i); },
      duration,
      [&](int i) { return -static_cast<double>(intervals[i].first); },
  };
  std::vector<int> order(intervals.size());
  for (const std::function<double(int)>& weight : weights) {
    if (best.bytes <= lower_bound) break;
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      double x = weight(a), y = weight(b);
      return x != y ? x > y : bytes(a) * duration(a) > bytes(b) * duration(b);
    });
    keep_better(BestFitInOrder(intervals, order));
  }
  return best;
}

int64_t LowerBound(absl::Span<const Interval> intervals) {
  std::vector<std::pair<int, int64_t>> changes;
  for (const Interval& interval : intervals) {
    changes.emplace_back(interval.first, interval.bytes);
    changes.emplace_back(interval.last + 1, -interval.bytes);
  }
  std::sort(changes.begin(), changes.end());  // at one position what ends comes first
  int64_t live = 0, most = 0;
  for (const auto& [position, bytes] : changes) {
    live += bytes;
    most = std::max(most, live);
  }
  return most;
}

}  // namespace weft
