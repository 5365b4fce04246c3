#include "graph/exec/lower.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/container/inlined_vector.h"
#include "core/status.h"

namespace weft {
namespace {

// An address: that of a slot, and how the loops around move it.
struct Address {
  struct Move {
    int loop;
    int64_t bytes;
    bool alternates;
    friend bool operator==(const Move&, const Move&) = default;
  };
  CodeSlot slot;
  absl::InlinedVector<Move, 1> moves;
};

bool SameAddress(const Address& a, const Address& b) {
  return a.slot.base == b.slot.base && a.slot.offset == b.slot.offset && a.slot.caller == b.slot.caller &&
         a.moves == b.moves;
}

Address Absolute(const void* pointer) {
  return {{CodeSlot::kAbsolute, static_cast<int64_t>(reinterpret_cast<intptr_t>(pointer)), -1}, {}};
}

int64_t ElementBytes(const ConcreteType& type) { return NumElements(type.dims) * SizeOf(type.dtype); }

// What is copied of a value. A row-major one may be a slice, so nothing behind its last element is written.
int64_t CopiedBytes(const Prepared& prepared, ValueId value) {
  const ConcreteType& type = prepared.types[value];
  return type.layout == Layout::kRowMajor ? ElementBytes(type) : prepared.bytes[value];
}

// Where things lie for one function, or for a body in one scan.
struct Frame {
  Prepared& prepared;
  int64_t arena = 0;                  // where its arena begins in the context's
  std::vector<Address> inputs;        // bodies: what the inputs stand for
  std::vector<Address> destinations;  // of the plan
  std::vector<int> caller;            // functions: of each root, its CallerValue, or -1
};

class Lowerer {
 public:
  Lowerer(Code& code, bool poison) : code_(code), poison_(poison) {}

  absl::Status LowerFunction(Prepared& prepared) {
    const Graph& graph = *prepared.graph;
    Frame frame{prepared, 0, {}, {}, {}};
    for (int variable : prepared.update_variables) frame.destinations.push_back({{variable, 0, -1}, {}});
    code_.poison = poison_;
    code_.arena_bytes = prepared.plan.arena_bytes;
    code_.lower_bound_bytes = prepared.plan.lower_bound_bytes;
    code_.has_updates = !graph.updates().empty();
    FindCallerValues(frame);
    for (ValueId input : graph.inputs()) {
      code_.inputs.push_back(prepared.types[input]);
      const bool read = prepared.storage[input] != Storage::kUnused;
      code_.input_slots.push_back(read ? AddSlot(AddressOf(frame, input)) : -1);
    }
    WEFT_RETURN_IF_ERROR(LowerNodes(frame));
    std::vector<Address> sources = SaveVariables(frame);
    for (const Graph::Output& output : graph.outputs()) {
      code_.outputs.push_back(prepared.types[output.value]);
      code_.output_slots.push_back(AddSlot(AddressOf(frame, output.value)));
    }
    code_.finish = Size();
    for (size_t d = 0; d < frame.destinations.size(); ++d) {
      const Delivery delivery = prepared.plan.deliveries[d];
      if (delivery < Delivery::kCopy) continue;
      if (delivery == Delivery::kCopy) ++code_.num_copies;
      EmitCopy(sources[d], frame.destinations[d], CopiedBytes(prepared, graph.updates()[d].value));
    }
    FindCommit();
    KeepCallerValues();
    return absl::OkStatus();
  }

