// Ctrl-C while a model is trained.
#ifndef WEFT_MODELS_INTERRUPT_H_
#define WEFT_MODELS_INTERRUPT_H_

namespace weft {

// While one is alive, SIGINT sets a flag instead of ending the process; a second SIGINT ends it. What handled the
// signal before is put back at the end. With several alive at a time (on several threads) each of them sees the signal.
class InterruptScope {
 public:
  // `install` false: does nothing, and received() is false.
  explicit InterruptScope(bool install);
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;
  // Since this scope began.
  bool received() const;

 private:
  bool installed_;
  int count_before_;
};

}  // namespace weft

#endif  // WEFT_MODELS_INTERRUPT_H_
