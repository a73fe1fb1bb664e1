// EdDSA over BabyJubJub with Poseidon (circomlibjs's signPoseidon), as strict as the batch
// circuit: docs/protocol.md, section 2.1.
#pragma once

#include "../poseidon/permutation.hpp"
#include "../poseidon/scalar_arithmetic.hpp"
#include "signed_windows.hpp"

namespace millrace {

/// Plain integers of 256 bits, not checked.
struct SignatureClaim {
  Limbs keyX, keyY, r8X, r8Y, s, message;
};

template <class Kernel>
class EddsaVerifier {
 public:
  /// Canonical coordinates and message, A and R8 on the curve, 8A not the identity, S below the
  /// subgroup's order, and S B = R8 + h 8A with h = Poseidon(R8, A, message).
  bool operator()(const SignatureClaim& claim) const {
    for (const Limbs* element : {&claim.keyX, &claim.keyY, &claim.r8X, &claim.r8Y, &claim.message}) {
      if (!less(*element, Field::modulus.p)) return false;
    }
    if (!less(claim.s, Point::subgroupOrder)) return false;
    const Affine key{Field::fromLimbs(claim.keyX), Field::fromLimbs(claim.keyY)};
    const Affine r8{Field::fromLimbs(claim.r8X), Field::fromLimbs(claim.r8Y)};
    if (!Point::isOnCurve(key) || !Point::isOnCurve(r8)) return false;
    const Point cleared = Point(key).doubled().doubled().doubled();
    if (cleared.isIdentity()) return false;
    const Field challenged[] = {r8.x, r8.y, key.x, key.y, Field::fromLimbs(claim.message)};
    return difference(claim.s, challenge_.hash(challenged).toLimbs(), cleared).equals(r8);
  }

 private:
  using Arithmetic = ScalarPoseidonArithmetic<Kernel>;
  using Field = typename Arithmetic::Field;
  using Point = EdwardsPoint<Field>;
  using Affine = EdwardsAffine<Field>;
  static constexpr unsigned baseWidth = 8, keyWidth = 5;

  /// s B - h P, both from the top digit down with the doublings in common (Straus).
  Point difference(const Limbs& s, const Limbs& h, const Point& point) const {
    const SignedDigits baseDigits(s, baseWidth), pointDigits(h, keyWidth);
    const OddMultiples<Field> multiples(point, keyWidth);
    Point sum;
    for (size_t i = baseDigits.digit.size(); i-- > 0;) {
      sum = sum.doubled();
      if (const int digit = baseDigits.digit[i]; digit != 0) sum = sum + base_(digit);
      if (const int digit = pointDigits.digit[i]; digit != 0) sum = sum + multiples(-digit);
    }
    return sum;
  }

  const OddMultiples<Field> base_{Point::base(), baseWidth};
  const PoseidonPermutation<Arithmetic> challenge_{6};
};

}  // namespace millrace
