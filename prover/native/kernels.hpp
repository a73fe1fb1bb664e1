// The operations of the addon, each compiled once per arithmetic kernel, and the
// choice of the kernel at run time.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>

#include "curve/fixed_base.hpp"
#include "field/kernel_adx.hpp"
#include "field/kernel_portable.hpp"
#include "field/scalar_lanes.hpp"
#include "groth16/prover.hpp"
#include "groth16/qap.hpp"
#include "vector_provers.hpp"

namespace millrace {

enum class Group { g1, g2 };

/// What the addon calls; one instance per kernel.
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
};

template <class Kernel>
class KernelOperations : public Operations {
 public:
  using Curve = Bn254<Kernel>;
  using Fq = typename Curve::Fq;
  using Fq2 = typename Curve::Fq2;

  const char* kernel() const override { return Kernel::name; }

  std::unique_ptr<FixedBase> fixedBase(Group group, size_t expectedScalars) const override {
    if (group == Group::g1) return std::make_unique<FixedBaseTable<Fq, Curve>>(expectedScalars);
    return std::make_unique<FixedBaseTable<Fq2, Curve>>(expectedScalars);
  }

  void toBigEndian(Group group, const uint8_t* in, size_t count, uint8_t* out) const override {
    if (group == Group::g1) convert<Fq>(in, count, out);
    else convert<Fq2>(in, count, out);
  }

  uint64_t evaluateQap(const CircuitLayout& layout, const SetupSecrets& secrets, const QapScalars& out, int fd,
                       uint64_t position) const override {
    Qap<Kernel> qap(layout, secrets);
    const uint64_t bytes = qap.readConstraints(fd, position);
    qap.store(out);
    return bytes;
  }

  std::unique_ptr<Prover> openProver(const std::string& zkey, unsigned threads) const override {
    return std::make_unique<KernelProver<Kernel, ScalarLaneFamily>>(zkey, threads);
  }

 private:
  template <class Field>
  static void convert(const uint8_t* in, size_t count, uint8_t* out) {
    using Point = AffinePoint<Field>;
    for (size_t i = 0; i < count; i++) Point::loadMontgomery(in + Point::bytes * i).storeBigEndian(out + Point::bytes * i);
  }
};

#if defined(__x86_64__)
/// Proves on vectors; does all else with the scalar kernel.
class VectorOperations final : public KernelOperations<AdxKernel> {
 public:
  using OpenProver = std::unique_ptr<Prover> (*)(const std::string&, unsigned);

  VectorOperations(const char* name, OpenProver open) : name_(name), open_(open) {}

  const char* kernel() const override { return name_; }
  std::unique_ptr<Prover> openProver(const std::string& zkey, unsigned threads) const override { return open_(zkey, threads); }

 private:
  const char* name_;
  OpenProver open_;
};

inline bool hasIfma() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512ifma") && AdxKernel::supported();
}
#endif

/// The fastest kernel that this machine runs, or the one that MILLRACE_KERNEL names.
/// Null if that one is unknown or does not run here.
inline std::unique_ptr<Operations> selectOperations() {
  const char* forced = std::getenv("MILLRACE_KERNEL");
  const std::string wanted = forced == nullptr ? "" : forced;
  const auto allows = [&](const char* name) { return wanted.empty() || wanted == name; };
#if defined(__x86_64__)
  if (allows("ifma") && hasIfma()) return std::make_unique<VectorOperations>("ifma", openIfmaProver);
  if (allows("avx2") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && AdxKernel::supported()) {
    return std::make_unique<VectorOperations>("avx2", openAvx2Prover);
  }
  if (allows(AdxKernel::name) && AdxKernel::supported()) return std::make_unique<KernelOperations<AdxKernel>>();
#endif
  if (allows(PortableKernel::name)) return std::make_unique<KernelOperations<PortableKernel>>();
  return nullptr;
}

}  // namespace millrace
