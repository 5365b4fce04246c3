// What a compiled function consists of: a flat list of instructions over slots. A slot is an address that a context
// resolves once (arena, constants), when another state comes (variables), or that a loop moves from step to step.
#ifndef WEFT_GRAPH_EXEC_CODE_H_
#define WEFT_GRAPH_EXEC_CODE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "core/buffer.h"
#include "core/tensor_type.h"
#include "graph/exec/kernel.h"
#include "graph/ir/graph.h"

namespace weft {

struct Instruction {
  enum class Kind : uint8_t {
    kKernel,     // operands at slots first_input ..., results at slots first_output ...
    kReference,  // the same, and it can fail
    kLoop,       // runs the instructions behind it, up to `end`, as often as loops[loop].count says
    kCopy,       // `bytes` from slot first_input to slot first_output
    kPoison,     // tests: fills `bytes` at slot first_output with 0xFF
    kCheckTail,  // tests: fails unless the `bytes` at slot first_output are all 0xFF
  };
  Kind kind = Kind::kKernel;
  int shares = 1;
  const Kernel* kernel = nullptr;
  int first_input = 0, first_output = 0;
  int end = 0, loop = 0;
  int64_t bytes = 0;  // kernels: scratch of one share
  double estimated_ns = 0;
};

struct Loop {
  struct Move {
    int slot;
    int64_t bytes;
  };
  int64_t count = 0;
  std::vector<Move> strides;     // moved by `bytes` after each step
  std::vector<Move> alternates;  // moved by `bytes` after the first step, back after the second, and so on
};

// Where a slot points to before any loop has moved it.
// (Not "Slot": models/ has a type of that name, and two types of one name in one binary corrupt each other.)
struct CodeSlot {
  static constexpr int kArena = -1, kAbsolute = -2;
  int base = kArena;  // or the index of a variable of the module
  int64_t offset = 0;
  // In the arena: the input or output of the function (inputs first) that this is the storage of, or -1.
  int caller = -1;
};

// An input or output of the function whose storage may be the caller's own memory for the time of a run, so that
// nothing is copied.
struct CallerValue {
  int64_t arena_offset = 0;  // where it lies otherwise
  std::vector<int> slots;    // that point to it
};

struct Code {
  std::vector<Instruction> instructions;
  struct Source {
    const Graph* graph = nullptr;
    const Node* node = nullptr;
  };
  std::vector<Source> sources;  // per instruction: what it came from, if from a node
  std::vector<Loop> loops;
  std::vector<CodeSlot> slots;
  // Instructions from `commit` on may write variables: once there, a run is not cancelled any more. Those from `finish`
  // on copy updates; the outputs are copied out before them.
  int commit = 0, finish = 0;

  std::vector<int> input_slots;   // per input of the function; -1: it is not read
  std::vector<int> output_slots;  // per output
  std::vector<ConcreteType> inputs, outputs;
  std::vector<CallerValue> caller_values;  // per input, then per output; without slots: never the caller's memory

  std::vector<int> variable_slots;  // slots whose base is a variable
  std::vector<int> variables;       // the variables read or written, ascending
  bool has_updates = false;
  int64_t arena_bytes = 0, lower_bound_bytes = 0;
  int64_t scratch_bytes = 0;  // of all shares
  int num_copies = 0;         // updates that had to be copied
  double estimated_ns = 0;

  std::vector<std::unique_ptr<Kernel>> kernels;
  std::vector<std::shared_ptr<const Buffer>> constants;  // what slots with absolute addresses point into
  bool poison = false;
};

}  // namespace weft

#endif  // WEFT_GRAPH_EXEC_CODE_H_
