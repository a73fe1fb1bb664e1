// The optimal ate pairing on BN254 (F. Vercauteren, "Optimal Pairings", 2010, section IV:
// f_{6x+2,Q}(P) and two more lines), for products of pairings that are compared with 1.
//
// Points of G2 are on the twist y^2 = x^3 + 3 / xi; (x, y) stands for (x w^2, y w^3) on the
// curve over Fq12. A line through such points T (and T') with slope lambda on the twist has
// at P = (xP, yP) the value yP - lambda xP w + (lambda xT - yT) w^3, here divided by yP: factors
// in Fq vanish in the final exponentiation. yP is not 0, since G1 has odd order.
//
// All pairs go through the loop together: one squaring for all, and one inversion for the
// slopes of a step (affine coordinates, Montgomery's trick).
//
// No step meets an exception. Points T are k Q with Q of prime order r and 0 < k < r: not
// infinity, and of odd order, so that yT is not 0. In additions T = k Q meets +-Q, where k is
// at least 2 and at most 2 (6x + 2); and then q Q and -q^2 Q (Frobenius is multiplication by
// q = 6x^2 modulo r on G2), where neither 6x + 2 = +-6x^2 nor 6x + 2 + 6x^2 = +-36x^4 modulo r.
#pragma once

#include <vector>

#include "../curve/bn254.hpp"
#include "dodecic_field.hpp"

namespace millrace {

/// The curve's parameter x: q = 36x^4 + 36x^3 + 24x^2 + 6x + 1, r = q - 6x^2.
constexpr uint64_t bnParameter = 4965661367192848881;

template <class Kernel>
class Pairing {
 public:
  using Curve = Bn254<Kernel>;
  using Fq = typename Curve::Fq;
  using Fq2 = typename Curve::Fq2;
  using Fq12 = DodecicField<Fq2>;
  using G1Point = AffinePoint<Fq>;
  using G2Point = AffinePoint<Fq2>;

  /// Multiplies e(p, q) to the product. q is in the subgroup of order r and not infinity; with p at infinity it is 1.
  void add(const G1Point& p, const G2Point& q) {
    if (p.isInfinity()) return;
    const Fq scale = p.y.inverse();
    pairs_.push_back({-(p.x * scale), scale, q, q});
  }

  bool productIsOne() { return isOneAfterFinalExponentiation(millerLoop()); }

  /// The q-power Frobenius of the curve over Fq12, on the twist.
  static G2Point frobenius(const G2Point& point) {
    const auto& powers = Fq12::frobeniusPowers();
    const auto bar = [](const Fq2& a) { return Fq2(a.real(), -a.imaginary()); };
    return {bar(point.x) * powers[2], bar(point.y) * powers[3]};
  }

 private:
  struct Pair {
    Fq minusXOverY, oneOverY;
    G2Point q, t;
  };

  /// Non-adjacent digits of 6x + 2, lowest first.
  static constexpr std::array<int, 66> loopDigits() {
    std::array<int, 66> digits{};
    Uint128 rest = static_cast<Uint128>(bnParameter) * 6 + 2;
    for (int& digit : digits) {
      if ((rest & 3) == 1) {
        digit = 1;
        rest -= 1;
      } else if ((rest & 3) == 3) {
        digit = -1;
        rest += 1;
      }
      rest >>= 1;
    }
    return digits;
  }

  Fq12 millerLoop() {
    static constexpr std::array<int, 66> digits = loopDigits();
    static_assert(digits[65] == 1);
    Fq12 f = Fq12::one();
    for (size_t i = 65; i-- > 0;) {
      f = f.squared();
      doubleAll(f);
      if (const int digit = digits[i]; digit != 0) {
        addAll(f, [=](const Pair& pair) { return digit > 0 ? pair.q : -pair.q; });
      }
    }
    addAll(f, [](const Pair& pair) { return frobenius(pair.q); });
    addAll(f, [](const Pair& pair) { return -frobenius(frobenius(pair.q)); });
    return f;
  }

