// SHA-256, for fingerprints and content-named files.
#ifndef WEFT_CORE_SHA256_H_
#define WEFT_CORE_SHA256_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace weft {

// Incremental: Update any number of times, then Finish once.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void Update(absl::string_view bytes) { Update(bytes.data(), bytes.size()); }
  void Update(const void* bytes, size_t size);

  // The digest: 32 bytes, resp. 64 lower-case hexadecimal digits. After it the object may only be destroyed or assigned
  // to. Empty if the crypto library failed (out of memory), which no comparison with a stored hash accepts.
  std::string Finish();
  std::string FinishHex();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;  // null after a failure
};

std::string Sha256Hex(absl::string_view bytes);

}  // namespace weft

#endif  // WEFT_CORE_SHA256_H_
