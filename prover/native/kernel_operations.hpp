// The operations of the addon over a scalar kernel.
#pragma once

#include "field/scalar_lanes.hpp"
#include "operations.hpp"

namespace millrace {

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

  std::unique_ptr<WitnessCalculator> openWitnessProgram(const uint8_t* data, size_t size) const override {
    return std::make_unique<KernelWitnessCalculator<Kernel>>(WitnessProgram(data, size));
  }

 private:
  template <class Field>
  static void convert(const uint8_t* in, size_t count, uint8_t* out) {
    using Point = AffinePoint<Field>;
    for (size_t i = 0; i < count; i++) Point::loadMontgomery(in + Point::bytes * i).storeBigEndian(out + Point::bytes * i);
  }
};

}  // namespace millrace
