#include "graph/proto/origin_table.h"

#include <algorithm>
#include <limits>

#include "core/status.h"

namespace weft {

// Walks with an explicit stack: an origin comes back to the top when all it is derived from is known.
const std::vector<uint32_t>& OriginWriter::LeavesOf(const Origin* origin) {
  std::vector<const Origin*> stack = {origin};
  while (!stack.empty()) {
    const Origin* top = stack.back();
    if (memo_.contains(top)) {
      stack.pop_back();
      continue;
    }
    std::vector<uint32_t> leaves;
    if (top->from.empty()) {
      if (!top->layer.empty() || !top->file.empty() || top->line != 0) {
        auto [it, added] = leaf_ids_.try_emplace({top->layer, top->file, top->line}, leaf_ids_.size());
        if (added) leaves_.push_back(&it->first);
        leaves = {it->second};
      }
    } else {
      const size_t known = stack.size();
      for (auto it = top->from.rbegin(); it != top->from.rend(); ++it) {
        if (*it != nullptr && !memo_.contains(it->get())) stack.push_back(it->get());
      }
      if (stack.size() > known) continue;
      for (const OriginPtr& from : top->from) {
        if (from == nullptr) continue;
        for (uint32_t leaf : memo_[from.get()]) {
          const bool there = std::find(leaves.begin(), leaves.end(), leaf) != leaves.end();
          if (!there && leaves.size() < kMaxLeaves) leaves.push_back(leaf);
        }
      }
    }
    memo_.emplace(top, std::move(leaves));
    stack.pop_back();
  }
  return memo_[origin];
}

uint32_t OriginWriter::Place(uint32_t leaf) {
  auto [it, added] = leaf_places_.try_emplace(leaf, module_->origins_size());
  if (added) {
    const auto& [layer, file, line] = *leaves_[leaf];
    proto::Origin* entry = module_->add_origins();
    entry->set_layer(layer);
    entry->set_file(file);
    entry->set_line(static_cast<uint32_t>(std::max(line, 0)));
  }
  return it->second;
}

uint32_t OriginWriter::Reference(const OriginPtr& origin) {
  if (origin == nullptr) return 0;
  const std::vector<uint32_t> leaves = LeavesOf(origin.get());
  if (leaves.empty()) return 0;
  std::vector<uint32_t> places;
  for (uint32_t leaf : leaves) places.push_back(Place(leaf));
  if (places.size() == 1) return places[0] + 1;
  auto [it, added] = derived_places_.try_emplace(places, module_->origins_size());
  if (added) {
    proto::Origin* entry = module_->add_origins();
    for (uint32_t place : places) entry->add_from(place);
  }
  return it->second + 1;
}

absl::StatusOr<std::vector<OriginPtr>> ReadOrigins(const proto::Module& module) {
  std::vector<OriginPtr> origins = {std::make_shared<const Origin>()};
  origins.reserve(module.origins_size() + 1);
  for (int i = 0; i < module.origins_size(); ++i) {
    const proto::Origin& entry = module.origins(i);
    auto origin = std::make_shared<Origin>();
    origin->layer = entry.layer();
    origin->file = entry.file();
    if (entry.line() > static_cast<uint32_t>(std::numeric_limits<int>::max())) {
      return InvalidArgument("origin ", i, ": line ", entry.line());
    }
    origin->line = static_cast<int>(entry.line());
    for (uint32_t from : entry.from()) {
      // Leaves only, so that no chain is deeper than this: destructors recurse.
      if (from >= static_cast<uint32_t>(i) || module.origins(static_cast<int>(from)).from_size() > 0) {
        return InvalidArgument("origin ", i, ": derived from ", from, ", which is no leaf before it");
      }
      origin->from.push_back(origins[from + 1]);
    }
    origins.push_back(std::move(origin));
  }
  return origins;
}

}  // namespace weft
