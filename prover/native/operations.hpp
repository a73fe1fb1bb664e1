// What the addon calls for proofs, setups and witnesses: compiled once per
// arithmetic kernel, each in a file of its own, so that all can be compiled at once.
#pragma once

#include <memory>
#include <string>

#include "curve/fixed_base.hpp"
#include "groth16/prover.hpp"
#include "groth16/qap.hpp"
#include "witness/calculator.hpp"

namespace millrace {

enum class Group { g1, g2 };

/// One instance per kernel.
class Operations {
 public:
  virtual ~Operations() = default;
  virtual const char* kernel() const = 0;

  virtual std::unique_ptr<FixedBase> fixedBase(Group group, size_t expectedScalars) const = 0;

  /// Points from the layout of files to the layout that snarkjs hashes, same size.
  virtual void toBigEndian(Group group, const uint8_t* in, size_t count, uint8_t* out) const = 0;

  /// Fills `out` and writes the zkey's coefficient section to `fd` at `position`; returns its bytes.
  virtual uint64_t evaluateQap(const CircuitLayout& layout, const SetupSecrets& secrets, const QapScalars& out, int fd,
                               uint64_t position) const = 0;

  /// Opens a proving key file.
  virtual std::unique_ptr<Prover> openProver(const std::string& zkey, unsigned threads) const = 0;

  /// Checks a witness program and makes it ready to run.
  virtual std::unique_ptr<WitnessCalculator> openWitnessProgram(const uint8_t* data, size_t size) const = 0;
};

std::unique_ptr<Operations> portableOperations();

#if defined(__x86_64__)
/// For AdxKernel::supported() machines.
std::unique_ptr<Operations> adxOperations();

/// Opens a prover on vectors.
using OpenProver = std::unique_ptr<Prover> (*)(const std::string& zkey, unsigned threads);

/// Proves with that prover; does all else with the scalar kernel, as adxOperations().
std::unique_ptr<Operations> vectorOperations(const char* kernel, OpenProver open);
#endif

}  // namespace millrace
