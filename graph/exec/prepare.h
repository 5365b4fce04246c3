// The first half of compilation: a function for given values of its symbols, with kernels made, constants materialised,
// loop bodies prepared, and all of it planned.
#ifndef WEFT_GRAPH_EXEC_PREPARE_H_
#define WEFT_GRAPH_EXEC_PREPARE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "core/buffer.h"
#include "graph/exec/kernel.h"
#include "graph/exec/target.h"
#include "graph/ir/module.h"
#include "graph/plan/plan.h"

namespace weft {

struct PreparedScan;

struct Prepared {
  const Graph* graph = nullptr;
  std::vector<ConcreteType> types;     // per value
  std::vector<int64_t> bytes;          // per value, as stored
  std::vector<ValueId> root;           // per value
  std::vector<Storage> storage;        // per root
  std::vector<int> external;           // per root: the variable's index in the module, or of the body's input; -1
  std::vector<const void*> constants;  // per root: its contents, if known at compile time
  std::vector<bool> runs;              // per node
  std::vector<std::unique_ptr<Kernel>> kernels;      // per node that runs and is no scan
  std::vector<std::shared_ptr<PreparedScan>> scans;  // per node that runs and is a scan
  std::vector<std::shared_ptr<const Buffer>> owned;  // contents of constants that no attribute holds
  std::vector<int> update_variables;                 // functions: per update, the variable's index
  Plan plan;
};

struct PreparedScan {
  Prepared body;
  int64_t length = 0;
  bool reverse = false;
  int num_carries = 0, num_stacked = 0;
  // Of each carry: whether steps read one buffer and write another, in turn; and where the second one lies in the
  // scan's temporary block, whose beginning is the body's arena.
  std::vector<bool> alternates;
  std::vector<int64_t> spare_offset;
  // Of each carry: the stacked result of what it was at each step, if there is one to keep it in; else -1. A step then
  // reads the carry in its slice and writes it to the next one, of which there is one more than steps; nothing is
  // copied but the initial value and the last.
  std::vector<int> kept_in;
  int64_t temporary_bytes = 0;
};

struct PrepareRequest {
  const Module& module;
  const absl::flat_hash_map<std::string, int>& variable_index;
  const SymbolBindings& bindings;
  const Target& target;
  bool reuse_memory = true;
};

// Flush-to-zero is set by the caller, as in a run: constants are computed here.
absl::StatusOr<std::unique_ptr<Prepared>> Prepare(const Graph& graph, const PrepareRequest& request);

}  // namespace weft

#endif  // WEFT_GRAPH_EXEC_PREPARE_H_
