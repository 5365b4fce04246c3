#include "nlohmann/json.hpp"

#include <cmath>
#include <vector>

#include "graph/text/dump.h"
#include "graph/text/literal.h"
#include "graph/text/value_names.h"

namespace weft {
namespace {

using Json = nlohmann::ordered_json;

std::string StringOf(absl::string_view text) { return std::string(text.data(), text.size()); }

// JSON has no NaN and no infinity.
Json FloatJson(double value) {
  if (std::isfinite(value)) return value;
  std::string text;
  AppendFloat(value, &text);
  return text;
}

class JsonWriter {
 public:
  explicit JsonWriter(const JsonOptions& options) : options_(options) {}

  Json Function(const Graph& graph) const {
    const std::vector<std::string> names = ValueNames(graph);
    Json nodes = Json::array();
    for (const Node& node : graph.nodes()) {
      Json json = {{"op", node.op->name}, {"version", node.op->version}};
      json["inputs"] = Json::array();
      for (ValueId value : node.inputs) json["inputs"].push_back(names[value]);
      json["outputs"] = Json::array();
      for (ValueId value = node.first_output; value < node.first_output + node.num_outputs; ++value) {
        json["outputs"].push_back({{"name", names[value]}, {"type", graph.type(value).ToString()}});
      }
      json["attributes"] = Json::object();
      for (const AttrMap::Entry& entry : node.attrs->entries())
        json["attributes"][entry.first] = Attribute(entry.second);
      if (node.origin != nullptr) json["origin"] = node.origin->ToString();
      nodes.push_back(std::move(json));
    }
    Json outputs = Json::array(), updates = Json::array();
    for (const Graph::Output& output : graph.outputs()) {
      outputs.push_back({{"name", output.name}, {"value", names[output.value]}});
    }
    for (const Graph::Update& update : graph.updates()) {
      updates.push_back({{"variable", update.variable}, {"value", names[update.value]}});
    }
    return {{"nodes", std::move(nodes)}, {"outputs", std::move(outputs)}, {"updates", std::move(updates)}};
  }

 private:
  Json TensorJson(const Tensor& tensor) const {
    Json json = {{"dtype", StringOf(Name(tensor.dtype()))}, {"dims", Json::array()}};
    for (int64_t dim : tensor.dims()) json["dims"].push_back(dim);
    if (options_.max_tensor_elements >= 0 && tensor.num_elements() > options_.max_tensor_elements) return json;
    Json values = Json::array();
    for (int64_t i = 0; i < tensor.num_elements(); ++i) {
      DispatchDType(tensor.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T value = tensor.data<T>()[i];
        if constexpr (std::is_same_v<T, float>) {
          // As a double it would be written with the digits that tell doubles apart.
          std::string text;
          AppendFloat(value, &text);
          double same = 0;
          values.push_back(std::isfinite(value) && ParseFloat(text, &same) ? Json(same) : Json(text));
        } else if constexpr (std::is_same_v<T, double>) {
          values.push_back(FloatJson(value));
        } else {
          values.push_back(value);
        }
      });
    }
    json["values"] = std::move(values);
    return json;
  }

  Json Attribute(const AttrValue& value) const {
    switch (KindOf(value)) {
      case AttrKind::kBool:
        return std::get<bool>(value);
      case AttrKind::kInt:
        return std::get<int64_t>(value);
      case AttrKind::kFloat:
        return FloatJson(std::get<double>(value));
      case AttrKind::kString:
        return std::get<std::string>(value);
      case AttrKind::kInts:
        return std::get<std::vector<int64_t>>(value);
      case AttrKind::kFloats: {
        Json list = Json::array();
        for (double f : std::get<std::vector<double>>(value)) list.push_back(FloatJson(f));
        return list;
      }
      case AttrKind::kDType:
        return StringOf(Name(std::get<DType>(value)));
      case AttrKind::kShape:
        return std::get<Shape>(value).ToString();
      case AttrKind::kType:
        return std::get<TensorType>(value).ToString();
      case AttrKind::kTensor:
        return TensorJson(std::get<Tensor>(value));
      case AttrKind::kFunction:
        return Function(*std::get<GraphPtr>(value));
    }
    return nullptr;
  }

  const JsonOptions options_;
};

}  // namespace

std::string ToJson(const Module& module, const JsonOptions& options) {
  Json json = {{"metadata", Json::object()}, {"variables", Json::array()}, {"functions", Json::array()}};
  for (const auto& [key, value] : module.metadata()) json["metadata"][key] = value;
  for (const VariableDecl& variable : module.variables()) {
    json["variables"].push_back({{"name", variable.name},
                                 {"type", variable.type.ToString()},
                                 {"trainable", variable.trainable},
                                 {"kind", variable.kind}});
  }
  const JsonWriter writer(options);
  for (const auto& [name, graph] : module.functions()) {
    Json function = {{"name", name}};
    function.update(writer.Function(*graph));
    json["functions"].push_back(std::move(function));
  }
  // "replace": the default would throw for a name that is not UTF-8.
  return json.dump(options.indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace weft
