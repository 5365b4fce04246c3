#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_set.h"
#include "core/sha256.h"
#include "core/status.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "graph/ir/verifier.h"
#include "graph/proto/format.h"
#include "graph/proto/graph.pb.h"
#include "graph/proto/module_file.h"
#include "graph/proto/origin_table.h"

namespace weft {
namespace {

constexpr char kProducer[] = "weft 0.1";

class Encoder {
 public:
  // `provenance`: origins are written.
  Encoder(const Module& module, bool provenance, proto::Module* out)
      : module_(module), out_(out), origins_(out), provenance_(provenance) {}

  absl::Status Encode() {
    CollectOps();
    for (const auto& [name, version] : ops_) {
      proto::Op* op = out_->add_ops();
      op->set_name(name);
      op->set_version(static_cast<uint32_t>(version.version));
    }
    for (const VariableDecl& variable : module_.variables()) {
      proto::Variable* to = out_->add_variables();
      to->set_name(variable.name);
      to->set_type(variable.type.ToString());
      to->set_trainable(variable.trainable);
      to->set_kind(variable.kind);
    }
    for (const auto& [name, graph] : module_.functions()) {
      proto::Function* to = out_->add_functions();
      to->set_name(name);
      WEFT_RETURN_IF_ERROR(EncodeFunction(*graph, 0, to));
    }
    return absl::OkStatus();
  }

 private:
  struct OpUse {
    int version = 0;
    uint32_t index = 0;
  };

  void CollectOps() {
    std::vector<const Graph*> stack;
    absl::flat_hash_set<const Graph*> seen;
    for (const auto& [name, graph] : module_.functions()) stack.push_back(graph.get());
    while (!stack.empty()) {
      const Graph* graph = stack.back();
      stack.pop_back();
      if (!seen.insert(graph).second) continue;
      for (const Node& node : graph->nodes()) {
        ops_[node.op->name].version = node.op->version;
        for (const AttrMap::Entry& entry : node.attrs->entries()) {
          if (const GraphPtr* body = std::get_if<GraphPtr>(&entry.second)) stack.push_back(body->get());
        }
      }
    }
    uint32_t index = 0;
    for (auto& [name, use] : ops_) use.index = index++;
  }

  // Counts what is about to be copied, so that a module too large fails before it takes the memory.
  absl::Status Spend(size_t bytes) {
    bytes_ += static_cast<int64_t>(bytes) + 1;
    if (bytes_ <= kMaxGraphBytes) return absl::OkStatus();
    return InvalidArgument("the module has more than ", kMaxGraphBytes,
                           " bytes: constants are part of the graph file; make the large ones variables");
  }

  absl::Status EncodeFunction(const Graph& graph, int depth, proto::Function* out) {
    if (depth > kMaxBodyDepth) return Internal("bodies are nested deeper than ", kMaxBodyDepth);
    for (const Node& node : graph.nodes()) {
      proto::Node* to = out->add_nodes();
      to->set_op(ops_[node.op->name].index);
      WEFT_RETURN_IF_ERROR(Spend(4 * node.inputs.size()));
      for (ValueId value : node.inputs) to->add_inputs(static_cast<uint32_t>(value));
      for (const AttrMap::Entry& entry : node.attrs->entries()) {
        proto::Attribute* attribute = to->add_attributes();
        attribute->set_name(entry.first);
        WEFT_RETURN_IF_ERROR(EncodeAttribute(entry.second, depth, attribute));
      }
      for (int i = 0; i < node.num_outputs; ++i) {
        to->add_types(graph.type(node.first_output + i).ToString());
        WEFT_RETURN_IF_ERROR(Spend(to->types(i).size()));
      }
      if (provenance_) to->set_origin(origins_.Reference(node.origin));
    }
    for (const Graph::Output& output : graph.outputs()) {
      proto::Output* to = out->add_outputs();
      to->set_name(output.name);
      to->set_value(static_cast<uint32_t>(output.value));
    }
    for (const Graph::Update& update : graph.updates()) {
      proto::Update* to = out->add_updates();
      to->set_variable(update.variable);
      to->set_value(static_cast<uint32_t>(update.value));
    }
    return absl::OkStatus();
  }