  void doubleAll(Fq12& f) {
    step(f, [](const Pair& pair) { return pair.t; }, [](const Pair& pair, const G2Point&) { return pair.t.y + pair.t.y; },
         [](const Pair& pair, const G2Point&) {
           const Fq2 square = pair.t.x.squared();
           return square + square + square;
         });
  }

  template <class SummandOf>
  void addAll(Fq12& f, const SummandOf& summandOf) {
    step(f, summandOf, [](const Pair& pair, const G2Point& other) { return other.x - pair.t.x; },
         [](const Pair& pair, const G2Point& other) { return other.y - pair.t.y; });
  }

  /// t becomes t + summand, and f takes the lines through them, whose slopes are given as fractions.
  template <class SummandOf, class Denominator, class Numerator>
  void step(Fq12& f, const SummandOf& summandOf, const Denominator& denominator, const Numerator& numerator) {
    summands_.resize(pairs_.size());
    denominators_.resize(pairs_.size());
    before_.resize(pairs_.size());
    Fq2 product = Fq2::one();
    for (size_t i = 0; i < pairs_.size(); i++) {
      summands_[i] = summandOf(pairs_[i]);
      denominators_[i] = denominator(pairs_[i], summands_[i]);
      before_[i] = product;
      product = product * denominators_[i];
    }
    Fq2 suffix = product.inverse();
    for (size_t i = pairs_.size(); i-- > 0;) {
      Pair& pair = pairs_[i];
      const G2Point& other = summands_[i];
      const Fq2 slope = numerator(pair, other) * (suffix * before_[i]);
      suffix = suffix * denominators_[i];
      const Fq2 atZero = slope * pair.t.x - pair.t.y;
      f = f.timesLine(scaled(slope, pair.minusXOverY), scaled(atZero, pair.oneOverY));
      const Fq2 x = slope.squared() - pair.t.x - other.x;
      pair.t = {x, -(slope * x) + atZero};
    }
  }

  static Fq2 scaled(const Fq2& a, const Fq& b) { return {a.real() * b, a.imaginary() * b}; }

  /// Whether f^((q^12 - 1) / r) = 1. The hard part's exponent is 2x (6x^2 + 3x + 1) (q^4 - q^2 + 1) / r, whose factor before
  /// the last is prime to r: Fuentes-Castaneda, Knapp, Rodriguez-Henriquez, "Faster Hashing to G2" (2011), section 5. To
  /// base q its digits are 1 + 6x + 12x^2 + 12x^3, 4x + 6x^2 + 12x^3, 6x + 6x^2 + 12x^3, -1 + 4x + 6x^2 + 12x^3.
  static bool isOneAfterFinalExponentiation(const Fq12& f) {
    const Fq12 unitary = f.conjugate() * f.inverse();                 // f^(q^6 - 1)
    const Fq12 m = unitary.frobenius().frobenius() * unitary;         // and to the q^2 + 1
    const Fq12 mx = power(m), m2x = mx.cyclotomicSquare(), m4x = m2x.cyclotomicSquare(), m6x = m4x * m2x;
    const Fq12 m6x2 = power(m6x), m12x3 = power(m6x2.cyclotomicSquare());
    const Fq12 third = m6x * m6x2 * m12x3;                            // 6x + 6x^2 + 12x^3
    const Fq12 second = third * m2x.conjugate();                      // 4x + 6x^2 + 12x^3
    const Fq12 first = third * m6x2 * m;                              // 1 + 6x + 12x^2 + 12x^3
    const Fq12 fourth = second * m.conjugate();                       // -1 + 4x + 6x^2 + 12x^3
    return first * (second * (third * fourth.frobenius()).frobenius()).frobenius() == Fq12::one();
  }

  /// m^x in the cyclotomic subgroup.
  static Fq12 power(const Fq12& m) {
    Fq12 result = m;
    for (int i = 61; i >= 0; i--) {
      result = result.cyclotomicSquare();
      if ((bnParameter >> i & 1) != 0) result = result * m;
    }
    return result;
  }

  std::vector<Pair> pairs_;
  std::vector<G2Point> summands_;
  std::vector<Fq2> denominators_, before_;
};

}  // namespace millrace