 private:
  // Which inputs and outputs may lie in the caller's memory: whole row-major values of the arena. Results of scans may
  // not, which alternate between two buffers of the arena.
  void FindCallerValues(Frame& frame) {
    const Prepared& p = frame.prepared;
    const Graph& graph = *p.graph;
    code_.caller_values.resize(graph.inputs().size() + graph.outputs().size());
    frame.caller.assign(graph.num_values(), -1);
    if (poison_) return;
    auto add = [&](ValueId value, size_t index) {
      const ValueId root = p.root[value];
      const Place& place = p.plan.places[root];
      if (place.kind != Place::Kind::kArena || p.types[root].layout != Layout::kRowMajor) return;
      if (p.constants[root] != nullptr || frame.caller[root] >= 0) return;
      frame.caller[root] = static_cast<int>(index);
      code_.caller_values[index].arena_offset = place.offset;
    };
    for (size_t k = 0; k < graph.inputs().size(); ++k) {
      if (p.storage[graph.inputs()[k]] == Storage::kInput) add(graph.inputs()[k], k);
    }
    for (size_t k = 0; k < graph.outputs().size(); ++k) {
      const ValueId value = graph.outputs()[k].value;
      if (p.storage[p.root[value]] == Storage::kComputed && p.scans[graph.value(p.root[value]).node] == nullptr) {
        add(value, graph.inputs().size() + k);
      }
    }
  }

  // Slices of a value are read in whole vectors, past their end, for which only the arena has room: a value that a loop
  // walks over stays there.
  void KeepCallerValues() {
    std::vector<bool> walked(code_.slots.size());
    for (const Loop& loop : code_.loops) {
      for (const Loop::Move& move : loop.strides) walked[move.slot] = true;
      for (const Loop::Move& move : loop.alternates) walked[move.slot] = true;
    }
    std::vector<bool> fixed(code_.caller_values.size());
    for (size_t i = 0; i < code_.slots.size(); ++i) {
      const CodeSlot& slot = code_.slots[i];
      if (slot.caller < 0) continue;
      CallerValue& value = code_.caller_values[slot.caller];
      if (walked[i] || slot.offset != value.arena_offset) fixed[slot.caller] = true;
      value.slots.push_back(static_cast<int>(i));
    }
    for (size_t k = 0; k < fixed.size(); ++k) {
      if (fixed[k]) code_.caller_values[k].slots.clear();
    }
  }

  int Size() const { return static_cast<int>(code_.instructions.size()); }

  Instruction& Emit(Instruction::Kind kind, Code::Source source = {}) {
    code_.instructions.emplace_back().kind = kind;
    code_.sources.push_back(source);
    return code_.instructions.back();
  }

  int AddSlot(const Address& address) {
    const int slot = static_cast<int>(code_.slots.size());
    code_.slots.push_back(address.slot);
    if (address.slot.base >= 0) code_.variable_slots.push_back(slot);
    for (const Address::Move& move : address.moves) {
      Loop& loop = code_.loops[move.loop];
      (move.alternates ? loop.alternates : loop.strides).push_back({slot, move.bytes});
    }
    return slot;
  }

  void EmitCopy(const Address& from, const Address& to, int64_t bytes) {
    if (bytes == 0 || SameAddress(from, to)) return;
    Instruction& copy = Emit(Instruction::Kind::kCopy);
    copy.bytes = bytes;
    copy.first_input = AddSlot(from);
    copy.first_output = AddSlot(to);
    constexpr double kBytesPerNs = 10;
    copy.estimated_ns = 10 + static_cast<double>(bytes) / kBytesPerNs;
  }

  void EmitPoison(const Address& where, int64_t bytes) {
    if (bytes == 0) return;
    Instruction& poison = Emit(Instruction::Kind::kPoison);
    poison.bytes = bytes;
    poison.first_output = AddSlot(where);
  }

  static Address AddressOf(const Frame& frame, ValueId value) {
    const Prepared& p = frame.prepared;
    const ValueId root = p.root[value];
    if (p.constants[root] != nullptr) return Absolute(p.constants[root]);
    const Place& place = p.plan.places[root];
    switch (place.kind) {
      case Place::Kind::kArena:
        return {{CodeSlot::kArena, frame.arena + place.offset, frame.caller.empty() ? -1 : frame.caller[root]}, {}};
      case Place::Kind::kDestination:
        return frame.destinations[place.index];
      case Place::Kind::kExternal:
        return frame.inputs.empty() ? Address{{p.external[root], 0, -1}, {}} : frame.inputs[p.external[root]];
      case Place::Kind::kNone:
        break;
    }
    return {{CodeSlot::kArena, 0, -1}, {}};  // a value that nothing reads or writes
  }

