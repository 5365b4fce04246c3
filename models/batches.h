// Batches: rows of data gathered into the buffers that a program reads, converted on the way where the data's dtype is
// not the model's.
//
// A conversion never loses anything: a value that the model's dtype cannot hold exactly is an error that names it
// (labels 0, 1, 2 given as float32 become int32; 0.5 does not, and 0.1 in float64 does not become float32).
#ifndef WEFT_MODELS_BATCHES_H_
#define WEFT_MODELS_BATCHES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/tensor.h"

namespace weft {

// Converts n elements. The index of the first that cannot be held exactly, or n.
int64_t ConvertExactly(DType from, const void* in, DType to, void* out, int64_t n);

class Batches {
 public:
  // One parameter of the program.
  struct Column {
    std::string name;  // for errors
    TensorView data;   // [samples, ...]; stays valid
    DType dtype;       // what the program takes
    Dims row;          // of the program's parameter, without the batch; as many elements as a row of the data
  };
  // For batches of at most max_batch rows.
  static absl::StatusOr<Batches> Create(std::vector<Column> columns, int64_t max_batch);

  // Makes views() these rows of each column. ResourceExhausted if a buffer, made when first needed, is not to be had.
  // REQUIRES: at most max_batch rows, within the data.
  absl::Status Gather(absl::Span<const int64_t> rows);
  // Rows [begin, end): where nothing is to be converted the views are the data itself.
  absl::Status Take(int64_t begin, int64_t end);
  // One per column.
  absl::Span<const TensorView> views() const { return views_; }

 private:
  struct Buffer {
    Tensor tensor;  // [max_batch, row...]; empty until it is needed
    Dims dims;
    int64_t row_elements;
  };
  Batches() = default;
  void SetView(size_t column, int64_t rows, const void* data);
  absl::StatusOr<std::byte*> BufferOf(size_t column);
  absl::Status Convert(size_t column, int64_t first_row, int64_t rows, std::byte* out);

  std::vector<Column> columns_;
  std::vector<Buffer> buffers_;
  std::vector<TensorView> views_;
};

}  // namespace weft

#endif  // WEFT_MODELS_BATCHES_H_
