#include "graph/proto/module_file.h"

#include <functional>

#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/ir/builder.h"
#include "graph/proto/graph.pb.h"
#include "graph/text/testing/golden.h"
#include "graph/text/testing/test_ops.h"
#include "graph/text/text.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Bytes(const Module& module) {
  const absl::StatusOr<std::string> bytes = SerializeModule(module);
  EXPECT_THAT(bytes, IsOk());
  return bytes.ok() ? *bytes : "";
}

Module Parsed(const std::string& text) {
  absl::StatusOr<Module> module = ParseModule(text, TestOps());
  EXPECT_THAT(module, IsOk());
  return module.ok() ? *std::move(module) : Module(TestOps());
}

std::string ErrorOf(const proto::Module& message) {
  const auto module = DeserializeModule(message.SerializeAsString(), TestOps());
  EXPECT_FALSE(module.ok());
  return module.ok() ? "" : module.status().ToString();
}

proto::Module Message(const Module& module) {
  proto::Module message;
  EXPECT_TRUE(message.ParseFromString(Bytes(module)));
  return message;
}

TEST(ModuleFileTest, RoundTripWithEqualBytes) {
  const Module module = TestModule();
  const std::string bytes = Bytes(module);
  EXPECT_EQ(Bytes(TestModule()), bytes);  // a second one in the process
  WEFT_ASSERT_OK_AND_ASSIGN(const auto loaded, DeserializeModule(bytes, TestOps()));
  EXPECT_EQ(Bytes(*loaded), bytes);
  EXPECT_EQ(ToText(*loaded), ToText(module));
  EXPECT_EQ(loaded->metadata(), module.metadata());
  ASSERT_EQ(loaded->functions().size(), module.functions().size());
  for (const auto& [name, graph] : module.functions()) {
    const GraphPtr other = loaded->FindFunction(name);
    ASSERT_NE(other, nullptr);
    EXPECT_TRUE(StructurallyEqual(*graph, *other)) << name;
    for (NodeId id = 0; id < graph->num_nodes(); ++id) {
      EXPECT_EQ(other->node(id).origin->ToString(), graph->node(id).origin->ToString());
    }
  }
  EXPECT_TRUE(bytes.substr(0, 5) == "\rWEFT");
}

TEST(ModuleFileTest, AnEmptyModule) {
  const Module module(TestOps());
  WEFT_ASSERT_OK_AND_ASSIGN(const auto loaded, DeserializeModule(Bytes(module), TestOps()));
  EXPECT_EQ(ToText(*loaded), ToText(module));
}

// The files of this version are read by every later one. A change of these bytes is a change of the format.
TEST(ModuleFileTest, GoldenFileOfThisVersion) {
  const std::string golden = GoldenFile("graph/proto/testdata/module_v1.weft", Bytes(TestModule()));
  WEFT_ASSERT_OK_AND_ASSIGN(const auto loaded, DeserializeModule(golden, TestOps()));
  EXPECT_EQ(ToText(*loaded), RepositoryFile("graph/text/testdata/module.txt"));
  EXPECT_EQ(Bytes(*loaded), golden);
  const std::string fingerprint = GoldenFile("graph/proto/testdata/module_v1.fingerprint", Fingerprint(TestModule()));
  EXPECT_EQ(Fingerprint(TestModule()), fingerprint);
  EXPECT_EQ(Fingerprint(*loaded), fingerprint);
  EXPECT_EQ(fingerprint.size(), 64u);
}

TEST(ModuleFileTest, FingerprintIsOfTheComputation) {
  const std::string text = R"(module {
    metadata "a" = "b"
    variable "v": f32[2] trainable kind "weight"
    function "f" {
      %v = variable("v")
      %x: f32[n,2] = input("x")
      %y = sum(%x, axes=[0])
      %k = sum(%x, axes=[1])
      %z = add(%v, %y)
      output "z" = %z
      update "v" = %z
    }
  })";
  const std::string fingerprint = Fingerprint(Parsed(text));
  auto changed = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    EXPECT_NE(other.find(from), std::string::npos);
    other.replace(other.find(from), from.size(), to);
    return Fingerprint(Parsed(other));
  };
  // Where nodes came from, and facts about the module, are no part of it.
  EXPECT_EQ(changed("module {", "module {\n\n\n"), fingerprint);
  EXPECT_EQ(changed("metadata \"a\" = \"b\"", ""), fingerprint);
  // Everything else is.
  EXPECT_NE(changed("axes=[1]", "axes=[1], keepdims=true"), fingerprint);
  EXPECT_NE(changed("axes=[0]", "axes=[0,0]"), fingerprint);
  EXPECT_NE(changed("add(%v, %y)", "add(%y, %v)"), fingerprint);
  EXPECT_NE(changed("f32[n,2]", "f32[m,2]"), fingerprint);
  EXPECT_NE(changed("input(\"x\")", "input(\"w\")"), fingerprint);
  EXPECT_NE(changed("output \"z\"", "output \"y\""), fingerprint);
  EXPECT_NE(changed("update \"v\" = %z", "update \"v\" = %v"), fingerprint);
  EXPECT_NE(changed("function \"f\"", "function \"g\""), fingerprint);
  EXPECT_NE(changed("trainable", ""), fingerprint);
}

