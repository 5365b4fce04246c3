#include <cmath>
#include <limits>

#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"
#include "models/config_json.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Inner final : Configurable {
  absl::string_view class_name() const override { return "InnerThing"; }
  void VisitConfig(ConfigVisitor& v) override { v.Field("gain", gain); }
  double gain = 1;
};

struct Everything final : Configurable {
  absl::string_view class_name() const override { return "Everything"; }
  void VisitConfig(ConfigVisitor& v) override {
    v.Field("flag", flag);
    v.Field("count", count);
    v.Field("number", number);
    v.Field("text", text);
    v.Field("dtype", dtype);
    v.Field("ints", ints);
    v.Field("lists", lists);
    v.Field("numbers", numbers);
    v.Field("maybe_ints", maybe_ints);
    v.Field("maybe_int", maybe_int);
    v.Field("maybe_number", maybe_number);
    v.Field("maybe_text", maybe_text);
    v.Field("activation", activation);
    v.Object("inner", "inner", inner);
    v.MustBeNull("regularizer");
    v.MustBe("policy", "\"float32\"");
    v.Ignore("registered");
    if (count < 0) v.Error(absl::InvalidArgumentError("count is negative"));
  }
  bool flag = false;
  int64_t count = 3;
  double number = 0.5;
  std::string text = "abc";
  DType dtype = DType::kFloat32;
  std::vector<int64_t> ints = {1, 2};
  std::vector<std::vector<int64_t>> lists = {{1, 2}, {3}};
  std::vector<double> numbers = {.25};
  std::optional<std::vector<int64_t>> maybe_ints;
  std::optional<int64_t> maybe_int;
  std::optional<double> maybe_number;
  std::optional<std::string> maybe_text;
  ActivationRef activation = "relu";
  Ref<Inner> inner;
};

ModelRegistry TestRegistry() {
  ModelRegistry registry;
  EXPECT_TRUE(registry.Add<Inner>("inner", {"thing"}).ok());
  EXPECT_TRUE(registry.Add<Everything>("all").ok());
  return registry;
}

absl::StatusOr<std::shared_ptr<Everything>> Read(const std::string& config) {
  static const ModelRegistry& registry = *new ModelRegistry(TestRegistry());
  absl::StatusOr<std::shared_ptr<Configurable>> object = FromConfig(registry, "all", "Everything", config);
  if (!object.ok()) return object.status();
  return std::static_pointer_cast<Everything>(*object);
}

TEST(SnakeCase, IsKeras) {
  EXPECT_EQ(SnakeCase("GlorotUniform"), "glorot_uniform");
  EXPECT_EQ(SnakeCase("Dense"), "dense");
  EXPECT_EQ(SnakeCase("LSTM"), "lstm");
  EXPECT_EQ(SnakeCase("Conv2D"), "conv2d");
  EXPECT_EQ(SnakeCase("MaxPooling2D"), "max_pooling2d");
  EXPECT_EQ(SnakeCase("SparseCategoricalCrossentropy"), "sparse_categorical_crossentropy");
  EXPECT_EQ(SnakeCase("SimpleRNN"), "simple_rnn");
  EXPECT_EQ(SnakeCase("PReLU"), "p_re_lu");
  EXPECT_EQ(SnakeCase(""), "");
}

TEST(ConfigJson, WritesEachFieldInOrder) {
  Everything object;
  EXPECT_EQ(
      ToConfigJson(object),
      R"({"class_name":"Everything","config":{"flag":false,"count":3,"number":0.5,"text":"abc","dtype":"float32",)"
      R"("ints":[1,2],"lists":[[1,2],[3]],"numbers":[0.25],"maybe_ints":null,"maybe_int":null,"maybe_number":null,"maybe_text":null,)"
      R"("activation":"relu","inner":null,"regularizer":null,"policy":"float32"}})");
}

