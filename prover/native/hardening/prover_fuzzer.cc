// A fuzzer's target: any proving key with any witness gives a proof or an InputError.
// Input: the key's length (32 bits, little endian), the key, the witness.
#include "provers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace millrace;
  uint32_t keyBytes = 0;
  if (size < sizeof keyBytes) return 0;
  std::memcpy(&keyBytes, data, sizeof keyBytes);
  const uint8_t* key = data + sizeof keyBytes;
  if (keyBytes > size - sizeof keyBytes) keyBytes = static_cast<uint32_t>(size - sizeof keyBytes);
  try {
    const MemoryFile zkey(key, keyBytes);
    const auto prover = openProver(zkey.path(), 1);
    std::vector<uint8_t> proof(proofBytes), publicSignals(32 * size_t{prover->publicWires()});
    ProofMonitor monitor = silentMonitor();
    const Section wtns{key + keyBytes, size - sizeof keyBytes - keyBytes};
    prover->prove(wtns, 1, monitor, proof.data(), publicSignals.data());
  } catch (const InputError&) {
    // What an input deserves that is neither a key nor a witness.
  }
  return 0;
}
