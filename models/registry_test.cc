#include "models/registry.h"

#include "core/testing/status_matchers.h"
#include "gtest/gtest.h"
#include "models/config_json.h"
#include "models/initializers/all_initializers.h"
#include "models/layers/all_layers.h"
#include "models/losses/all_losses.h"
#include "models/metrics/all_metrics.h"
#include "models/optimizers/all_optimizers.h"

namespace weft {
namespace {

TEST(DefaultModelRegistry, TheListsDoNotClash) {
  ModelRegistry registry;
  WEFT_EXPECT_OK(AddAllLayers(registry));
  WEFT_EXPECT_OK(AddAllInitializers(registry));
  WEFT_EXPECT_OK(AddAllOptimizers(registry));
  WEFT_EXPECT_OK(AddAllLosses(registry));
  WEFT_EXPECT_OK(AddAllMetrics(registry));
}

// Each class can be made by name, writes its defaults, and reads what it wrote.
TEST(DefaultModelRegistry, EveryClassRoundTrips) {
  const ModelRegistry& registry = DefaultModelRegistry();
  for (const char* kind : {"layer", "initializer", "optimizer", "schedule", "loss", "metric"}) {
    const std::vector<std::string> names = registry.Names(kind);
    EXPECT_FALSE(names.empty()) << kind;
    for (const std::string& name : names) {
      WEFT_ASSERT_OK_AND_ASSIGN(auto object, registry.Create(kind, name));
      EXPECT_EQ(object->class_name(), name);
      const std::string json = ToConfigJson(*object);
      absl::StatusOr<std::shared_ptr<Configurable>> again = FromConfigJson(registry, kind, json);
      // Schedules have no defaults: what must be given is missing, and that is what is said.
      if (again.status().message().find("must be given") != std::string::npos) continue;
      if (again.status().message().find("0 boundaries and 0 values") != std::string::npos) continue;
      ASSERT_TRUE(again.ok()) << name << ": " << again.status();
      EXPECT_EQ(ToConfigJson(**again), json);
    }
  }
}

TEST(DefaultModelRegistry, KnowsKerasNames) {
  const ModelRegistry& registry = DefaultModelRegistry();
  for (const char* name : {"rmsprop", "RMSprop", "adam", "sgd", "AdamW", "adamw"}) {
    WEFT_EXPECT_OK(registry.Create("optimizer", name)) << name;
  }
  for (const char* name : {"glorot_uniform", "GlorotUniform", "he_normal", "zeros", "ones", "random_uniform"}) {
    WEFT_EXPECT_OK(registry.Create("initializer", name)) << name;
  }
  for (const char* name : {"mse", "mean_squared_error", "categorical_crossentropy", "binary_crossentropy"}) {
    WEFT_EXPECT_OK(registry.Create("loss", name)) << name;
  }
}

}  // namespace
}  // namespace weft
