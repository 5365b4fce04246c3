// What no graph file may do: crash, take memory out of proportion to its length, or take for ever.
#include <random>

#include "core/testing/status_matchers.h"
#include "gmock/gmock.h"
#include "graph/ir/builder.h"
#include "graph/proto/graph.pb.h"
#include "graph/proto/module_file.h"
#include "graph/text/testing/peak_memory.h"
#include "graph/text/testing/test_ops.h"
#include "graph/text/text.h"
#include "gtest/gtest.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

// What loads must be whole: it is written again, and its text parses.
void ExpectSound(const absl::StatusOr<std::shared_ptr<const Module>>& module) {
  if (!module.ok()) return;
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string bytes, SerializeModule(**module));
  WEFT_ASSERT_OK_AND_ASSIGN(const auto again, DeserializeModule(bytes, TestOps()));
  ASSERT_EQ(ToText(*again), ToText(**module));
}

TEST(HostileModuleTest, EveryTruncation) {
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string bytes, SerializeModule(TestModule()));
  for (size_t length = 0; length < bytes.size(); ++length) {
    ExpectSound(DeserializeModule(absl::string_view(bytes).substr(0, length), TestOps()));
  }
}

TEST(HostileModuleTest, EveryByteChanged) {
  WEFT_ASSERT_OK_AND_ASSIGN(const std::string bytes, SerializeModule(TestModule()));
  std::mt19937 random(1);
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (int i = 0; i < 2; ++i) {
      std::string changed = bytes;
      const char by[] = {'\0', '\xff', static_cast<char>(changed[at] ^ 1 << random() % 8), static_cast<char>(random())};
      changed[at] = by[random() % 4];
      if (random() % 4 == 0) changed.erase(random() % changed.size(), random() % 16);
      ExpectSound(DeserializeModule(changed, TestOps()));
    }
  }
}

proto::Module Empty() {
  proto::Module message;
  EXPECT_TRUE(message.ParseFromString(*SerializeModule(Module(TestOps()))));
  return message;
}

// The index of the op in the list, to which it is added.
uint32_t AddOp(proto::Module* message, const std::string& name) {
  proto::Op* op = message->add_ops();
  op->set_name(name);
  op->set_version(static_cast<uint32_t>(TestOps().Find(name)->version));
  return static_cast<uint32_t>(message->ops_size()) - 1;
}

proto::Node* AddInput(proto::Function* function, uint32_t op, const std::string& name, const std::string& type) {
  proto::Node* node = function->add_nodes();
  node->set_op(op);
  proto::Attribute* attribute = node->add_attributes();
  attribute->set_name("name");
  attribute->set_string_value(name);
  attribute = node->add_attributes();
  attribute->set_name("type");
  attribute->set_type_value(type);
  node->add_types(type);
  return node;
}

void ExpectRefusedCheaply(const std::string& bytes, const std::string& error, int64_t factor = 64) {
  absl::Status status;
  EXPECT_LT(CpuSeconds([&] { status = DeserializeModule(bytes, TestOps()).status(); }), 5) << error;
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(error)));
  const int64_t growth = PeakMemoryGrowth([&] { DeserializeModule(bytes, TestOps()).status().IgnoreError(); });
  EXPECT_GE(growth, 0) << error;
  EXPECT_LE(growth, factor * static_cast<int64_t>(bytes.size()) + (32 << 20)) << error;
}

TEST(HostileModuleTest, DeepNesting) {
  for (int depth : {15, 16, 17, 20, 30}) {
    proto::Module message = Empty();
    const uint32_t input = AddOp(&message, "input"), program = AddOp(&message, "program");
    proto::Function* function = message.add_functions();
    function->set_name("f");
    for (int level = 0; level <= depth; ++level) {
      AddInput(function, input, "x", "f32[]");
      if (level == depth) {
        function->add_outputs()->set_name("y");
        break;
      }
      proto::Node* node = function->add_nodes();
      node->set_op(program);
      node->add_inputs(0);
      node->add_types("f32[]");
      function->add_outputs()->set_name("y");
      proto::Attribute* attribute = node->add_attributes();
      attribute->set_name("body");
      function = attribute->mutable_function_value();
    }
    const std::string bytes = message.SerializeAsString();
    if (depth <= 16) {
      WEFT_EXPECT_OK(DeserializeModule(bytes, TestOps()));
    } else {
      ExpectRefusedCheaply(bytes, "nested deeper than 16");
    }
  }
  // Deeper than the parser of protocol buffers goes: written by hand. A body in a body is 3 messages.
  std::string inner;
  for (int i = 0; i < 3000; ++i) {
    for (int tag : {0x62, 0x1a, 0x12}) {  // function_value, attributes, nodes
      std::string size;
      for (size_t n = inner.size(); size.empty() || n > 0; n >>= 7) {
        size += static_cast<char>((n & 0x7f) | (n > 0x7f ? 0x80 : 0));
      }
      inner = static_cast<char>(tag) + size + inner;
    }
  }
  std::string size;
  for (size_t n = inner.size(); n > 0; n >>= 7) size += static_cast<char>((n & 0x7f) | (n > 0x7f ? 0x80 : 0));
  ExpectRefusedCheaply(Empty().SerializeAsString() + "\x3a" + size + inner, "no protocol buffer");
}