  absl::Status LowerNodes(Frame& frame) {
    const Plan& plan = frame.prepared.plan;
    for (size_t p = 0; p < plan.order.size(); ++p) {
      const NodeId id = plan.order[p];
      if (frame.prepared.scans[id] != nullptr) {
        WEFT_RETURN_IF_ERROR(LowerScan(frame, id));
      } else {
        LowerKernel(frame, id);
      }
      if (!poison_) continue;
      for (int b = plan.dead_begin[p]; b < plan.dead_begin[p + 1]; ++b) {
        EmitPoison({{CodeSlot::kArena, frame.arena + plan.dead[b].offset, -1}, {}}, plan.dead[b].bytes);
      }
    }
    for (auto& constant : frame.prepared.owned) code_.constants.push_back(std::move(constant));
    return absl::OkStatus();
  }

  void LowerKernel(Frame& frame, NodeId id) {
    Prepared& p = frame.prepared;
    const Node& node = p.graph->node(id);
    const Kernel& kernel = *p.kernels[id];
    if (poison_) PoisonTails(frame, node);
    Instruction instruction;
    instruction.kind = IsReferenceKernel(kernel) ? Instruction::Kind::kReference : Instruction::Kind::kKernel;
    instruction.kernel = &kernel;
    instruction.shares = std::max(kernel.shares(), 1);
    instruction.bytes = RoundUp(kernel.scratch_bytes(), kAlignment);
    instruction.estimated_ns = kernel.estimated_ns();
    code_.scratch_bytes = std::max(code_.scratch_bytes, instruction.shares * instruction.bytes);
    instruction.first_input = static_cast<int>(code_.slots.size());
    for (ValueId value : node.inputs) AddSlot(AddressOf(frame, value));
    instruction.first_output = static_cast<int>(code_.slots.size());
    for (int k = 0; k < node.num_outputs; ++k) AddSlot(AddressOf(frame, node.first_output + k));
    Emit(instruction.kind, {p.graph, &node}) = instruction;
    code_.kernels.push_back(std::move(p.kernels[id]));
    if (poison_) CheckTails(frame, node);
  }

  // Calls f(address, bytes) for what lies behind the last element of the node's row-major results in the arena.
  template <typename F>
  void ForEachTail(const Frame& frame, const Node& node, F f) {
    for (int k = 0; k < node.num_outputs; ++k) {
      const ValueId value = node.first_output + k;
      const ConcreteType& type = frame.prepared.types[value];
      Address address = AddressOf(frame, value);
      const int64_t used = ElementBytes(type), tail = frame.prepared.bytes[value] - used;
      if (type.layout != Layout::kRowMajor || address.slot.base != CodeSlot::kArena || !address.moves.empty() ||
          frame.prepared.plan.places[value].kind != Place::Kind::kArena || tail == 0) {
        continue;
      }
      address.slot.offset += used;
      f(address, tail);
    }
  }
  void PoisonTails(const Frame& frame, const Node& node) {
    ForEachTail(frame, node, [&](const Address& address, int64_t bytes) { EmitPoison(address, bytes); });
  }
  void CheckTails(const Frame& frame, const Node& node) {
    ForEachTail(frame, node, [&](const Address& address, int64_t bytes) {
      Instruction& check = Emit(Instruction::Kind::kCheckTail, {frame.prepared.graph, &node});
      check.bytes = bytes;
      check.first_output = AddSlot(address);
    });
  }

