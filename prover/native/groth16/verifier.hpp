// Verification of Groth16 proofs on BN254 (J. Groth, "On the Size of Pairing-based
// Non-interactive Arguments", 2016, section 3.2):
//   e(A, B) = e(alpha, beta) e(L, gamma) e(C, delta),  L = IC_0 + sum s_i IC_i.
//
// Many proofs of one key are checked at once as a random combination of their equations,
// with n + 3 Miller loops and one final exponentiation. The weights have 128 bits, are drawn
// after the proofs are known and are never told: if one equation does not hold, the
// combination holds with a chance of at most 2^-128, whoever made the proofs (all points
// are in groups of prime order r > 2^128). A combination that does not hold is halved until
// each wrong proof is found.
#pragma once

#include <algorithm>
#include <vector>

#include "../curve/xyzz_point.hpp"
#include "../pairing/pairing.hpp"
#include "../system/random_scalar.hpp"
#include "input_error.hpp"

namespace millrace {

/// Plain numbers below 2^256, not checked. G1 points are x, y; G2 points x0, x1, y0, y1 of x0 + x1 u and y0 + y1 u.
using Numbers = std::vector<Limbs>;

template <class Kernel>
class Groth16Verifier {
 public:
  static constexpr size_t proofNumbers = 8;

  /// @param numbers alpha, beta, gamma, delta, IC_0, IC_1, ...
  /// Throws InputError `bad-verification-key` with the number of the point, in this order, that is not of its group or at
  /// infinity; `forgeable-key` where two of beta, gamma and delta are equal or opposite.
  explicit Groth16Verifier(const Numbers& numbers) {
    const bool complete = numbers.size() >= 16 && numbers.size() % 2 == 0 &&
                          read(numbers.data(), 0, alpha_) && read(numbers.data() + 2, 1, beta_) &&
                          read(numbers.data() + 6, 2, gamma_) && read(numbers.data() + 10, 3, delta_);
    if (!complete) throw InputError("bad-verification-key", "is not complete");
    for (size_t i = 14; i < numbers.size(); i += 2) {
      inputs_.emplace_back();
      read(numbers.data() + i, 4 + (i - 14) / 2, inputs_.back());
    }
    const auto alike = [](const G2Point& a, const G2Point& b) { return a.x == b.x; };
    if (alike(gamma_, delta_) || alike(gamma_, beta_) || alike(delta_, beta_)) {
      throw InputError("forgeable-key", "has two of beta, gamma and delta equal or opposite");
    }
  }

  size_t publicSignals() const { return inputs_.size() - 1; }

  /// For each claim, A, B, C and the public signals, whether it holds. Malformed ones do not: every coordinate is below q,
  /// every point in its group and not at infinity, every signal below r.
  std::vector<bool> verify(const std::vector<Numbers>& claims) const {
    std::vector<bool> holds(claims.size());
    std::vector<Claim> sound;
    for (size_t i = 0; i < claims.size(); i++) {
      Claim claim{i, {}, {}, {}, {}};
      if (readClaim(claims[i], claim)) sound.push_back(std::move(claim));
    }
    if (!sound.empty()) decide(sound.data(), sound.size(), holds);
    return holds;
  }

 private:
  using Curve = Bn254<Kernel>;
  using Fq = typename Curve::Fq;
  using Fq2 = typename Curve::Fq2;
  using Fr = typename Curve::Fr;
  using G1Point = AffinePoint<Fq>;
  using G2Point = AffinePoint<Fq2>;

  struct Claim {
    size_t index;
    G1Point a;
    G2Point b;
    G1Point c;
    std::vector<Fr> signals;
  };

  void decide(const Claim* claims, size_t count, std::vector<bool>& holds) const {
    if (combinationHolds(claims, count)) {
      for (size_t i = 0; i < count; i++) holds[claims[i].index] = true;
    } else if (count > 1) {
      decide(claims, count / 2, holds);
      decide(claims + count / 2, count - count / 2, holds);
    }
  }

  bool combinationHolds(const Claim* claims, size_t count) const {
    std::vector<Fr> inputWeights(inputs_.size());
    std::vector<G1Point> cs;
    std::vector<Limbs> weights;
    Pairing<Kernel> product;
    for (size_t i = 0; i < count; i++) {
      const Claim& claim = claims[i];
      // One equation needs no weight.
      const Limbs weight = count == 1 ? Limbs{1, 0, 0, 0} : randomWeight();
      const Fr factor = Fr::fromLimbs(weight);
      inputWeights[0] = inputWeights[0] + factor;
      for (size_t j = 0; j < claim.signals.size(); j++) inputWeights[j + 1] = inputWeights[j + 1] + factor * claim.signals[j];
      cs.push_back(claim.c);
      weights.push_back(weight);
      product.add(sumOfMultiples<Fq>({claim.a}, {weight}), claim.b);
    }
    std::vector<Limbs> scalars;
    for (const Fr& weight : inputWeights) scalars.push_back(weight.toLimbs());
    product.add(-sumOfMultiples<Fq>({alpha_}, {scalars[0]}), beta_);
    product.add(-sumOfMultiples<Fq>(inputs_, scalars), gamma_);
    product.add(-sumOfMultiples<Fq>(cs, weights), delta_);
    return product.productIsOne();
  }