TEST(ConfigJson, RoundTrip) {
  Everything object;
  object.flag = true;
  object.count = 1234567890123456789;
  object.number = std::nextafter(0.1, 1);
  object.text = "a \"b\" \n ü";
  object.dtype = DType::kUInt8;
  object.ints = {-1, 28, 28};
  object.numbers = {std::numeric_limits<double>::infinity(), -0.0, 1e-300};
  object.lists = {{}, {-5, 6}};
  object.maybe_ints = {{-1, 5}};
  object.maybe_int = 7;
  object.maybe_number = -std::numeric_limits<double>::infinity();
  object.maybe_text = "";
  object.activation = ActivationRef("relu", {{"max_value", 6.0}, {"approximate", true}, {"n", int64_t{4}}});
  auto inner = std::make_shared<Inner>();
  inner->gain = 2;
  object.inner = Ref<Inner>(inner);
  const std::string json = ToConfigJson(object);
  WEFT_ASSERT_OK_AND_ASSIGN(std::shared_ptr<Configurable> read, FromConfigJson(TestRegistry(), "all", json));
  EXPECT_EQ(ToConfigJson(*read), json);
  const auto& same = static_cast<const Everything&>(*read);
  EXPECT_EQ(same.number, object.number);
  EXPECT_THAT(json, HasSubstr("\"maybe_ints\":[null,5]"));
  EXPECT_EQ(same.inner.get()->gain, 2);
  EXPECT_TRUE(same.activation.args == object.activation.args);

  object.inner = "thing";  // a name stays a name
  WEFT_ASSERT_OK_AND_ASSIGN(read, FromConfigJson(TestRegistry(), "all", ToConfigJson(object)));
  EXPECT_EQ(static_cast<const Everything&>(*read).inner.name(), "thing");
}

TEST(ConfigJson, NanIsWrittenAsText) {
  Everything object;
  object.number = std::nan("");
  WEFT_ASSERT_OK_AND_ASSIGN(auto read, FromConfigJson(TestRegistry(), "all", ToConfigJson(object)));
  EXPECT_TRUE(std::isnan(static_cast<const Everything&>(*read).number));
}

TEST(ConfigJson, ReadsWhatKerasWrites) {
  WEFT_ASSERT_OK_AND_ASSIGN(auto object,
                            FromConfigJson(TestRegistry(), "all",
                                           R"({"module": "keras.layers", "class": "Everything", "registered_name": null,
                         "build_config": {"input_shape": [null, 4]},
                         "config": {"ints": [null, 28, 28], "count": 8.0, "activation": null, "registered": {"any": 1},
                                    "policy": {"module": "keras", "class_name": "DTypePolicy",
                                               "config": {"name": "float32"}, "registered_name": null},
                                    "inner": {"module": "keras", "class_name": "InnerThing", "config": {"gain": 3}}}})"));
  const auto& all = static_cast<const Everything&>(*object);
  EXPECT_EQ(all.ints, (std::vector<int64_t>{-1, 28, 28}));
  EXPECT_EQ(all.count, 8);
  EXPECT_EQ(all.activation.name, "linear");
  EXPECT_EQ(all.inner.get()->gain, 3);

  WEFT_ASSERT_OK_AND_ASSIGN(auto lone, Read(R"({"ints": 3, "lists": [7, [8, 9]], "maybe_ints": 4, "numbers": 2})"));
  EXPECT_EQ(lone->ints, std::vector<int64_t>{3});
  EXPECT_EQ(lone->numbers, std::vector<double>{2});
  EXPECT_EQ(lone->lists, (std::vector<std::vector<int64_t>>{{7}, {8, 9}}));
  EXPECT_EQ(lone->maybe_ints, std::vector<int64_t>{4});
  WEFT_ASSERT_OK_AND_ASSIGN(auto none, Read(R"({"lists": 3, "maybe_ints": null})"));
  EXPECT_EQ(none->lists, (std::vector<std::vector<int64_t>>{{3}}));
  EXPECT_EQ(none->maybe_ints, std::nullopt);
  WEFT_ASSERT_OK_AND_ASSIGN(auto function, Read(R"({"activation": {"class_name": "function", "config": "gelu"}})"));
  EXPECT_EQ(function->activation.name, "gelu");
}

TEST(ConfigJson, PlainNamesAndNull) {
  WEFT_ASSERT_OK_AND_ASSIGN(AnyRef none, RefFromConfigJson(TestRegistry(), "inner", "null"));
  EXPECT_TRUE(none.is_none());
  WEFT_ASSERT_OK_AND_ASSIGN(AnyRef named, RefFromConfigJson(TestRegistry(), "inner", "\"inner_thing\""));
  EXPECT_EQ(named.name(), "inner_thing");
  EXPECT_EQ(ToConfigJson(named), "\"inner_thing\"");
  EXPECT_EQ(ToConfigJson(none), "null");
  WEFT_EXPECT_OK(FromConfigJson(TestRegistry(), "inner", "\"thing\""));
}

