// Other views of graphs and modules, for tools: they are written and not read back.
#ifndef WEFT_GRAPH_TEXT_DUMP_H_
#define WEFT_GRAPH_TEXT_DUMP_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "graph/ir/graph.h"
#include "graph/ir/module.h"

namespace weft {

// For Graphviz (dot -Tsvg). One box a node, values as edges labelled with their type, bodies as clusters. The same
// graph gives the same text.
std::string ToDot(const Graph& graph, absl::string_view title = "graph");

struct JsonOptions {
  int indent = 2;                    // -1: everything on one line
  int64_t max_tensor_elements = 64;  // of larger tensors only dtype and dims; -1: all in full
};
// {"metadata": {..}, "variables": [..], "functions": [{"name", "nodes": [{"op", "version", "inputs", "outputs",
// "attributes", "origin"}], "outputs", "updates"}]}. Values have the names of the text form; floats that JSON cannot
// hold are strings ("nan", "-inf"); bytes that are not UTF-8 are shown as U+FFFD.
std::string ToJson(const Module& module, const JsonOptions& options = {});

// For people: variables with types and bytes, functions with their inputs, outputs, updates and op counts.
std::string Summary(const Module& module);

}  // namespace weft

#endif  // WEFT_GRAPH_TEXT_DUMP_H_
