// The passes of the default pipeline, in its order. Each is in a file of its own name.
#ifndef WEFT_GRAPH_PASSES_PASSES_H_
#define WEFT_GRAPH_PASSES_PASSES_H_

#include "graph/passes/pass.h"

namespace weft {

// fold.cc        add(constant, constant)           ->  constant
// Computed by the very kernels that would run, so the bits are the same. Random ops are never folded; results above 64
// KiB stay.
Pass FoldPass();

// simplify.cc    mul(x, 1), reshape(reshape(x))    ->  x, reshape(x)
// The peephole rules of the ops (OpDef::simplify), until none applies; broadcasts that the reader would do anyway go.
Pass SimplifyPass(bool exact_only = false);

// cse.cc         f(x), f(x)                        ->  f(x) once
// Also merges a loop into the same loop with more results (which the gradient of a loop makes).
Pass CsePass();

// hoist.cc       loop { y = f(x, g(w)) }           ->  v = g(w); loop { y = f(x, v) }
// What is the same at every step of a loop is computed before it, and what ops would rather read in another form is
// prepared there (OpDef::prepare_invariant).
Pass HoistPass();

// dce.cc         what no output and no update needs goes; inputs stay
// Of loops also stacked results that nobody reads or that are there twice, and the operands that only those needed.
Pass DcePass();

// fuse.cc        matmul -> add -> relu             ->  matmul_epilogue
//                mul, add, sqrt ... (an update)    ->  elementwise_program
// Elementwise ops of one shape become one program; a program that reads the result of an op with an epilogue host
// becomes its epilogue. All of that is exact. Then the families' own fusion rules run, which may not be.
Pass FusePass(bool exact_only = false);

// layout.cc      variable w: f32[784,512]          ->  f32[784,512]{panels64}
// Weights that products read live in the kernels' layout, in all functions of the module; what cannot read it gets a
// relayout.
Pass LayoutPass();

}  // namespace weft

#endif  // WEFT_GRAPH_PASSES_PASSES_H_
