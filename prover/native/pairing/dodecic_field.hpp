// Fq12 = Fq6[w] / (w^2 - v), so that w^6 = xi: where pairings have their values.
#pragma once

#include "sextic_field.hpp"

namespace millrace {

template <class Fq2>
class DodecicField {
 public:
  using Fq6 = SexticField<Fq2>;

  DodecicField() = default;

  static DodecicField one() { return {Fq6::one(), Fq6()}; }

  bool operator==(const DodecicField& o) const { return c0_ == o.c0_ && c1_ == o.c1_; }

  DodecicField operator*(const DodecicField& o) const {
    const Fq6 t0 = c0_ * o.c0_, t1 = c1_ * o.c1_;
    return {t0 + t1.timesV(), (c0_ + c1_) * (o.c0_ + o.c1_) - t0 - t1};
  }

  /// (c0 + c1)(c0 + v c1) - c0 c1 - v c0 c1 + 2 c0 c1 w.
  DodecicField squared() const {
    const Fq6 cross = c0_ * c1_;
    return {(c0_ + c1_) * (c0_ + c1_.timesV()) - cross - cross.timesV(), cross + cross};
  }

  /// Times 1 + a w + b w^3, the form of a line.
  DodecicField timesLine(const Fq2& a, const Fq2& b) const {
    return {c0_ + c1_.timesLinear(a, b).timesV(), c1_ + c0_.timesLinear(a, b)};
  }

  /// x^(q^6): c0 - c1 w. The inverse, where x^(q^6 + 1) = 1.
  DodecicField conjugate() const { return {c0_, -c1_}; }

  /// Not of 0.
  DodecicField inverse() const {
    const Fq6 scale = (c0_ * c0_ - (c1_ * c1_).timesV()).inverse();
    return {c0_ * scale, -(c1_ * scale)};
  }

  /// x^q. With g = xi^((q - 1) / 6), w^q = g w.
  DodecicField frobenius() const {
    const auto powers = frobeniusPowers();
    const auto bar = [](const Fq2& a) { return Fq2(a.real(), -a.imaginary()); };
    return {{bar(c0_.c0), bar(c0_.c1) * powers[2], bar(c0_.c2) * powers[4]},
            {bar(c1_.c0) * powers[1], bar(c1_.c1) * powers[3], bar(c1_.c2) * powers[5]}};
  }

  /// x^2 where x^(q^4 - q^2 + 1) = 1. R. Granger, M. Scott, "Faster squaring in the cyclotomic subgroup of sixth degree
  /// extensions" (2010): over Fq4 = Fq2[s] / (s^2 - xi) with s = w^3 and x = A + B w + C w^2, the square is
  /// 3 A^2 - 2 A' + (3 s C^2 + 2 B') w + (3 B^2 - 2 C') w^2, where ' turns s into -s.
  DodecicField cyclotomicSquare() const {
    const auto [a0, a1] = quarticSquare(c0_.c0, c1_.c1);
    const auto [b0, b1] = quarticSquare(c1_.c0, c0_.c2);
    const auto [d0, d1] = quarticSquare(c0_.c1, c1_.c2);
    // 3 t - 2 x and 3 t + 2 x.
    const auto less = [](const Fq2& t, const Fq2& x) {
      const Fq2 d = t - x;
      return d + d + t;
    };
    const auto more = [](const Fq2& t, const Fq2& x) {
      const Fq2 d = t + x;
      return d + d + t;
    };
    return {{less(a0, c0_.c0), less(b0, c0_.c1), less(d0, c0_.c2)},
            {more(timesXi(d1), c1_.c0), more(a1, c1_.c1), more(b1, c1_.c2)}};
  }

  /// g^0 .. g^5 with g = xi^((q - 1) / 6).
  static const std::array<Fq2, 6>& frobeniusPowers() {
    static const std::array<Fq2, 6> powers = [] {
      Limbs exponent{};  // (q - 1) / 6, from the top
      Uint128 rest = 0;
      for (int i = 3; i >= 0; i--) {
        rest = rest << 64 | (BasePrime::modulus.p[static_cast<size_t>(i)] - (i == 0 ? 1 : 0));
        exponent[static_cast<size_t>(i)] = static_cast<uint64_t>(rest / 6);
        rest %= 6;
      }
      const Fq2 xi = timesXi(Fq2::one());
      std::array<Fq2, 6> all;
      all[0] = all[1] = Fq2::one();
      for (int i = 255; i >= 0; i--) {
        all[1] = all[1].squared();
        if ((exponent[static_cast<size_t>(i / 64)] >> (i % 64) & 1) != 0) all[1] = all[1] * xi;
      }
      for (size_t i = 2; i < all.size(); i++) all[i] = all[i - 1] * all[1];
      return all;
    }();
    return powers;
  }

 private:
  DodecicField(const Fq6& c0, const Fq6& c1) : c0_(c0), c1_(c1) {}

  /// (a + b s)^2 by its two coefficients.
  static std::array<Fq2, 2> quarticSquare(const Fq2& a, const Fq2& b) {
    const Fq2 a2 = a.squared(), b2 = b.squared();
    return {a2 + timesXi(b2), (a + b).squared() - a2 - b2};
  }

  Fq6 c0_, c1_;
};

}  // namespace millrace
