// weft: looks into saved modules.
//
//   weft inspect FILE [--function=NAME] [--stage=recorded|optimized|planned] [--format=summary|text|json|dot]
//   weft explain FILE [--function=NAME]
//
// FILE is what SaveModule or Sequential::Save wrote: a folder or a single file.

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "core/cli/help.h"
#include "core/status.h"
#include "graph/exec/program.h"
#include "graph/passes/pipeline.h"
#include "graph/proto/saved_module.h"
#include "graph/text/dump.h"
#include "graph/text/text.h"
#include "nlohmann/json.hpp"
#include "ops/all_ops.h"

ABSL_FLAG(std::string, function, "", "only this function of the module (predict, train_step ...); empty: all");
ABSL_FLAG(std::string, stage, "recorded",
          "recorded: as saved; optimized: after the passes; planned: the kernels as they run, and their memory");
ABSL_FLAG(std::string, format, "summary",
          "summary, text (parses back if recorded), json, or dot (for Graphviz: dot -Tsvg)");
ABSL_FLAG(bool, origins, false, "text: show layer and file:line of each node");
ABSL_FLAG(int64_t, batch, 64, "planned: the value of symbolic dims");
ABSL_FLAG(int, threads, 0, "optimized, planned: compile for so many threads; 0: all processors");
ABSL_FLAG(std::string, isa, "", "optimized, planned: baseline, avx2 or avx512; empty: the best there is");

