// The table that Sequential::Summary shows, in Keras' form.
#ifndef WEFT_MODELS_SUMMARY_H_
#define WEFT_MODELS_SUMMARY_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "models/recording.h"

namespace weft {

// Layer (type), Output Shape, Param #; then the totals with their bytes: all, trainable, non-trainable, and the
// optimizer's where there is one. 88 columns, as Keras' on a wide terminal.
std::string SummaryTable(absl::string_view name, const std::vector<NamedLayer>& layers, const RecordedModel& model);

}  // namespace weft

#endif  // WEFT_MODELS_SUMMARY_H_
