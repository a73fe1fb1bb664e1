// Poseidon and signature checks, compiled once per arithmetic kernel, apart from the
// prover so that both can be compiled at once.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "eddsa/verify.hpp"

namespace millrace {

/// What the protocol's rules compute. Safe to call from several threads.
class ProtocolOperations {
 public:
  virtual ~ProtocolOperations() = default;

  /// `count` hashes of `inputs` elements each, 1 to 16; in and out are plain and below r.
  virtual void poseidon(unsigned inputs, const Limbs* in, size_t count, Limbs* out) const = 0;

  virtual bool verifySignature(const SignatureClaim& claim) const = 0;
};

/// @param kernel a name of a kernel that runs here
std::unique_ptr<ProtocolOperations> protocolOperations(const std::string& kernel);

}  // namespace millrace
