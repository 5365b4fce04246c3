#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "core/status.h"
#include "graph/ir/builder.h"
#include "graph/ir/verifier.h"
#include "graph/proto/format.h"
#include "graph/proto/graph.pb.h"
#include "graph/proto/module_file.h"
#include "graph/proto/origin_table.h"
#include "graph/text/record_errors.h"

namespace weft {
namespace {

constexpr int kMaxResults = 1 << 14;  // outputs and updates of a function

// Names in errors, from files: of any length and any bytes.
std::string Shown(absl::string_view name) {
  return absl::StrCat("'", absl::Utf8SafeCHexEscape(name.substr(0, 100)), name.size() > 100 ? "..." : "", "'");
}

absl::StatusOr<DType> DTypeFrom(int value) {
  constexpr DType kAll[] = {
#define WEFT_LIST_DTYPE(id, name, type) DType::id,
      WEFT_FOR_EACH_DTYPE(WEFT_LIST_DTYPE)
#undef WEFT_LIST_DTYPE
  };
  for (DType dtype : kAll) {
    if (static_cast<int>(dtype) == value) return dtype;
  }
  return InvalidArgument("unknown dtype ", value);
}

// Only the normal form is taken: it bounds what a short text can stand for.
absl::StatusOr<TensorType> TypeFrom(const std::string& text) {
  WEFT_ASSIGN_OR_RETURN(TensorType type, TensorType::Parse(text));
  if (type.ToString() != text) return InvalidArgument("type ", Shown(text), " is not in normal form");
  return type;
}

absl::StatusOr<Shape> ShapeFrom(const std::string& text) {
  WEFT_ASSIGN_OR_RETURN(Shape shape, Shape::Parse(text));
  if (shape.ToString() != text) return InvalidArgument("shape ", Shown(text), " is not in normal form");
  return shape;
}

absl::StatusOr<Tensor> TensorFrom(const proto::Tensor& from) {
  WEFT_ASSIGN_OR_RETURN(const DType dtype, DTypeFrom(from.dtype()));
  if (from.dims_size() > kMaxRank) return InvalidArgument("a tensor of rank ", from.dims_size());
  Dims dims;
  for (uint64_t dim : from.dims()) {
    if (dim > static_cast<uint64_t>(kMaxElements)) return InvalidArgument("a tensor with a dim of ", dim);
    dims.push_back(static_cast<int64_t>(dim));
  }
  return Tensor::FromBytes(dtype, dims, from.data().data(), from.data().size());
}

class Decoder {
 public:
  Decoder(const proto::Module& from, int64_t bytes, const OpRegistry& registry, const DeserializeOptions& options)
      : from_(from), registry_(registry), options_(options), operand_text_limit_((int64_t{1} << 20) + 16 * bytes) {}

  absl::StatusOr<std::shared_ptr<const Module>> Decode() {
    WEFT_RETURN_IF_ERROR(FindOps());
    WEFT_ASSIGN_OR_RETURN(origins_, ReadOrigins(from_));
    auto module = std::make_shared<Module>(registry_);
    for (const proto::Metadata& entry : from_.metadata()) {
      if (!module->metadata().emplace(entry.key(), entry.value()).second) {
        return InvalidArgument("metadata ", Shown(entry.key()), " is given twice");
      }
    }
    for (const proto::Variable& variable : from_.variables()) {
      VariableDecl decl;
      decl.name = variable.name();
      absl::StatusOr<TensorType> type = TypeFrom(variable.type());
      if (!type.ok()) return Annotate(type.status(), absl::StrCat("variable ", Shown(variable.name())));
      decl.type = *std::move(type);
      decl.trainable = variable.trainable();
      decl.kind = variable.kind();
      WEFT_RETURN_IF_ERROR(module->AddVariable(std::move(decl)));
    }
    for (const proto::Function& function : from_.functions()) {
      absl::StatusOr<GraphPtr> graph = DecodeFunction(function, module.get(), 0);
      if (!graph.ok()) return Annotate(graph.status(), absl::StrCat("function ", Shown(function.name())));
      WEFT_RETURN_IF_ERROR(module->AddFunction(function.name(), *std::move(graph)));
    }
    WEFT_RETURN_IF_ERROR(Verify(*module, {.allow_fused = options_.allow_fused, .allow_layouts = options_.allow_fused}));
    return module;
  }

 private:
  absl::Status FindOps() {
    for (const proto::Op& op : from_.ops()) {
      const OpDef* def = registry_.Find(op.name());
      if (def == nullptr) {
        const std::string nearest = registry_.NearestOp(op.name());
        return Unimplemented("unknown op ", Shown(op.name()),
                             nearest.empty() ? "" : absl::StrCat("; the nearest known one is '", nearest, "'"));
      }
      if (op.version() != static_cast<uint32_t>(def->version)) {
        return Unimplemented("op ", Shown(op.name()), " has version ", op.version(), " in the file, known is version ",
                             def->version,
                             op.version() > static_cast<uint32_t>(def->version)
                                 ? ": the file was written by a newer Weft"
                                 : ": its meaning has changed since the file was written");
      }
      if (def->is_fused && !options_.allow_fused) {
        return InvalidArgument("op ", Shown(op.name()),
                               " is made by the optimizer only: this is a dump and cannot be loaded");
      }
      ops_.push_back(def);
    }
    return absl::OkStatus();
  }

