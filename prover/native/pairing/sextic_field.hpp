// Fq6 = Fq2[v] / (v^3 - xi) with xi = 9 + u, the middle of the tower to Fq12.
#pragma once

#include "../field/quadratic_field.hpp"

namespace millrace {

/// xi * a.
template <class Fq2>
inline Fq2 timesXi(const Fq2& a) {
  const auto nine = [](const auto& x) {
    const auto twice = x + x, four = twice + twice;
    return four + four + x;
  };
  return {nine(a.real()) - a.imaginary(), nine(a.imaginary()) + a.real()};
}

template <class Fq2>
struct SexticField {
  /// c0 + c1 v + c2 v^2.
  Fq2 c0, c1, c2;

  static SexticField one() { return {Fq2::one(), Fq2(), Fq2()}; }

  bool operator==(const SexticField& o) const { return c0 == o.c0 && c1 == o.c1 && c2 == o.c2; }

  SexticField operator+(const SexticField& o) const { return {c0 + o.c0, c1 + o.c1, c2 + o.c2}; }
  SexticField operator-(const SexticField& o) const { return {c0 - o.c0, c1 - o.c1, c2 - o.c2}; }
  SexticField operator-() const { return {-c0, -c1, -c2}; }

  /// Karatsuba for three terms: six multiplications.
  SexticField operator*(const SexticField& o) const {
    const Fq2 t0 = c0 * o.c0, t1 = c1 * o.c1, t2 = c2 * o.c2;
    return {t0 + timesXi((c1 + c2) * (o.c1 + o.c2) - t1 - t2), (c0 + c1) * (o.c0 + o.c1) - t0 - t1 + timesXi(t2),
            (c0 + c2) * (o.c0 + o.c2) - t0 - t2 + t1};
  }

  /// Times a + b v: five multiplications.
  SexticField timesLinear(const Fq2& a, const Fq2& b) const {
    const Fq2 t0 = c0 * a, t1 = c1 * b;
    return {t0 + timesXi(c2 * b), (c0 + c1) * (a + b) - t0 - t1, t1 + c2 * a};
  }

  SexticField timesV() const { return {timesXi(c2), c0, c1}; }

  /// Not of 0. Beuchat et al., "High-Speed Software Implementation of the Optimal Ate Pairing over
  /// Barreto-Naehrig Curves" (2010), algorithm 17.
  SexticField inverse() const {
    const Fq2 a = c0.squared() - timesXi(c1 * c2), b = timesXi(c2.squared()) - c0 * c1, c = c1.squared() - c0 * c2;
    const Fq2 scale = (c0 * a + timesXi(c2 * b + c1 * c)).inverse();
    return {a * scale, b * scale, c * scale};
  }
};

}  // namespace millrace
