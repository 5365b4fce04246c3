#include "graph/exec/specialization.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "core/status.h"

namespace weft {

std::string BindingsToString(const SymbolBindings& bindings) {
  std::vector<std::pair<std::string, int64_t>> sorted(bindings.begin(), bindings.end());
  if (sorted.empty()) return "(none)";
  std::sort(sorted.begin(), sorted.end());
  return absl::StrJoin(sorted, ", ", absl::PairFormatter(" = "));
}

SpecializationPtr SpecializationCache::Find(absl::FunctionRef<bool(const Specialization&)> matches) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (const std::shared_ptr<Entry>& entry : entries_) {
    if (!entry->ready || !matches(**entry->result)) continue;
    entry->last_used = ++clock_;
    return *entry->result;
  }
  return nullptr;
}

absl::StatusOr<SpecializationPtr> SpecializationCache::Get(const SymbolBindings& bindings, bool may_compile) {
  std::unique_lock<std::mutex> lock(mutex_);
  for (const std::shared_ptr<Entry>& candidate : entries_) {
    if (candidate->bindings != bindings) continue;
    std::shared_ptr<Entry> entry = candidate;
    entry->last_used = ++clock_;
    became_ready_.wait(lock, [&] { return entry->ready; });
    return entry->result;
  }
  if (!may_compile) {
    std::string known = absl::StrJoin(entries_, "; ", [](std::string* out, const std::shared_ptr<Entry>& entry) {
      absl::StrAppend(out, BindingsToString(entry->bindings));
    });
    return absl::FailedPreconditionError(absl::StrCat("not compiled for the dims ", BindingsToString(bindings),
                                                      ", and allow_specialize is false; ",
                                                      "compiled for: ", known.empty() ? "nothing" : known));
  }
  auto entry = std::make_shared<Entry>();
  entry->bindings = bindings;
  entry->last_used = ++clock_;
  entries_.push_back(entry);
  DropLeastUsed();
  lock.unlock();
  absl::StatusOr<SpecializationPtr> result = compile_(bindings);
  lock.lock();
  entry->result = std::move(result);
  entry->ready = true;
  became_ready_.notify_all();
  if (!entry->result.ok()) entries_.erase(std::remove(entries_.begin(), entries_.end(), entry), entries_.end());
  return entry->result;
}

// What is being compiled stays.
void SpecializationCache::DropLeastUsed() {
  while (static_cast<int>(entries_.size()) > std::max(capacity_, 1)) {
    auto oldest = entries_.end();
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      if ((*it)->ready && (oldest == entries_.end() || (*it)->last_used < (*oldest)->last_used)) oldest = it;
    }
    if (oldest == entries_.end()) return;
    entries_.erase(oldest);
  }
}

}  // namespace weft