  // Bodies are decoded by recursion, at most kMaxBodyDepth deep.
  absl::StatusOr<GraphPtr> DecodeFunction(const proto::Function& from, const Module* module, int depth) {
    if (depth > kMaxBodyDepth) return InvalidArgument("bodies are nested deeper than ", kMaxBodyDepth);
    GraphBuilder builder(registry_, module);
    std::vector<int64_t> type_text;  // by value: characters of its type
    for (int i = 0; i < from.nodes_size(); ++i) {
      const proto::Node& node = from.nodes(i);
      if (node.op() >= ops_.size()) return InvalidArgument("node ", i, ": op ", node.op(), " of ", ops_.size());
      const absl::Status decoded = DecodeNode(node, *ops_[node.op()], depth, &builder, &type_text);
      if (!decoded.ok()) return Annotate(decoded, absl::StrCat("node ", i, " (", ops_[node.op()]->name, ")"));
    }
    if (from.outputs_size() > kMaxResults || from.updates_size() > kMaxResults) {
      return InvalidArgument("more than ", kMaxResults, " outputs or updates");
    }
    for (const proto::Output& output : from.outputs()) {
      WEFT_ASSIGN_OR_RETURN(const Value value, ValueOf(output.value(), &builder));
      builder.Output(output.name(), value);
    }
    for (const proto::Update& update : from.updates()) {
      WEFT_ASSIGN_OR_RETURN(const Value value, ValueOf(update.value(), &builder));
      builder.Update(update.variable(), value, kNowhere);
    }
    if (!builder.status().ok()) return WithoutNowhere(builder.status());
    return builder.Build();
  }

  static absl::StatusOr<Value> ValueOf(uint32_t id, GraphBuilder* builder) {
    if (id >= static_cast<uint32_t>(builder->graph().num_values())) {
      return InvalidArgument("value ", id, " is not defined before it is used");
    }
    return builder->value(static_cast<ValueId>(id));
  }

  absl::Status DecodeNode(const proto::Node& from, const OpDef& op, int depth, GraphBuilder* builder,
                          std::vector<int64_t>* type_text) {
    if (from.origin() >= origins_.size()) return InvalidArgument("origin ", from.origin(), " of ", origins_.size() - 1);
    builder->set_origin(origins_[from.origin()]);
    std::vector<Value> inputs;
    int64_t operand_text = 0;
    for (uint32_t id : from.inputs()) {
      WEFT_ASSIGN_OR_RETURN(const Value value, ValueOf(id, builder));
      inputs.push_back(value);
      // An error of the op lists the types of all operands.
      operand_text += (*type_text)[id];
      if (operand_text > operand_text_limit_) return InvalidArgument("the operands' types are too large for the file");
    }
    WEFT_ASSIGN_OR_RETURN(AttrMap attributes, DecodeAttributes(from, depth));
    const int nodes = builder->graph().num_nodes();
    std::vector<Value> values;
    if (op.name == kInputOp || op.name == kVariableOp) {
      WEFT_ASSIGN_OR_RETURN(values, DecodeSource(op, attributes, inputs, builder));
    } else {
      values = builder->Record(op.name, inputs, std::move(attributes), kNowhere, std::max(from.types_size(), 1));
    }
    if (!builder->status().ok()) return WithoutNowhere(builder->status());
    if (builder->graph().num_nodes() == nodes) return InvalidArgument("the variable is read already");
    if (static_cast<int>(values.size()) != from.types_size()) {
      return InvalidArgument("stored are ", from.types_size(), " results, the op gives ", values.size());
    }
    for (int i = 0; i < from.types_size(); ++i) {
      const std::string inferred = values[i].type().ToString();
      if (inferred != from.types(i)) {
        return InvalidArgument("result ", i, " is stored as ", Shown(from.types(i)), ", the op gives ", inferred);
      }
      type_text->push_back(static_cast<int64_t>(inferred.size()));
    }
    return absl::OkStatus();
  }

  // input and variable have calls of their own.
  static absl::StatusOr<std::vector<Value>> DecodeSource(const OpDef& op, const AttrMap& attributes,
                                                         absl::Span<const Value> inputs, GraphBuilder* builder) {
    const AttrValue *name = attributes.Find("name"), *type = attributes.Find("type");
    if (!inputs.empty() || attributes.entries().size() != 2 || name == nullptr || type == nullptr ||
        KindOf(*name) != AttrKind::kString || KindOf(*type) != AttrKind::kType) {
      return InvalidArgument("expected the attributes name and type, and no operands");
    }
    const std::string& text = std::get<std::string>(*name);
    const TensorType& of = std::get<TensorType>(*type);
    if (op.name == kInputOp) return std::vector<Value>{builder->Input(text, of, kNowhere)};
    return std::vector<Value>{builder->Variable(text, of, kNowhere)};
  }

