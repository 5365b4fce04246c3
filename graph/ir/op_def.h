// OpDef: everything the framework knows of an op, in one place, written in the op's family folder.
//
// graph/ names no op. Recording, autodiff, passes, planner, executor, text, files, tests and documentation all read
// OpDefs. An OpDef is immutable once it is in an OpRegistry, and outlives every graph that uses it.
#ifndef WEFT_GRAPH_IR_OP_DEF_H_
#define WEFT_GRAPH_IR_OP_DEF_H_

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/cpu.h"
#include "core/tensor_type.h"
#include "graph/ir/attribute.h"
#include "graph/ir/tile.h"
#include "graph/ir/value.h"

namespace weft {

class GradientArgs;    // graph/autodiff/gradient_args.h
class GraphBuilder;    // graph/ir/builder.h
class Kernel;          // graph/exec/kernel.h
struct KernelRequest;  // graph/exec/kernel.h
struct ReferenceArgs;  // graph/exec/reference.h
class RewriteContext;  // graph/passes/rewrite.h

struct AttrSpec {
  std::string name;
  AttrKind kind;
  std::optional<AttrValue>
      default_value;  // none: must be given. Recording fills defaults in, so equal nodes have equal attributes.
  std::string doc;
};

// Types of the outputs, or what is wrong with the inputs (the framework adds op, layer, input types and file:line).
using InferFn =
    std::function<absl::StatusOr<std::vector<TensorType>>(absl::Span<const TensorType> inputs, const AttrMap& attrs)>;

// One Value per input; Value() where no gradient flows. Records ordinary nodes, so gradients of gradients work.
using GradientFn = std::function<std::vector<Value>(const GradientArgs& args)>;

// The obvious scalar implementation in double: the oracle of every test, and what runs float64. See
// graph/exec/reference.h.
using ReferenceFn = std::function<absl::Status(ReferenceArgs& args)>;

// A kernel for concrete dims. nullptr = no kernel for these types: the reference runs instead.
using KernelFn = std::function<absl::StatusOr<std::unique_ptr<Kernel>>(const KernelRequest& request)>;

// One peephole rewrite rooted at this op. Returns the replacement of output 0, or Value() where it does not apply.
struct RewriteRule {
  std::string name;   // "mul_by_one"
  bool exact = true;  // the same bits for all inputs, NaN, infinities and signed zeros included
  std::function<Value(RewriteContext& context)> apply;
  std::string doc;  // before -> after
};

// ---- the elementwise trait: out[i] = f(in0[i], in1[i], ...), with NumPy broadcasting, one output.

struct TileKernel {
  TileFn fn = nullptr;  // nullptr: no kernel for these types
  std::array<double, 4> params = {};
};
struct TileRequest {
  Isa isa;
  absl::Span<const DType> inputs;
  DType output;
  const AttrMap& attrs;
};
struct ElementwiseTrait {
  // The kernel that runs one tile; an elementwise program calls one of these per op and tile.
  TileKernel (*select)(const TileRequest& request) = nullptr;
  // Estimated cycles per 16 elements on AVX-512, for the cost model.
  double cycles = 2;
};

enum class Differentiability : uint8_t {
  kGradient,  // `gradient` is set
  kZero,      // piecewise constant, or of no influence on a float: the gradient is zero (floor, comparisons, argmax)
  kNone,      // asking for it is an error (fused ops)
};

struct OpDef {
  std::string name;                 // "reduce_sum": lower case, digits and underscores
  int version = 1;                  // raised when the meaning changes; files name it
  std::string family;               // "reduce"
  std::string doc;                  // formula; shapes; dtypes; source
  std::vector<std::string> inputs;  // names, in order; the last may end in "..." (zero or more of it)
  std::vector<AttrSpec> attrs;

  InferFn infer;
  Differentiability differentiability = Differentiability::kNone;
  GradientFn gradient;
  ReferenceFn reference;
  KernelFn kernel;  // may be empty
  std::optional<ElementwiseTrait> elementwise;
  std::vector<RewriteRule> simplify;

  bool commutative = false;  // f(a, b) == f(b, a) bit for bit
  bool is_random = false;    // never folded
  bool is_view = false;      // output 0 is input 0's bytes under another type: no kernel runs
  bool is_broadcast =
      false;  // output 0 is input 0 broadcast to a larger shape (NumPy rules): elementwise readers read input 0
  bool is_fused = false;  // made by passes only: no gradient, never in a loadable file
  // Not empty: the op that computes this op and then an elementwise program on its (only) output. Its inputs are this
  // op's inputs followed by the program's other inputs; its attributes this op's and "body", the program, a function
  // over scalars whose input 0 is this op's result. The fusion pass uses it for any op that names one.
  std::string epilogue_host;
  // Which inputs may be read in a layout other than row-major, given the layout (see the layout pass). Empty: none.
  std::function<bool(int input, Layout layout, const AttrMap& attrs)> accepts_layout;
  // ---- in a loop (Scan)
  // The sum over all steps of the op's result, as one computation: operands with `stacked` set have the steps along a
  // new leading axis, the others are the same at every step. Value() where there is no such computation. The gradient
  // of what a loop captures is such a sum; without this it is added up step by step.
  std::function<Value(GraphBuilder& builder, absl::Span<const Value> operands, absl::Span<const bool> stacked,
                      const AttrMap& attrs)>
      sum_over_steps;
  // Operand `input` is the same at every step: records what is better done once, before the loop, and changes `attrs`
  // to those of the op on the result. Value() where there is nothing to prepare. Exact.
  std::function<Value(int input, Value operand, AttrMap* attrs)> prepare_invariant;
  // Estimated floating-point operations, for cost model and receipts. Empty: one per output element.
  std::function<double(absl::Span<const ConcreteType> inputs, absl::Span<const ConcreteType> outputs,
                       const AttrMap& attrs)>
      flops;
};

}  // namespace weft

#endif  // WEFT_GRAPH_IR_OP_DEF_H_