  // Body's carry k reads `now` and writes `next`; they are the same, alternate between the result and a spare, or go on
  // through the slices of a stack. The initial value is brought to `first`, the one after all steps is at `last`.
  struct Carry {
    Address first, now, next, last;
  };
  static Carry PlaceCarry(const PreparedScan& scan, int k, const Address& result, int64_t block, int loop) {
    if (!scan.alternates[k]) return {result, result, result, result};
    const Address spare{{CodeSlot::kArena, block + scan.spare_offset[k], -1}, {}};
    // The last step writes the result, so the first one reads the other buffer if the number of steps is odd.
    const bool odd = scan.length % 2 == 1;
    Carry carry{odd ? spare : result, odd ? spare : result, odd ? result : spare, result};
    const int64_t distance = carry.next.slot.offset - carry.now.slot.offset;
    carry.now.moves.push_back({loop, distance, true});
    carry.next.moves.push_back({loop, -distance, true});
    return carry;
  }

  // PreparedScan::kept_in.
  static Carry KeepCarry(const Address& stack, int64_t slice_bytes, const PreparedScan& scan, int loop) {
    Carry carry{stack, SliceOf(stack, slice_bytes, scan, loop), stack, stack};
    carry.next = carry.now;
    carry.next.slot.offset += slice_bytes;
    carry.last.slot.offset += scan.length * slice_bytes;
    return carry;
  }

  static Address SliceOf(Address stacked, int64_t slice_bytes, const PreparedScan& scan, int loop) {
    if (scan.reverse) stacked.slot.offset += (scan.length - 1) * slice_bytes;
    stacked.moves.push_back({loop, scan.reverse ? -slice_bytes : slice_bytes, false});
    return stacked;
  }

  // Slices may be read in whole vectors, past their end. Arenas and variables have room for that behind them; a
  // constant is copied to where there is room.
  absl::StatusOr<Address> WithRoomBehind(Address address, int64_t bytes) {
    if (address.slot.base != CodeSlot::kAbsolute || !address.moves.empty()) return address;
    WEFT_ASSIGN_OR_RETURN(std::shared_ptr<Buffer> buffer, Buffer::Allocate(bytes + kAlignment));
    if (bytes > 0) std::memcpy(buffer->data(), reinterpret_cast<const void*>(address.slot.offset), bytes);
    Address copied = Absolute(buffer->data());
    code_.constants.push_back(std::move(buffer));
    return copied;
  }

  absl::Status LowerScan(Frame& outer, NodeId id) {
    const Node& node = outer.prepared.graph->node(id);
    PreparedScan& scan = *outer.prepared.scans[id];
    const Plan& plan = scan.body.plan;
    const int loop = static_cast<int>(code_.loops.size());
    code_.loops.emplace_back().count = scan.length;
    Frame frame{scan.body, outer.arena + outer.prepared.plan.temporary_offset[id], {}, {}, {}};

    std::vector<Carry> carries;
    for (int k = 0; k < scan.num_carries; ++k) {
      const Address result = AddressOf(outer, node.first_output + k);
      if (const int stack = scan.kept_in[k]; stack >= 0) {
        const int64_t slice_bytes = ElementBytes(scan.body.types[scan.body.graph->inputs()[k]]);
        carries.push_back(KeepCarry(AddressOf(outer, node.first_output + stack), slice_bytes, scan, loop));
      } else {
        carries.push_back(PlaceCarry(scan, k, result, frame.arena, loop));
      }
      EmitCopy(AddressOf(outer, node.inputs[k]), carries[k].first, CopiedBytes(outer.prepared, node.inputs[k]));
    }
    if (scan.length == 0) {
      CopyLastCarries(outer, node, carries);
      return absl::OkStatus();
    }
    for (size_t k = 0; k < node.inputs.size(); ++k) {
      Address address = AddressOf(outer, node.inputs[k]);
      if (static_cast<int>(k) < scan.num_carries) {
        address = carries[k].now;
      } else if (static_cast<int>(k) < scan.num_carries + scan.num_stacked) {
        WEFT_ASSIGN_OR_RETURN(address, WithRoomBehind(address, ElementBytes(outer.prepared.types[node.inputs[k]])));
        address = SliceOf(address, ElementBytes(scan.body.types[scan.body.graph->inputs()[k]]), scan, loop);
      }
      frame.inputs.push_back(address);
    }
    for (int k = 0; k < node.num_outputs; ++k) {
      const ValueId body_value = scan.body.graph->outputs()[k].value;
      frame.destinations.push_back(k < scan.num_carries
                                       ? carries[k].next
                                       : SliceOf(AddressOf(outer, node.first_output + k),
                                                 ElementBytes(scan.body.types[body_value]), scan, loop));
    }

    const int head = Size();
    Emit(Instruction::Kind::kLoop, {outer.prepared.graph, &node}).loop = loop;
    WEFT_RETURN_IF_ERROR(LowerNodes(frame));
    for (int k = 0; k < node.num_outputs; ++k) {
      if (plan.deliveries[k] < Delivery::kCopy) continue;
      const ValueId body_value = scan.body.graph->outputs()[k].value;
      const int before = Size();
      EmitCopy(AddressOf(frame, body_value), frame.destinations[k], CopiedBytes(scan.body, body_value));
      if (Size() > before) ++code_.num_copies;
    }
    if (poison_) {
      EmitPoison({{CodeSlot::kArena, frame.arena, -1}, {}}, plan.arena_bytes);
      for (int k = 0; k < scan.num_carries; ++k) {
        if (scan.alternates[k] && scan.kept_in[k] < 0) {
          EmitPoison(carries[k].now, outer.prepared.bytes[node.first_output + k]);
        }
      }
    }
    code_.instructions[head].end = Size();
    CopyLastCarries(outer, node, carries);
    return absl::OkStatus();
  }

