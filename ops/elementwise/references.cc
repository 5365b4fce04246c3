#include "ops/elementwise/references.h"

#include <utility>
#include <vector>

#include "core/status.h"
#include "graph/exec/reference.h"
#include "ops/elementwise/body.h"
#include "ops/elementwise/broadcast.h"
#include "ops/elementwise/infer.h"
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
  return [](ReferenceArgs& args) -> absl::Status {
    const Graph& body = *args.attrs.Function("body");
    const Dims dims = ProgramDims(args.outputs[0].dims, args.attrs);
    const int64_t joined = JoinedOutputs(args.attrs);
    if (joined == 0) return RunBodyReference(body, args.inputs, dims, args.outputs);
    std::vector<RefTensor> parts(body.outputs().size());
    for (size_t k = 0; k < parts.size(); ++k) parts[k].dtype = body.type(body.outputs()[k].value).dtype;
    WEFT_RETURN_IF_ERROR(RunBodyReference(body, args.inputs, dims, absl::MakeSpan(parts)));
    const size_t first = parts.size() - static_cast<size_t>(joined);
    for (size_t k = 0; k < first; ++k) args.outputs[k] = std::move(parts[k]);
    RefTensor& y = args.outputs[first];
    const int64_t width = dims.back();
    for (size_t k = first; k < parts.size(); ++k) {
      const int64_t at = static_cast<int64_t>(k - first) * width;
      for (int64_t i = 0; i < parts[k].size(); ++i) {
        const int64_t to = i / width * joined * width + at + i % width;
        y.is_float() ? y.f[to] = parts[k].f[i] : y.i[to] = parts[k].i[i];
      }
    }
    return absl::OkStatus();
  };
}

}  // namespace weft