  absl::Status EncodeAttribute(const AttrValue& value, int depth, proto::Attribute* out) {
    switch (KindOf(value)) {
      case AttrKind::kBool:
        out->set_bool_value(std::get<bool>(value));
        return absl::OkStatus();
      case AttrKind::kInt:
        out->set_int_value(std::get<int64_t>(value));
        return absl::OkStatus();
      case AttrKind::kFloat:
        out->set_float_value(std::get<double>(value));
        return absl::OkStatus();
      case AttrKind::kString:
        WEFT_RETURN_IF_ERROR(Spend(std::get<std::string>(value).size()));
        out->set_string_value(std::get<std::string>(value));
        return absl::OkStatus();
      case AttrKind::kInts: {
        const auto& values = std::get<std::vector<int64_t>>(value);
        WEFT_RETURN_IF_ERROR(Spend(values.size()));
        out->mutable_ints_value()->mutable_values()->Add(values.begin(), values.end());
        return absl::OkStatus();
      }
      case AttrKind::kFloats: {
        const auto& values = std::get<std::vector<double>>(value);
        WEFT_RETURN_IF_ERROR(Spend(8 * values.size()));
        out->mutable_floats_value()->mutable_values()->Add(values.begin(), values.end());
        return absl::OkStatus();
      }
      case AttrKind::kDType:
        out->set_dtype_value(static_cast<proto::DType>(std::get<DType>(value)));
        return absl::OkStatus();
      case AttrKind::kShape:
        out->set_shape_value(std::get<Shape>(value).ToString());
        return absl::OkStatus();
      case AttrKind::kType:
        out->set_type_value(std::get<TensorType>(value).ToString());
        return absl::OkStatus();
      case AttrKind::kTensor: {
        const weft::Tensor& tensor = std::get<weft::Tensor>(value);
        WEFT_RETURN_IF_ERROR(Spend(static_cast<size_t>(tensor.num_bytes())));
        proto::Tensor* to = out->mutable_tensor_value();
        to->set_dtype(static_cast<proto::DType>(tensor.dtype()));
        for (int64_t dim : tensor.dims()) to->add_dims(static_cast<uint64_t>(dim));
        to->set_data(tensor.raw(), static_cast<size_t>(tensor.num_bytes()));
        return absl::OkStatus();
      }
      case AttrKind::kFunction:
        return EncodeFunction(*std::get<GraphPtr>(value), depth + 1, out->mutable_function_value());
    }
    return Internal("an attribute of unknown kind");
  }

  const Module& module_;
  proto::Module* const out_;
  OriginWriter origins_;
  const bool provenance_;
  absl::btree_map<std::string, OpUse> ops_;
  int64_t bytes_ = 0;
};

absl::StatusOr<std::string> Bytes(const proto::Module& module) {
  const size_t size = module.ByteSizeLong();
  if (size > static_cast<size_t>(kMaxGraphBytes)) {
    return InvalidArgument("the module has ", size, " bytes, expected at most ", kMaxGraphBytes);
  }
  std::string bytes;
  bytes.reserve(size);
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    if (!module.SerializeToCodedStream(&coded)) return Internal("the module could not be written");
  }
  return bytes;
}

}  // namespace

absl::StatusOr<std::string> SerializeModule(const Module& module, const SerializeOptions& options) {
  const absl::Status plain = Verify(module, {.allow_fused = false, .allow_layouts = false});
  if (!plain.ok()) {
    if (!options.dump) return plain;
    WEFT_RETURN_IF_ERROR(Verify(module));
  }
  proto::Module out;
  out.set_magic(kMagic);
  out.mutable_version()->set_format(kGraphFormat);
  out.mutable_version()->set_min_reader(1);
  out.mutable_version()->set_producer(kProducer);
  out.set_not_loadable(!plain.ok());
  for (const WeightFile& file : options.weights) {
    proto::WeightFile* to = out.add_weights();
    to->set_name(file.name);
    to->set_size(static_cast<uint64_t>(file.size));
    to->set_sha256(file.sha256);
  }
  for (const auto& [key, value] : module.metadata()) {
    proto::Metadata* to = out.add_metadata();
    to->set_key(key);
    to->set_value(value);
  }
  WEFT_RETURN_IF_ERROR(Encoder(module, /*provenance=*/true, &out).Encode());
  return Bytes(out);
}

std::string Fingerprint(const Module& module) {
  proto::Module out;
  if (!Encoder(module, /*provenance=*/false, &out).Encode().ok()) return "";
  const absl::StatusOr<std::string> bytes = Bytes(out);
  if (!bytes.ok()) return "";
  Sha256 hash;
  hash.Update("weft fingerprint 1\n");
  hash.Update(*bytes);
  return hash.FinishHex();
}

}  // namespace weft