  void CopyLastCarries(const Frame& outer, const Node& node, absl::Span<const Carry> carries) {
    for (size_t k = 0; k < carries.size(); ++k) {
      const ValueId result = node.first_output + static_cast<ValueId>(k);
      EmitCopy(carries[k].last, AddressOf(outer, result), CopiedBytes(outer.prepared, result));
    }
  }

  // The addresses that updates are copied from. One that reads a variable which another copy overwrites is saved first.
  std::vector<Address> SaveVariables(const Frame& frame) {
    const Prepared& p = frame.prepared;
    const auto updates = p.graph->updates();
    absl::flat_hash_set<int> overwritten(p.update_variables.begin(), p.update_variables.end());
    std::vector<Address> sources;
    for (size_t d = 0; d < updates.size(); ++d) {
      const ValueId root = p.root[updates[d].value];
      Address source = AddressOf(frame, updates[d].value);
      if (p.plan.deliveries[d] >= Delivery::kCopy && p.storage[root] == Storage::kExternal && p.external[root] >= 0 &&
          overwritten.contains(p.external[root])) {
        const Address saved{{CodeSlot::kArena, code_.arena_bytes, -1}, {}};
        code_.arena_bytes += p.bytes[root];
        EmitCopy(source, saved, CopiedBytes(p, root));
        source = saved;
      }
      sources.push_back(source);
    }
    return sources;
  }

  void FindCommit() {
    for (int slot : code_.variable_slots) code_.variables.push_back(code_.slots[slot].base);
    std::sort(code_.variables.begin(), code_.variables.end());
    code_.variables.erase(std::unique(code_.variables.begin(), code_.variables.end()), code_.variables.end());
    code_.commit = Size();
    for (int i = Size() - 1; i >= 0; --i) {
      const Instruction& instruction = code_.instructions[i];
      code_.estimated_ns += instruction.estimated_ns;
      const Node* node = code_.sources[i].node;
      const bool kernel =
          instruction.kind == Instruction::Kind::kKernel || instruction.kind == Instruction::Kind::kReference;
      if (!kernel && instruction.kind != Instruction::Kind::kCopy) continue;
      const int results = kernel ? node->num_outputs : 1;
      for (int k = 0; k < results; ++k) {
        if (code_.slots[instruction.first_output + k].base >= 0) code_.commit = i;
      }
    }
  }

  Code& code_;
  const bool poison_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Code>> Lower(Prepared& prepared, bool poison) {
  auto code = std::make_unique<Code>();
  WEFT_RETURN_IF_ERROR(Lowerer(*code, poison).LowerFunction(prepared));
  return code;
}

}  // namespace weft