TEST(ModuleFileTest, OptimizedModulesAreDumps) {
  const Module fused = Parsed(R"(module { function "f" {
    %x: f32[2] = input("x")
    %y = fused_add(%x, %x)
    output "y" = %y
  } })");
  const Module packed = Parsed(R"(module { variable "w": f32[4,8]{panels64} })");
  for (const Module* module : {&fused, &packed}) {
    EXPECT_THAT(SerializeModule(*module), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("has no place in")));
    WEFT_ASSERT_OK_AND_ASSIGN(const std::string dump, SerializeModule(*module, {.dump = true, .weights = {}}));
    EXPECT_THAT(DeserializeModule(dump, TestOps()),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("dump of an optimized module")));
    WEFT_ASSERT_OK_AND_ASSIGN(const ModuleFile file, ReadModuleFile(dump, TestOps(), {.allow_fused = true}));
    EXPECT_TRUE(file.not_loadable);
    EXPECT_EQ(ToText(*file.module), ToText(*module));
    // The mark taken off does not help.
    proto::Module message;
    ASSERT_TRUE(message.ParseFromString(dump));
    message.set_not_loadable(false);
    EXPECT_THAT(ErrorOf(message), AnyOf(HasSubstr("made by the optimizer only"), HasSubstr("a layout has no place")));
  }
  // A module that is as it was recorded stays loadable also as a dump.
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string plain, SerializeModule(TestModule(), {.dump = true, .weights = {}}));
  WEFT_EXPECT_OK(DeserializeModule(plain, TestOps()));
}

TEST(ModuleFileTest, VersionsAndUnknownOps) {
  const proto::Module good = Message(TestModule());
  proto::Module message = good;
  message.mutable_version()->set_min_reader(2);
  message.mutable_version()->set_format(7);
  message.mutable_version()->set_producer("weft 9\x1b");
  EXPECT_THAT(ErrorOf(message), AllOf(HasSubstr("UNIMPLEMENTED"), HasSubstr("was written by 'weft 9\\x1b' in format 7"),
                                      HasSubstr("needs a reader of format 2; this one reads format 1")));
  // A later format that this reader still understands.
  message.mutable_version()->set_min_reader(1);
  WEFT_EXPECT_OK(DeserializeModule(message.SerializeAsString(), TestOps()));
  message.clear_version();
  EXPECT_THAT(ErrorOf(message), HasSubstr("no format version"));

  int sink = 0;
  while (message.ops(sink).name() != "sink") ++sink;
  message = good;
  message.mutable_ops(sink)->set_version(4);
  EXPECT_THAT(ErrorOf(message),
              AllOf(HasSubstr("UNIMPLEMENTED"), HasSubstr("op 'sink' has version 4 in the file, known "
                                                          "is version 3: the file was written by a "
                                                          "newer Weft")));
  message.mutable_ops(sink)->set_version(2);
  EXPECT_THAT(ErrorOf(message), HasSubstr("its meaning has changed"));
  message.mutable_ops(sink)->set_name("sinks");
  EXPECT_THAT(ErrorOf(message), HasSubstr("unknown op 'sinks'; the nearest known one is 'sink'"));
}