  static Limbs randomWeight() {
    const Limbs random = randomScalar();
    return {random[0], random[1], 0, 0};
  }

  /// sum scalar_i point_i, the doublings in common (Straus).
  template <class Field>
  static AffinePoint<Field> sumOfMultiples(const std::vector<AffinePoint<Field>>& points, const std::vector<Limbs>& scalars) {
    Limbs any{};
    for (const Limbs& scalar : scalars) {
      for (size_t i = 0; i < 4; i++) any[i] |= scalar[i];
    }
    const auto bit = [](const Limbs& scalar, size_t i) { return (scalar[i / 64] >> (i % 64) & 1) != 0; };
    size_t bits = 256;
    while (bits > 0 && !bit(any, bits - 1)) bits--;
    XyzzPoint<Field> sum;
    for (size_t i = bits; i-- > 0;) {
      sum = sum.doubled();
      for (size_t k = 0; k < points.size(); k++) {
        if (bit(scalars[k], i)) sum = sum + XyzzPoint<Field>(points[k]);
      }
    }
    return sum.toAffine();
  }

  bool readClaim(const Numbers& numbers, Claim& claim) const {
    if (numbers.size() != proofNumbers + publicSignals()) return false;
    if (!readPoint(numbers.data(), claim.a) || !readPoint(numbers.data() + 2, claim.b) || !readPoint(numbers.data() + 6, claim.c)) {
      return false;
    }
    for (size_t i = proofNumbers; i < numbers.size(); i++) {
      if (!less(numbers[i], ScalarPrime::modulus.p)) return false;
      claim.signals.push_back(Fr::fromLimbs(numbers[i]));
    }
    return true;
  }

  template <class Point>
  static bool read(const Limbs* numbers, size_t number, Point& point) {
    if (readPoint(numbers, point)) return true;
    throw InputError("bad-verification-key", "has a point that is not of its group", {{"point", static_cast<double>(number)}});
  }

  /// False unless canonical, on the curve and not at infinity. G1 is the whole curve.
  static bool readPoint(const Limbs* numbers, G1Point& point) {
    if (!canonical(numbers, 2)) return false;
    point = {Fq::fromLimbs(numbers[0]), Fq::fromLimbs(numbers[1])};
    return Curve::isOnCurve(point);
  }

  /// Also false outside the subgroup of order r.
  static bool readPoint(const Limbs* numbers, G2Point& point) {
    if (!canonical(numbers, 4)) return false;
    const auto element = [&](size_t i) { return Fq::fromLimbs(numbers[i]); };
    point = {{element(0), element(1)}, {element(2), element(3)}};
    return Curve::isOnCurve(point) && isInSubgroup(point);
  }

  static bool canonical(const Limbs* numbers, size_t count) {
    return std::all_of(numbers, numbers + count, [](const Limbs& number) { return less(number, BasePrime::modulus.p); });
  }

  /// For a point of the twist: whether Frobenius multiplies it by 6x^2. On the whole twist Frobenius F satisfies
  /// F^2 - t F + q = 0 with the trace t = 6x^2 + 1; where F is t - 1 that is q + 1 - t = r, so that r times the point is
  /// infinity. The twist has r (2q - r) points, and r does not divide 2q - r. (M. Scott, "A note on group membership tests
  /// for G1, G2 and GT on BLS pairing-friendly curves", 2021.)
  static bool isInSubgroup(const G2Point& point) {
    const auto multiple = sumOfMultiples<Fq2>({point}, {timesParameterTwice()});
    const G2Point image = Pairing<Kernel>::frobenius(point);
    return multiple.x == image.x && multiple.y == image.y;
  }

  /// 6x^2.
  static constexpr Limbs timesParameterTwice() {
    const Uint128 square = static_cast<Uint128>(bnParameter) * bnParameter;
    const Uint128 low = static_cast<Uint128>(static_cast<uint64_t>(square)) * 6, high = (square >> 64) * 6 + (low >> 64);
    return {static_cast<uint64_t>(low), static_cast<uint64_t>(high), static_cast<uint64_t>(high >> 64), 0};
  }

  G1Point alpha_;
  G2Point beta_, gamma_, delta_;
  std::vector<G1Point> inputs_;
};

}  // namespace millrace
