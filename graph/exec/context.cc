#include "graph/exec/context.h"

#include <algorithm>

#include "core/status.h"

namespace weft {

absl::StatusOr<std::unique_ptr<Context>> Context::Create(const Code& code) {
  auto context = std::make_unique<Context>();
  // Room behind the arena for whole vectors that are read past the last slice of a stacked value, and a page between
  // arena and scratch, which hardware prefetch does not cross.
  constexpr int64_t kGap = 4096;
  const int64_t arena_bytes = RoundUp(code.arena_bytes, kAlignment) + kGap;
  WEFT_ASSIGN_OR_RETURN(context->block_, AllocateBlock(arena_bytes + code.scratch_bytes + kGap));
  context->arena_ = context->block_.data;
  context->scratch_ = context->arena_ + arena_bytes;
  context->slots_.resize(code.slots.size());
  for (size_t i = 0; i < code.slots.size(); ++i) {
    const CodeSlot& slot = code.slots[i];
    if (slot.base == CodeSlot::kArena) context->slots_[i] = context->arena_ + slot.offset;
    if (slot.base == CodeSlot::kAbsolute)
      context->slots_[i] = reinterpret_cast<void*>(static_cast<intptr_t>(slot.offset));
  }
  return context;
}

void Context::BindVariables(const Code& code, absl::Span<void* const> variables) {
  if (variables_.size() == variables.size() && std::equal(variables.begin(), variables.end(), variables_.begin())) {
    return;
  }
  variables_.assign(variables.begin(), variables.end());
  for (int i : code.variable_slots) {
    const CodeSlot& slot = code.slots[i];
    slots_[i] = static_cast<std::byte*>(variables[slot.base]) + slot.offset;
  }
}

ContextPool::~ContextPool() {
  std::lock_guard<std::mutex> lock(mutex_);
  while (free_ != nullptr) {
    Context* next = free_->next_;
    delete free_;
    free_ = next;
  }
}

absl::StatusOr<Context*> ContextPool::Take() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (free_ != nullptr) {
      Context* context = free_;
      free_ = context->next_;
      return context;
    }
  }
  WEFT_ASSIGN_OR_RETURN(std::unique_ptr<Context> context, Context::Create(code_));
  return context.release();
}

void ContextPool::Give(Context* context) {
  std::lock_guard<std::mutex> lock(mutex_);
  context->next_ = free_;
  free_ = context;
}

}  // namespace weft