TEST(ModuleFileTest, NothingInAFileIsTrusted) {
  const proto::Module good = Message(TestModule());
  ASSERT_EQ(good.functions(3).name(), "train_step");
  constexpr int kMatMul = 3, kReshape = 5;
  struct Case {
    std::string error;
    std::function<void(proto::Module*)> change;
  };
  auto train = [](proto::Module* m) { return m->mutable_functions(3); };
  const std::vector<Case> cases = {
      {"result 0 is stored as 'f32[n,5]', the op gives f32[n,4]",
       [&](auto* m) { train(m)->mutable_nodes(kMatMul)->set_types(0, "f32[n,5]"); }},
      {"stored are 2 results, the op gives 1",
       [&](auto* m) { train(m)->mutable_nodes(kMatMul)->add_types("f32[n,4]"); }},
      {"stored are 0 results", [&](auto* m) { train(m)->mutable_nodes(kMatMul)->clear_types(); }},
      {"value 99 is not defined", [&](auto* m) { train(m)->mutable_nodes(kMatMul)->set_inputs(0, 99); }},
      {"value 3 is not defined", [&](auto* m) { train(m)->mutable_nodes(kMatMul)->set_inputs(0, 3); }},
      {"value 4294967295 is not defined", [&](auto* m) { train(m)->mutable_nodes(kMatMul)->set_inputs(0, ~0u); }},
      {"expected 2 operands, got 3", [&](auto* m) { train(m)->mutable_nodes(kMatMul)->add_inputs(0); }},
      {"op 99 of", [&](auto* m) { train(m)->mutable_nodes(kMatMul)->set_op(99); }},
      {"origin 999 of", [&](auto* m) { train(m)->mutable_nodes(kMatMul)->set_origin(999); }},
      {"is not in alphabetical order",
       [&](auto* m) { train(m)->mutable_nodes(kMatMul)->add_attributes()->set_name("transpose_a"); }},
      {"it has no value", [&](auto* m) { train(m)->mutable_nodes(kMatMul)->mutable_attributes(0)->clear_value(); }},
      {"there is no attribute 'zzz'",
       [&](auto* m) {
         proto::Attribute* attribute = train(m)->mutable_nodes(kMatMul)->add_attributes();
         attribute->set_name("zzz");
         attribute->set_bool_value(true);
       }},
      {"attribute 'transpose_a': expected bool, got int",
       [&](auto* m) { train(m)->mutable_nodes(kMatMul)->mutable_attributes(0)->set_int_value(1); }},
      {"attribute 'shape' is missing", [&](auto* m) { train(m)->mutable_nodes(kReshape)->clear_attributes(); }},
      {"shape '[n*4]' is not in normal form",
       [&](auto* m) { train(m)->mutable_nodes(kReshape)->mutable_attributes(0)->set_shape_value("[n*4]"); }},
      {"expected the attributes name and type", [&](auto* m) { train(m)->mutable_nodes(0)->clear_attributes(); }},
      {"expected the attributes name and type", [&](auto* m) { train(m)->mutable_nodes(1)->add_inputs(0); }},
      {"the variable is read already", [&](auto* m) { *train(m)->mutable_nodes(2) = train(m)->nodes(1); }},
      {"result 0 is stored as 'f32[6,4]', the op gives f32[6,5]",
       [&](auto* m) {
         m->mutable_variables(0)->set_type("f32[6,5]");
         train(m)->mutable_nodes(1)->mutable_attributes(1)->set_type_value("f32[6,5]");
       }},
      {"variable 'dense/kernel' is f32[6,5], its new value f32[6,4]",
       [&](auto* m) { m->mutable_variables(0)->set_type("f32[6,5]"); }},
      {"the module has no variable 'nope'", [&](auto* m) { train(m)->mutable_updates(0)->set_variable("nope"); }},
      {"value 77 is not defined", [&](auto* m) { train(m)->mutable_outputs(0)->set_value(77); }},
      {"output 'y' is declared twice", [&](auto* m) { train(m)->mutable_outputs(1)->set_name("y"); }},
      {"metadata 'author' is given twice", [](auto* m) { m->mutable_metadata(1)->set_key("author"); }},
      {"function 'loops' is declared twice", [](auto* m) { m->mutable_functions(0)->set_name("loops"); }},
      {"a function needs a name", [](auto* m) { m->mutable_functions(0)->set_name(""); }},
      {"variable 'moment' is declared twice", [](auto* m) { m->mutable_variables(0)->set_name("moment"); }},
      {"its shape must be known", [](auto* m) { m->mutable_variables(0)->set_type("f32[n]"); }},
      {"not a type", [](auto* m) { m->mutable_variables(0)->set_type("f99[2]"); }},
      {"which is no leaf before it", [](auto* m) { m->mutable_origins(0)->add_from(0); }},
      {"which is no leaf before it",
       [](auto* m) {
         int derived = 0;
         while (m->origins(derived).from_size() == 0) ++derived;
         m->add_origins()->add_from(derived);
       }},
      {"line 4294967295", [](auto* m) { m->mutable_origins(0)->set_line(~0u); }},
  };
  for (const Case& c : cases) {
    proto::Module message = good;
    c.change(&message);
    EXPECT_THAT(ErrorOf(message), HasSubstr(c.error));
  }
  EXPECT_THAT(DeserializeModule("", TestOps()), StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("no Weft")));
  EXPECT_THAT(DeserializeModule("\rWEFT\xff\xff", TestOps()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no protocol buffer")));
  EXPECT_THAT(DeserializeModule(Bytes(TestModule()), TestOps(), {.allow_fused = false, .max_bytes = 100}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected at most 100")));
}

TEST(ModuleFileTest, TensorsAreComparedWithTheirBytes) {
  const proto::Module good = Message(TestModule());
  ASSERT_EQ(good.functions(0).name(), "constants");
  auto error = [&](const std::function<void(proto::Tensor*)>& change) {
    proto::Module message = good;
    change(message.mutable_functions(0)->mutable_nodes(0)->mutable_attributes(0)->mutable_tensor_value());
    return ErrorOf(message);
  };
  EXPECT_THAT(error([](auto* t) { t->set_dims(0, 3); }), HasSubstr("attribute 'value'"));
  EXPECT_THAT(error([](auto* t) { t->mutable_data()->pop_back(); }), HasSubstr("attribute 'value'"));
  EXPECT_THAT(error([](auto* t) { t->add_dims(uint64_t{1} << 60); }), HasSubstr("a dim of 1152921504606846976"));
  EXPECT_THAT(error([](auto* t) { t->add_dims(uint64_t{1} << 40); }), HasSubstr("attribute 'value'"));
  EXPECT_THAT(error([](auto* t) { t->set_dims(0, ~uint64_t{0}); }), HasSubstr("a dim of"));
  EXPECT_THAT(error([](auto* t) { t->set_dtype(static_cast<proto::DType>(6)); }), HasSubstr("unknown dtype 6"));
  EXPECT_THAT(error([](auto* t) { t->set_dtype(static_cast<proto::DType>(-1)); }), HasSubstr("unknown dtype -1"));
  EXPECT_THAT(error([](auto* t) { t->set_dtype(proto::BOOL), t->set_dims(0, 8); }), HasSubstr("attribute 'value'"));
  EXPECT_THAT(error([](auto* t) {
                while (t->dims_size() < 17) t->add_dims(1);
              }),
              HasSubstr("rank 17"));
}

TEST(ModuleFileTest, DerivedOriginsAreSets) {
  // A chain of derived origins, far deeper than a stack, becomes the set of its leaves.
  GraphBuilder b(TestOps());
  Value x = b.Input("x", {DType::kFloat32, {2}});
  OriginPtr chain = b.producer(x).origin;
  for (int i = 0; i < 50000; ++i) {
    auto leaf = std::make_shared<Origin>();
    leaf->layer = "layer";
    leaf->line = i % 100;
    auto next = std::make_shared<Origin>();
    next->from = {leaf, chain, chain};
    chain = next;
  }
  b.set_origin(chain);
  b.Output("y", b.Record1("add", {x, x}, {}, SourceLocation::current()));
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr graph, b.Build());
  Module module(TestOps());
  WEFT_ASSERT_OK(module.AddFunction("f", graph));
  const std::string bytes = Bytes(module);
  EXPECT_LT(bytes.size(), 4000u);
  WEFT_ASSERT_OK_AND_ASSIGN(const auto loaded, DeserializeModule(bytes, TestOps()));
  EXPECT_EQ(loaded->FindFunction("f")->node(1).origin->from.size(), 64u);
  EXPECT_EQ(Bytes(*loaded), bytes);
  // A destructor would go as deep as the chain: it stays.
  static const OriginPtr* const kept = new OriginPtr(chain);
  EXPECT_NE(kept, nullptr);
}

TEST(ModuleFileTest, TooLargeModulesAreRefused) {
  GraphBuilder b(TestOps());
  WEFT_ASSERT_OK_AND_ASSIGN(const Tensor large, Tensor::Create(DType::kUInt8, {kMaxGraphBytes + 1}));
  b.Output("y", b.Constant(large));
  WEFT_ASSERT_OK_AND_ASSIGN(const GraphPtr graph, b.Build());
  Module module(TestOps());
  WEFT_ASSERT_OK(module.AddFunction("f", graph));
  EXPECT_THAT(SerializeModule(module),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("make the large ones variables")));
  EXPECT_EQ(Fingerprint(module), "");
}

}  // namespace
}  // namespace weft