TEST(ConfigJson, NamesClassKeyAndNearest) {
  EXPECT_THAT(Read(R"({"coumt": 3})"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("Everything"), HasSubstr("'coumt'"), HasSubstr("did you mean 'count'"))));
  EXPECT_THAT(Read(R"({"xyzzy_plugh": 3})"), StatusIs(absl::StatusCode::kInvalidArgument,
                                                      AllOf(HasSubstr("'xyzzy_plugh'"), HasSubstr("it has flag"))));
  EXPECT_THAT(FromConfigJson(TestRegistry(), "inner", "\"inner_thign\""),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("did you mean 'inner_thing'")));
  EXPECT_THAT(Read(R"({"inner": "nothing_like_it"})"),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("option 'inner'"), HasSubstr("unknown"))));
}

TEST(ConfigJson, RefusesWrongTypesAndUnsupportedValues) {
  const struct {
    const char* config;
    const char* message;
  } cases[] = {
      {R"({"flag": 1})", "'flag': expected true or false, received 1"},
      {R"({"count": 2.5})", "'count': expected an integer, received 2.5"},
      {R"({"count": 18446744073709551615})", "'count': expected an integer"},
      {R"({"count": null})", "'count': expected an integer, received null"},
      {R"({"number": "big"})", "'number': expected a number"},
      {R"({"text": 4})", "'text': expected a string"},
      {R"({"dtype": "float33"})", "unknown dtype 'float33'"},
      {R"({"ints": ["a"]})", "'ints': expected a list of integers"},
      {R"({"lists": [[1, "a"]]})", "'lists': expected lists of integers"},
      {R"({"maybe_ints": "a"})", "'maybe_ints': expected a list of integers"},
      {R"({"numbers": {}})", "'numbers': expected a list of numbers"},
      {R"({"maybe_int": "x"})", "'maybe_int': expected an integer"},
      {R"({"activation": 3})", "'activation': expected the name of an activation"},
      {R"({"activation": {"name": "relu", "argumnets": {}}})", "'activation': expected the name"},
      {R"({"inner": 3})", "'inner': configuration: expected the name of a inner"},
      {R"({"regularizer": {"class_name": "L2"}})", "is not supported; it must be null"},
      {R"({"policy": "mixed_float16"})", "\"mixed_float16\" is not supported; it must be \"float32\""},
      {R"({"count": -4})", "count is negative"},
      {R"([1])", "expected an object as configuration"},
      {R"({"count": )", "this is not JSON"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(Read(c.config), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(c.message))) << c.config;
  }
  EXPECT_THAT(FromConfigJson(TestRegistry(), "all", R"({"class_name": "Everything", "confg": {}})"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("unknown key 'confg'")));
  EXPECT_THAT(FromConfigJson(TestRegistry(), "all", R"({"config": {}})"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("class_name is missing")));
}

TEST(ConfigJson, DeepTextIsRefused) {
  EXPECT_THAT(FromConfigJson(TestRegistry(), "all", std::string(1 << 20, '[')),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nested")));
  std::string deep = "1";
  for (int i = 0; i < 1000; ++i) deep = "{\"a\":" + deep + "}";
  EXPECT_THAT(FromConfigJson(TestRegistry(), "all", deep), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(FromConfigJson(TestRegistry(), "all", "\"[[[[\\\"\""), StatusIs(absl::StatusCode::kNotFound));
}

TEST(ModelRegistry, FindsByClassSnakeCaseLowerCaseAndAlias) {
  const ModelRegistry registry = TestRegistry();
  for (const char* name : {"InnerThing", "inner_thing", "innerthing", "thing"}) {
    WEFT_EXPECT_OK(registry.Create("inner", name)) << name;
  }
  EXPECT_EQ(registry.Names("inner"), std::vector<std::string>{"InnerThing"});
  EXPECT_THAT(registry.Create("outer", "x"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(registry.Create("inner", ""), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no inner")));
  ModelRegistry twice = registry;
  EXPECT_THAT(twice.Add<Inner>("inner"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is taken by")));
}

}  // namespace
}  // namespace weft