TEST(HostileModuleTest, HugeCountsAndSizes) {
  // Very many of the smallest messages: 2 bytes each in the file.
  const std::string head = Empty().SerializeAsString();
  for (int field : {4, 5, 6, 7, 8, 9}) {
    std::string bytes = head;
    for (int i = 0; i < 100000; ++i) bytes += {static_cast<char>(field << 3 | 2), '\0'};
    if (field == 4 || field == 9) {
      WEFT_EXPECT_OK(DeserializeModule(bytes, TestOps()));
      const int64_t growth = PeakMemoryGrowth([&] { DeserializeModule(bytes, TestOps()).status().IgnoreError(); });
      EXPECT_LE(growth, 256 * static_cast<int64_t>(bytes.size()));
    } else if (field == 5) {
      EXPECT_THAT(DeserializeModule(bytes, TestOps()), StatusIs(absl::StatusCode::kUnimplemented));
    } else {
      ExpectRefusedCheaply(bytes, "", 256);
    }
  }
  // A field that claims more than there is.
  ExpectRefusedCheaply(head + std::string("\x3a\xff\xff\xff\xff\x07", 6), "no protocol buffer");
  proto::Module message = Empty();
  const uint32_t constant = AddOp(&message, "constant"), input = AddOp(&message, "input"),
                 concat = AddOp(&message, "concat");
  proto::Function* function = message.add_functions();
  function->set_name("f");
  proto::Node* node = function->add_nodes();
  node->set_op(constant);
  node->add_types("f32[1099511627776]");
  proto::Attribute* attribute = node->add_attributes();
  attribute->set_name("value");
  attribute->mutable_tensor_value()->add_dims(uint64_t{1} << 40);
  ExpectRefusedCheaply(message.SerializeAsString(), "attribute 'value'");
  // Operands are a byte each, their types may be long: an error that lists them is not made.
  function->clear_nodes();
  std::string type = "f32[";
  for (int i = 0; i < 100; ++i) absl::StrAppend(&type, i > 0 ? "+" : "", "symbol_of_some_length_", 100 + i);
  AddInput(function, input, "x", type + "]");
  node = function->add_nodes();
  node->set_op(concat);
  for (int i = 0; i < 100000; ++i) node->add_inputs(0);
  ExpectRefusedCheaply(message.SerializeAsString(), "the operands' types are too large for the file");
  // Outputs, of which each is looked for among all others.
  function->clear_nodes();
  AddInput(function, input, "x", "f32[]");
  for (int i = 0; i < 100000; ++i) function->add_outputs()->set_name(absl::StrCat(i));
  ExpectRefusedCheaply(message.SerializeAsString(), "more than 16384 outputs");
  function->mutable_outputs()->DeleteSubrange(16384, 100000 - 16384);
  EXPECT_LT(CpuSeconds([&] { WEFT_EXPECT_OK(DeserializeModule(message.SerializeAsString(), TestOps())); }), 5);
}

// Dims that multiply out: a short product of sums stands for a long sum.
TEST(HostileModuleTest, TypesInNormalFormOnly) {
  std::string product;
  for (int i = 0; i < 6; ++i) absl::StrAppend(&product, i > 0 ? "*" : "", "(a", i, "+b", i, ")");
  WEFT_ASSERT_OK_AND_ASSIGN(const Dim dim, Dim::Parse(product));
  EXPECT_GT(dim.ToString().size(), 20 * product.size());
  proto::Module message = Empty();
  const uint32_t input = AddOp(&message, "input");
  proto::Function* function = message.add_functions();
  function->set_name("f");
  AddInput(function, input, "x", "f32[" + product + "]");
  ExpectRefusedCheaply(message.SerializeAsString(), "not in normal form");
}

TEST(HostileModuleTest, LargeModulesAreFast) {
  GraphBuilder b(TestOps());
  Value x = b.Input("x", {DType::kFloat32, {Dim::Symbol("n"), 4}}), y = x;
  constexpr int kNodes = 50000;
  for (int i = 0; i < kNodes; ++i) y = b.Record1("add", {y, x}, {}, SourceLocation::current());
  b.Output("y", y);
  Module module(TestOps());
  WEFT_ASSERT_OK(module.AddFunction("f", *b.Build()));
  std::string bytes;
  EXPECT_LT(CpuSeconds([&] {
              bytes = *SerializeModule(module);
              const auto loaded = DeserializeModule(bytes, TestOps());
              ASSERT_THAT(loaded, IsOk());
              EXPECT_EQ((*loaded)->FindFunction("f")->num_nodes(), kNodes + 1);
            }),
            10);
  EXPECT_LT(bytes.size(), 30u * kNodes);
}

}  // namespace
}  // namespace weft