namespace weft {
namespace {

using ModulePtr = std::shared_ptr<const Module>;

absl::StatusOr<Target> MakeTarget() {
  const int threads = absl::GetFlag(FLAGS_threads);
  if (threads < 0 || threads > 1024) {
    return InvalidArgument("--threads must be 0 (all processors) or 1 to 1024, received ", threads);
  }
  Target target = Target::Host(threads);
  if (absl::GetFlag(FLAGS_isa).empty()) return target;
  absl::StatusOr<Isa> isa = ParseIsa(absl::GetFlag(FLAGS_isa));
  if (!isa.ok()) return Annotate(isa.status(), "--isa");
  target.isa = *isa;
  return target;
}

std::vector<std::string> FunctionNames(const Module& module) {
  std::vector<std::string> names;
  for (const auto& [name, unused] : module.functions()) names.push_back(name);
  return names;
}

// The module with the one function that was asked for, and the variables that it uses.
absl::StatusOr<ModulePtr> SelectFunction(ModulePtr module) {
  const std::string name = absl::GetFlag(FLAGS_function);
  if (name.empty()) return module;
  const GraphPtr graph = module->FindFunction(name);
  if (graph == nullptr) {
    return NotFound("--function=", name, ": the module has ", absl::StrJoin(FunctionNames(*module), ", "));
  }
  absl::flat_hash_set<std::string> used;
  for (const Node& node : graph->nodes()) {
    if (IsVariable(node)) used.insert(node.attrs->String("name"));
  }
  for (const Graph::Update& update : graph->updates()) used.insert(update.variable);
  auto selected = std::make_shared<Module>(module->registry());
  for (const VariableDecl& variable : module->variables()) {
    if (used.contains(variable.name)) WEFT_RETURN_IF_ERROR(selected->AddVariable(variable));
  }
  WEFT_RETURN_IF_ERROR(selected->AddFunction(name, graph));
  return selected;
}

// Every symbol in the inputs of a function, bound to --batch.
SymbolBindings Bindings(const Graph& graph) {
  SymbolBindings bindings;
  for (ValueId input : graph.inputs()) {
    for (const Dim& dim : graph.type(input).shape) {
      for (const std::string& symbol : dim.Symbols()) bindings[symbol] = absl::GetFlag(FLAGS_batch);
    }
  }
  return bindings;
}

struct Planned {
  std::string function;
  ProgramStats stats;
};

absl::StatusOr<std::vector<Planned>> Plan(const ModulePtr& module, const Target& target) {
  std::vector<Planned> all;
  for (const auto& [name, graph] : module->functions()) {
    CompileOptions options;
    options.target = target;
    WEFT_ASSIGN_OR_RETURN(auto program, Program::Compile(module, name, options));
    WEFT_ASSIGN_OR_RETURN(ProgramStats stats, program->Stats(Bindings(*graph)));
    all.push_back({name, std::move(stats)});
  }
  return all;
}

absl::StatusOr<std::string> ShowPlan(const std::vector<Planned>& plan, const std::string& format) {
  if (format == "dot") return InvalidArgument("--format=dot shows graphs; a plan is summary, text or json");
  if (format == "json") {
    nlohmann::ordered_json functions = nlohmann::ordered_json::array();
    for (const Planned& planned : plan) {
      const ProgramStats& stats = planned.stats;
      functions.push_back({{"name", planned.function},
                           {"arena_bytes", stats.arena_bytes},
                           {"lower_bound_bytes", stats.lower_bound_bytes},
                           {"scratch_bytes", stats.scratch_bytes},
                           {"weight_bytes", stats.weight_bytes},
                           {"copies", stats.num_copies},
                           {"compile_ms", stats.compile_ms},
                           {"kernels", stats.kernels}});
    }
    return functions.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  }
  std::string text;
  for (const Planned& planned : plan) {
    const ProgramStats& stats = planned.stats;
    absl::StrAppendFormat(&text,
                          "%s: %d kernels, %d copies; bytes: %d intermediate (at least %d), %d scratch, %d variables\n",
                          planned.function, stats.num_kernels, stats.num_copies, stats.arena_bytes,
                          stats.lower_bound_bytes, stats.scratch_bytes, stats.weight_bytes);
    if (format == "summary") continue;
    for (const std::string& kernel : stats.kernels) absl::StrAppend(&text, "  ", kernel, "\n");
  }
  return text;
}

absl::StatusOr<std::string> ShowModule(const Module& module, const std::string& format) {
  if (format == "summary") return Summary(module);
  if (format == "json") return ToJson(module) + "\n";
  if (format == "text") {
    TextOptions options;
    options.origins = absl::GetFlag(FLAGS_origins);
    return ToText(module, options);
  }
  std::string text;
  for (const auto& [name, graph] : module.functions()) absl::StrAppend(&text, ToDot(*graph, name));
  return text;
}

absl::StatusOr<std::string> Inspect(const ModulePtr& module) {
  const std::string format = absl::GetFlag(FLAGS_format), stage = absl::GetFlag(FLAGS_stage);
  if (format != "summary" && format != "text" && format != "json" && format != "dot") {
    return InvalidArgument("--format=", format, ": there are summary, text, json and dot");
  }
  if (stage == "recorded") {
    WEFT_ASSIGN_OR_RETURN(ModulePtr selected, SelectFunction(module));
    return ShowModule(*selected, format);
  }
  if (stage != "optimized" && stage != "planned") {
    return InvalidArgument("--stage=", stage, ": there are recorded, optimized and planned");
  }
  // Layouts are chosen over all functions, so the module is optimized whole.
  WEFT_ASSIGN_OR_RETURN(Target target, MakeTarget());
  WEFT_ASSIGN_OR_RETURN(PassResult optimized, Optimize(module, target));
  WEFT_ASSIGN_OR_RETURN(ModulePtr selected, SelectFunction(optimized.module));
  if (stage == "optimized") return ShowModule(*selected, format);
  WEFT_ASSIGN_OR_RETURN(std::vector<Planned> plan, Plan(selected, target));
  return ShowPlan(plan, format);
}

absl::StatusOr<std::string> Explain(const ModulePtr& module) {
  WEFT_RETURN_IF_ERROR(SelectFunction(module).status());  // the name, checked
  const std::string function = absl::GetFlag(FLAGS_function);
  WEFT_ASSIGN_OR_RETURN(Target target, MakeTarget());
  WEFT_ASSIGN_OR_RETURN(PassResult optimized, Optimize(module, target));
  std::string text, last;
  for (const Receipt& receipt : optimized.receipts) {
    // What is decided for the whole module, as layouts are, belongs to each of its functions.
    const std::string heading = receipt.function.empty() ? "all functions" : receipt.function;
    if (!function.empty() && !receipt.function.empty() && receipt.function != function) continue;
    if (heading != last) absl::StrAppend(&text, heading, ":\n");
    last = heading;
    absl::StrAppend(&text, "  ", receipt.ToString(), "\n");
  }
  return text.empty() ? std::string("the passes changed nothing\n") : text;
}

absl::Status Run(const std::vector<char*>& args) {
  const std::string command = args.size() > 1 ? args[1] : "";
  if (args.size() != 3 || (command != "inspect" && command != "explain")) {
    return InvalidArgument("usage: weft inspect FILE or weft explain FILE; weft --help lists the options");
  }
  WEFT_ASSIGN_OR_RETURN(LoadedModule loaded, LoadModule(args[2], AllOps()));
  absl::StatusOr<std::string> text = command == "inspect" ? Inspect(loaded.module) : Explain(loaded.module);
  if (!text.ok()) return text.status();
  if (std::fwrite(text->data(), 1, text->size(), stdout) != text->size() || std::fflush(stdout) != 0) {
    return absl::ErrnoToStatus(errno, "cannot write to standard output");
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "Looks into a saved module.\n"
      "  weft inspect FILE [--function=NAME] [--stage=recorded|optimized|planned] [--format=summary|text|json|dot]\n"
      "  weft explain FILE [--function=NAME]     what the optimizer did, and why not more");
  if (weft::AsksForHelp(argc, argv)) {
    std::fputs(weft::HelpText(__FILE__).c_str(), stdout);
    return 0;
  }
  const std::vector<char*> args = absl::ParseCommandLine(argc, argv);
  // Bazel runs programs in a folder of its own.
  if (const char* folder = std::getenv("BUILD_WORKING_DIRECTORY"); folder != nullptr && chdir(folder) != 0) {
    std::fprintf(stderr, "error: cannot enter %s\n", folder);
    return 1;
  }
  absl::Status status = weft::Run(args);
  if (status.ok()) return 0;
  std::fprintf(stderr, "error: %s\n", std::string(status.message()).c_str());
  return 1;
}
