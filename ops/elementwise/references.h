// References of elementwise ops: the definitions of scalar.h on every element of broadcast operands.
#ifndef WEFT_OPS_ELEMENTWISE_REFERENCES_H_
#define WEFT_OPS_ELEMENTWISE_REFERENCES_H_

#include "graph/ir/op_def.h"

namespace weft {

using DoubleUnary = double (*)(double);
using IntUnary = int64_t (*)(int64_t);
using DoubleBinary = double (*)(double, double);
using IntBinary = int64_t (*)(int64_t, int64_t);

// A null function is never called: the type rule refuses its dtypes.
ReferenceFn UnaryReference(DoubleUnary of_float, IntUnary of_int);
ReferenceFn BinaryReference(DoubleBinary of_float, IntBinary of_int);
ReferenceFn ComparisonReference(bool (*of_float)(double, double), bool (*of_int)(int64_t, int64_t));
ReferenceFn PredicateReference(bool (*of_float)(double));
ReferenceFn ClipReference();
ReferenceFn SelectReference();
ReferenceFn CastReference();
ReferenceFn ProgramReference();

}  // namespace weft

#endif  // WEFT_OPS_ELEMENTWISE_REFERENCES_H_
