// A function compiled for one binding of its symbols, and the cache of these.
#ifndef WEFT_GRAPH_EXEC_SPECIALIZATION_H_
#define WEFT_GRAPH_EXEC_SPECIALIZATION_H_

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "graph/exec/code.h"
#include "graph/exec/context.h"

namespace weft {

struct Specialization {
  explicit Specialization(std::unique_ptr<const Code> code) : code(std::move(code)), contexts(*this->code) {}
  const std::unique_ptr<const Code> code;
  mutable ContextPool contexts;
  double compile_ms = 0;
};
using SpecializationPtr = std::shared_ptr<const Specialization>;

// "n = 64, m = 3", sorted by name; "(none)" where there are no symbols.
std::string BindingsToString(const SymbolBindings& bindings);

// Thread-safe. Each binding is compiled once: who asks for it meanwhile waits, and gets the same result or error.
// Errors are not kept. Beyond `capacity` the least recently used one is dropped; runs that are under way keep it alive.
class SpecializationCache {
 public:
  using CompileFn = std::function<absl::StatusOr<SpecializationPtr>(const SymbolBindings& bindings)>;
  SpecializationCache(CompileFn compile, int capacity) : compile_(std::move(compile)), capacity_(capacity) {}

  // The first one that `matches`, or null. Allocates nothing; `matches` is called under the lock.
  SpecializationPtr Find(absl::FunctionRef<bool(const Specialization&)> matches);

  // Compiles if need be and if `may_compile`; FailedPrecondition if it may not, saying what there is.
  absl::StatusOr<SpecializationPtr> Get(const SymbolBindings& bindings, bool may_compile);

 private:
  struct Entry {
    SymbolBindings bindings;
    bool ready = false;
    absl::StatusOr<SpecializationPtr> result = SpecializationPtr();  // once ready
    uint64_t last_used = 0;
  };
  void DropLeastUsed();

  const CompileFn compile_;
  const int capacity_;
  std::mutex mutex_;  // guards what follows, the entries' contents included
  std::condition_variable became_ready_;
  uint64_t clock_ = 0;
  std::vector<std::shared_ptr<Entry>> entries_;
};

}  // namespace weft

#endif  // WEFT_GRAPH_EXEC_SPECIALIZATION_H_
