// A small set of ops with type rules but no computation, for the tests of texts and files, which may not use //ops.
#ifndef WEFT_GRAPH_TEXT_TESTING_TEST_OPS_H_
#define WEFT_GRAPH_TEXT_TESTING_TEST_OPS_H_

#include "graph/ir/module.h"
#include "graph/ir/registry.h"

namespace weft {

// constant(value: tensor), add(a, b), matmul(a, b; transpose_a, transpose_b), reshape(x; shape),
// concat(operands...; axis), sum(x; axes, keepdims), halves(x) of two results, program(operands...; body), and
//   sink (version 3)   operands..., an attribute of every kind, with and without a default
//   fused_add          is_fused
const OpRegistry& TestOps();

// Uses every feature of the IR that a file holds: variables of every dtype and kind, functions with symbolic dims,
// updates, a loop within a loop with captured values, functions of no node but inputs, constants of every dtype with
// NaN payloads, infinities, -0 and denormals, empty tensors, strings of any bytes, several results, derived origins,
// metadata.
Module TestModule();

}  // namespace weft

#endif  // WEFT_GRAPH_TEXT_TESTING_TEST_OPS_H_
