// What the classes of optimizers share: an options struct, and the configuration keys of all Keras optimizers.
//
// An options struct has the members learning_rate, weight_decay, clipnorm, clipvalue and global_clipnorm besides its
// own, in Keras' order of arguments.
#ifndef WEFT_MODELS_OPTIMIZERS_OPTIMIZER_WITH_OPTIONS_H_
#define WEFT_MODELS_OPTIMIZERS_OPTIMIZER_WITH_OPTIONS_H_

#include <utility>

#include "models/optimizers/apply.h"
#include "models/optimizers/optimizer.h"

namespace weft {

// learning_rate, the options of OptimizerOptions, and those Keras options that have one supported value.
void VisitSharedOptimizerConfig(ConfigVisitor& visitor, LearningRate& learning_rate, OptimizerOptions& common);

template <typename Options>
class OptimizerWithOptions : public Optimizer {
 public:
  const Options& options() const { return options_; }
  LearningRate learning_rate() const override { return options_.learning_rate; }
  const OptimizerOptions& common() const override { return common_; }

  void VisitConfig(ConfigVisitor& visitor) override {
    VisitSharedOptimizerConfig(visitor, options_.learning_rate, common_);
    options_.weight_decay = common_.weight_decay;
    options_.clipnorm = common_.clipnorm;
    options_.clipvalue = common_.clipvalue;
    options_.global_clipnorm = common_.global_clipnorm;
    VisitOwnConfig(visitor);
    visitor.Error(ValidateOptimizer(*this));
  }

 protected:
  explicit OptimizerWithOptions(Options options) : options_(std::move(options)) {
    common_ = {options_.weight_decay, options_.clipnorm, options_.clipvalue, options_.global_clipnorm};
  }
  // The options that other optimizers do not have.
  virtual void VisitOwnConfig(ConfigVisitor& visitor) = 0;

  Options options_;

 private:
  OptimizerOptions common_;
};

}  // namespace weft

#endif  // WEFT_MODELS_OPTIMIZERS_OPTIMIZER_WITH_OPTIONS_H_
