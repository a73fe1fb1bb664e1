// A fuzzer's target: any numbers as a verification key and as proofs give an answer or an
// InputError. Input: numbers in the key (a byte, times two) and in a proof (a byte), then
// numbers of 32 bytes each.
#include "../groth16/verifier.hpp"
#include "provers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace millrace;
  constexpr size_t head = 2;
  if (size < head) return 0;
  Numbers numbers((size - head) / sizeof(Limbs));
  if (!numbers.empty()) std::memcpy(numbers.data(), data + head, numbers.size() * sizeof(Limbs));
  const auto keyNumbers = static_cast<ptrdiff_t>(std::min<size_t>(2 * size_t{data[0]}, numbers.size()));
  const Numbers key(numbers.begin(), numbers.begin() + keyNumbers);
  std::vector<Numbers> claims;
  const ptrdiff_t perClaim = 1 + data[1];
  for (auto at = numbers.begin() + keyNumbers; numbers.end() - at >= perClaim; at += perClaim) claims.emplace_back(at, at + perClaim);
  try {
    Groth16Verifier<PortableKernel>(key).verify(claims);
  } catch (const InputError&) {
    // What a malformed or forgeable key deserves.
  }
  return 0;
}
