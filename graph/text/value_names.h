// Names of a graph's values, as texts and drawings show them.
#ifndef WEFT_GRAPH_TEXT_VALUE_NAMES_H_
#define WEFT_GRAPH_TEXT_VALUE_NAMES_H_

#include <string>
#include <vector>

#include "graph/ir/graph.h"

namespace weft {

// One name a value, all different, of the characters [A-Za-z0-9_.]: that of the input or variable ('/' becomes '.'),
// else that of the op; further ones of the same name get .1, .2 ... behind it, in the order of the values.
std::vector<std::string> ValueNames(const Graph& graph);

}  // namespace weft

#endif  // WEFT_GRAPH_TEXT_VALUE_NAMES_H_
