// ConfigWalker: a ConfigVisitor that only looks. To find options of one type, override its Field (and say
// `using ConfigWalker::Field`); everything else is passed over, and nothing is changed.
#ifndef WEFT_MODELS_CONFIG_WALKER_H_
#define WEFT_MODELS_CONFIG_WALKER_H_

#include "models/config.h"

namespace weft {

class ConfigWalker : public ConfigVisitor {
 public:
  void Field(absl::string_view, bool&) override {}
  void Field(absl::string_view, int64_t&) override {}
  void Field(absl::string_view, double&) override {}
  void Field(absl::string_view, std::string&) override {}
  void Field(absl::string_view, DType&) override {}
  void Field(absl::string_view, std::vector<int64_t>&) override {}
  void Field(absl::string_view, std::vector<double>&) override {}
  void Field(absl::string_view, std::vector<std::vector<int64_t>>&) override {}
  void Field(absl::string_view, std::optional<int64_t>&) override {}
  void Field(absl::string_view, std::optional<double>&) override {}
  void Field(absl::string_view, std::optional<std::string>&) override {}
  void Field(absl::string_view, std::optional<std::vector<int64_t>>&) override {}
  void Field(absl::string_view, ActivationRef&) override {}
  void Object(absl::string_view, absl::string_view, AnyRef&) override {}
  void MustBeNull(absl::string_view) override {}
  void MustBe(absl::string_view, absl::string_view) override {}
  void MustBeOrNull(absl::string_view, absl::string_view) override {}
  void Ignore(absl::string_view) override {}
  void Error(absl::Status status) override { status.IgnoreError(); }
};

}  // namespace weft

#endif  // WEFT_MODELS_CONFIG_WALKER_H_
