#include "ops/elementwise/references.h"

#include "graph/exec/reference.h"
#include "ops/elementwise/body.h"
#include "ops/elementwise/broadcast.h"
#include "ops/elementwise/scalar.h"

namespace weft {
namespace {

// The operands' elements for each element of the (only) output.
std::vector<int64_t> IndexOf(const ReferenceArgs& args, int input) {
  return BroadcastIndex(args.inputs[input].dims, args.outputs[0].dims);
}

}  // namespace

ReferenceFn UnaryReference(DoubleUnary of_float, IntUnary of_int) {
  return [=](ReferenceArgs& args) {
    const RefTensor& x = args.inputs[0];
    RefTensor& y = args.outputs[0];
    for (size_t k = 0; k < x.f.size(); ++k) y.f[k] = of_float(x.f[k]);
    for (size_t k = 0; k < x.i.size(); ++k) y.i[k] = scalar::WrapInteger(y.dtype, of_int(x.i[k]));
    return absl::OkStatus();
  };
}

ReferenceFn BinaryReference(DoubleBinary of_float, IntBinary of_int) {
  return [=](ReferenceArgs& args) {
    const RefTensor &a = args.inputs[0], &b = args.inputs[1];
    RefTensor& y = args.outputs[0];
    const std::vector<int64_t> at = IndexOf(args, 0), bt = IndexOf(args, 1);
    for (size_t k = 0; k < at.size(); ++k) {
      if (y.is_float()) {
        y.f[k] = of_float(a.f[at[k]], b.f[bt[k]]);
      } else {
        y.i[k] = scalar::WrapInteger(y.dtype, of_int(a.i[at[k]], b.i[bt[k]]));
      }
    }
    return absl::OkStatus();
  };
}

ReferenceFn ComparisonReference(bool (*of_float)(double, double), bool (*of_int)(int64_t, int64_t)) {
  return [=](ReferenceArgs& args) {
    const RefTensor &a = args.inputs[0], &b = args.inputs[1];
    const std::vector<int64_t> at = IndexOf(args, 0), bt = IndexOf(args, 1);
    for (size_t k = 0; k < at.size(); ++k) {
      args.outputs[0].i[k] = a.is_float() ? of_float(a.f[at[k]], b.f[bt[k]]) : of_int(a.i[at[k]], b.i[bt[k]]);
    }
    return absl::OkStatus();
  };
}

ReferenceFn PredicateReference(bool (*of_float)(double)) {
  return [=](ReferenceArgs& args) {
    const RefTensor& x = args.inputs[0];
    for (size_t k = 0; k < x.f.size(); ++k) args.outputs[0].i[k] = of_float(x.f[k]);
    return absl::OkStatus();
  };
}

ReferenceFn ClipReference() {
  return [](ReferenceArgs& args) {
    const double low = args.attrs.Float("min"), high = args.attrs.Float("max");
    const RefTensor& x = args.inputs[0];
    RefTensor& y = args.outputs[0];
    const int64_t int_low = scalar::IntegerFromDouble(y.dtype, low);
    const int64_t int_high = scalar::IntegerFromDouble(y.dtype, high);
    for (size_t k = 0; k < x.f.size(); ++k) y.f[k] = scalar::Minimum(scalar::Maximum(x.f[k], low), high);
    for (size_t k = 0; k < x.i.size(); ++k) y.i[k] = scalar::Minimum(scalar::Maximum(x.i[k], int_low), int_high);
    return absl::OkStatus();
  };
}

ReferenceFn SelectReference() {
  return [](ReferenceArgs& args) {
    const std::vector<int64_t> ct = IndexOf(args, 0), at = IndexOf(args, 1), bt = IndexOf(args, 2);
    RefTensor& y = args.outputs[0];
    for (size_t k = 0; k < ct.size(); ++k) {
      const bool yes = args.inputs[0].i[ct[k]] != 0;
      const RefTensor& from = args.inputs[yes ? 1 : 2];
      const int64_t index = yes ? at[k] : bt[k];
      if (y.is_float()) {
        y.f[k] = from.f[index];
      } else {
        y.i[k] = from.i[index];
      }
    }
    return absl::OkStatus();
  };
}

ReferenceFn CastReference() {
  return [](ReferenceArgs& args) {
    const RefTensor& x = args.inputs[0];
    RefTensor& y = args.outputs[0];
    for (int64_t k = 0; k < x.size(); ++k) {
      if (x.is_float() && y.is_float()) {
        y.f[k] = x.f[k];  // rounded by whoever stores it
      } else if (x.is_float()) {
        y.i[k] = scalar::IntegerFromDouble(y.dtype, x.f[k]);
      } else if (y.dtype == DType::kFloat32) {
        y.f[k] = static_cast<float>(x.i[k]);  // by way of double, a large int64 would be rounded twice
      } else if (y.is_float()) {
        y.f[k] = static_cast<double>(x.i[k]);
      } else {
        y.i[k] = scalar::WrapInteger(y.dtype, x.i[k]);
      }
    }
    return absl::OkStatus();
  };
}

ReferenceFn ProgramReference() {
  return [](ReferenceArgs& args) {
    return RunBodyReference(*args.attrs.Function("body"), args.inputs, args.outputs[0].dims, args.outputs);
  };
}

}  // namespace weft