  absl::StatusOr<AttrMap> DecodeAttributes(const proto::Node& node, int depth) {
    std::vector<AttrMap::Entry> entries;
    for (const proto::Attribute& attribute : node.attributes()) {
      if (!entries.empty() && attribute.name() <= entries.back().first) {
        return InvalidArgument("attribute ", Shown(attribute.name()), " is not in alphabetical order");
      }
      absl::StatusOr<AttrValue> value = DecodeAttribute(attribute, depth);
      if (!value.ok()) return Annotate(value.status(), absl::StrCat("attribute ", Shown(attribute.name())));
      entries.emplace_back(attribute.name(), *std::move(value));
    }
    return AttrMap(std::move(entries));
  }

  template <typename T>
  static absl::StatusOr<AttrValue> Wrap(absl::StatusOr<T> value) {
    if (!value.ok()) return value.status();
    return AttrValue(*std::move(value));
  }

  absl::StatusOr<AttrValue> DecodeAttribute(const proto::Attribute& from, int depth) {
    switch (from.value_case()) {
      case proto::Attribute::kBoolValue:
        return AttrValue(from.bool_value());
      case proto::Attribute::kIntValue:
        return AttrValue(int64_t{from.int_value()});
      case proto::Attribute::kFloatValue:
        return AttrValue(from.float_value());
      case proto::Attribute::kStringValue:
        return AttrValue(from.string_value());
      case proto::Attribute::kIntsValue:
        return AttrValue(std::vector<int64_t>(from.ints_value().values().begin(), from.ints_value().values().end()));
      case proto::Attribute::kFloatsValue:
        return AttrValue(std::vector<double>(from.floats_value().values().begin(), from.floats_value().values().end()));
      case proto::Attribute::kDtypeValue:
        return Wrap(DTypeFrom(from.dtype_value()));
      case proto::Attribute::kShapeValue:
        return Wrap(ShapeFrom(from.shape_value()));
      case proto::Attribute::kTypeValue:
        return Wrap(TypeFrom(from.type_value()));
      case proto::Attribute::kTensorValue:
        return Wrap(TensorFrom(from.tensor_value()));
      case proto::Attribute::kFunctionValue:
        if (!from.function_value().name().empty()) return InvalidArgument("a body has no name");
        return Wrap(DecodeFunction(from.function_value(), nullptr, depth + 1));
      case proto::Attribute::VALUE_NOT_SET:
        break;
    }
    return InvalidArgument("it has no value, or one of an unknown kind");
  }

  const proto::Module& from_;
  const OpRegistry& registry_;
  const DeserializeOptions options_;
  const int64_t operand_text_limit_;
  std::vector<const OpDef*> ops_;
  std::vector<OriginPtr> origins_;
};

}  // namespace

absl::StatusOr<ModuleFile> ReadModuleFile(absl::string_view bytes, const OpRegistry& registry,
                                          const DeserializeOptions& options) {
  constexpr int64_t kMost = int64_t{1} << 30;  // a message cannot be larger than 2^31
  const int64_t limit = std::min(options.max_bytes, kMost);
  if (static_cast<int64_t>(bytes.size()) > limit) {
    return InvalidArgument("a module file of ", bytes.size(), " bytes, expected at most ", limit);
  }
  if (!absl::StartsWith(bytes, kMagicBytes)) {
    return InvalidArgument("no Weft module: it does not begin with the bytes 0d 57 45 46 54");
  }
  proto::Module from;
  if (!from.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return InvalidArgument("a damaged Weft module: its ", bytes.size(), " bytes are no protocol buffer");
  }
  ModuleFile file;
  file.producer = from.version().producer();
  if (from.magic() != kMagic || from.version().format() < 1 || from.version().min_reader() < 1) {
    return InvalidArgument("a damaged Weft module: it has no format version");
  }
  if (from.version().min_reader() > kGraphFormat) {
    return Unimplemented("the module was written by ", Shown(file.producer), " in format ", from.version().format(),
                         " and needs a reader of format ", from.version().min_reader(), "; this one reads format ",
                         kGraphFormat);
  }
  if (from.not_loadable() && !options.allow_fused) {
    return InvalidArgument("this is a dump of an optimized module, to look at; load the module that was recorded");
  }
  file.not_loadable = from.not_loadable();
  for (const proto::WeightFile& weights : from.weights()) {
    if (weights.size() > static_cast<uint64_t>(INT64_MAX)) return InvalidArgument("a weight file of impossible size");
    file.weights.push_back({weights.name(), static_cast<int64_t>(weights.size()), weights.sha256()});
  }
  WEFT_ASSIGN_OR_RETURN(file.module, Decoder(from, static_cast<int64_t>(bytes.size()), registry, options).Decode());
  return file;
}

absl::StatusOr<std::shared_ptr<const Module>> DeserializeModule(absl::string_view bytes, const OpRegistry& registry,
                                                                const DeserializeOptions& options) {
  WEFT_ASSIGN_OR_RETURN(ModuleFile file, ReadModuleFile(bytes, registry, options));
  return file.module;
}

}  // namespace weft
