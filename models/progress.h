// What Fit and Evaluate show while they run, as Keras does it.
//
//   Epoch 1/8
//   938/938 ━━━━━━━━━━━━━━━━━━━━ 2s 2ms/step - accuracy: 0.8866 - loss: 0.3866 - val_accuracy: 0.9631 - val_loss:
//   0.1232
#ifndef WEFT_MODELS_PROGRESS_H_
#define WEFT_MODELS_PROGRESS_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "models/callbacks/callback.h"

namespace weft {

class Progress {
 public:
  enum class Style {
    kSilent = 0,
    kBar = 1,           // drawn over and over on one line of a terminal, at most every 50 ms
    kLinePerEpoch = 2,  // for files
  };
  using Sink = std::function<void(absl::string_view)>;

  // -1: a bar if `sink` is empty and standard output is a terminal, else lines. An empty sink is standard output.
  static Style ChooseStyle(int verbose, const Sink& sink);
  // `now`: seconds from any fixed moment; empty: a steady clock. (Tests bring their own.)
  Progress(Style style, Sink sink, std::function<double()> now = nullptr);

  // Prints "Epoch 1/8" where there are several; epoch counts from 0.
  void BeginEpoch(int64_t epoch, int64_t epochs, int64_t steps);
  // Step `done` of the epoch is over. `logs` is asked for only if it is to be shown.
  void Step(int64_t done, absl::FunctionRef<Logs()> logs);
  void EndEpoch(const Logs& logs);
  // The epoch ends here: what was drawn stays on its line.
  void Break();

 private:
  void Draw(int64_t done, const Logs& logs, bool last);
  double SecondsPerStep(int64_t done, double now);

  Style style_;
  Sink sink_;
  std::function<double()> now_;
  int64_t steps_ = 0;
  double start_ = 0, last_drawn_ = 0;
  double first_step_end_ = -1;  // the first step is slower; the estimate leaves it out
  size_t width_ = 0;            // columns of what stands on the line
};

}  // namespace weft

#endif  // WEFT_MODELS_PROGRESS_H_
