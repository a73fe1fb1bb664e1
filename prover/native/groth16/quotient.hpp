// The quotient h = (A B - C) / Z of Groth16's prover, as the multiples of the key's H
// points: the values of A B - C on the odd 2^(k+1)-th roots of unity. The division by
// Z, constant there, is part of the H points, as in snarkjs's groth16_prove.js.
#pragma once

#include "../field/root_transform.hpp"
#include "../system/proof_monitor.hpp"
#include "constraint_rows.hpp"

namespace millrace {

template <class Lanes>
class QuotientTransform {
 public:
  using Fr = typename Lanes::Element;

  explicit QuotientTransform(uint32_t domainPower)
      : transform_(domainPower),
        inverseSize_(Fr::fromInteger(transform_.size()).inverse()) {}

  /// From a = A w and b = B w on the domain, in scalar form, to plain scalars of the H points. Overwrites a and b.
  WipedVector<Limbs> scalars(WipedVector<Fr>& a, WipedVector<Fr>& b, unsigned threads, ProofMonitor& monitor) const {
    WipedVector<Fr> c(a.size());
    parallelBlocks(threads, a.size(), block, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; i += Lanes::width) {
        const Lanes x = enter(&a[i]), y = enter(&b[i]);
        x.store(&a[i]);
        y.store(&b[i]);
        (x * y).store(&c[i]);
      }
    });
    for (WipedVector<Fr>* values : {&a, &b, &c}) {
      transform_.toCoefficients(values->data(), threads);
      monitor.check();
      transform_.shiftToCoset(values->data(), threads);
      transform_.toValues(values->data(), threads);
      monitor.step();
    }
    // Each of a, b, c is still to be divided by the domain's size n: a b / n^2 - c / n.
    WipedVector<Limbs> scalars(a.size());
    const Lanes scale = Lanes::broadcast(Lanes::enter(inverseSize_)), plain = Lanes::broadcast(Lanes::plainFactor(inverseSize_));
    parallelBlocks(threads, a.size(), block, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; i += Lanes::width) {
        const Lanes product = Lanes::load(&a[i]) * Lanes::load(&b[i]) * scale;
        (plain * product.minus(Lanes::load(&c[i]), below<2>)).canonical(below<2>).storePlain(&scalars[i]);
      }
    });
    return scalars;
  }

 private:
  static constexpr size_t block = 4096;

  static Lanes enter(const Fr* scalarForm) {
    return Lanes::load(scalarForm) * Lanes::broadcast(Lanes::enterFactor());
  }

  RootTransform<Lanes> transform_;
  Fr inverseSize_;
};

}  // namespace millrace
