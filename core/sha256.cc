#include "core/sha256.h"

#include <openssl/evp.h>

#include <utility>

#include "absl/strings/escaping.h"

namespace weft {

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) context_ = nullptr;
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::Update(const void* bytes, size_t size) {
  if (context_ != nullptr && EVP_DigestUpdate(context_.get(), bytes, size) != 1) context_ = nullptr;
}

std::string Sha256::Finish() {
  if (context_ == nullptr) return "";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const bool ok = EVP_DigestFinal_ex(context_.get(), digest, &size) == 1;
  context_ = nullptr;
  return ok ? std::string(reinterpret_cast<const char*>(digest), size) : "";
}

std::string Sha256::FinishHex() { return absl::BytesToHexString(Finish()); }

std::string Sha256Hex(absl::string_view bytes) {
  Sha256 hash;
  hash.Update(bytes);
  return hash.FinishHex();
}

}  // namespace weft
