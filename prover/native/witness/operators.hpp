// circom's operators on elements of the scalar field. What each of them means: prover/witness-program/operators.ts.
#pragma once

#include "../field/prime_field.hpp"

namespace millrace {

template <class Fr>
struct CircomOperators {
  static constexpr unsigned bits = 254;
  static constexpr Limbs order = ScalarPrime::modulus.p;

  static bool isTrue(const Fr& a) { return !a.isZero(); }
  static Fr truth(bool holds) { return holds ? Fr::one() : Fr(); }

  /// 1 / 0 is 0.
  static Fr divide(const Fr& a, const Fr& b) { return a * b.inverse(); }

  static Fr power(const Fr& a, const Fr& b) { return a.power(b.toLimbs()); }

  /// Quotient and remainder of the plain numbers; b is not 0.
  static Fr quotient(const Fr& a, const Fr& b) { return Fr::fromLimbs(divided(a.toLimbs(), b.toLimbs()).quotient); }
  static Fr remainder(const Fr& a, const Fr& b) { return Fr::fromLimbs(divided(a.toLimbs(), b.toLimbs()).remainder); }

  static Fr shiftLeft(const Fr& a, const Fr& b) { return shift(a.toLimbs(), b.toLimbs(), true); }
  static Fr shiftRight(const Fr& a, const Fr& b) { return shift(a.toLimbs(), b.toLimbs(), false); }

  static Fr bitAnd(const Fr& a, const Fr& b) {
    return combined(a, b, [](uint64_t x, uint64_t y) { return x & y; });
  }
  static Fr bitOr(const Fr& a, const Fr& b) {
    return combined(a, b, [](uint64_t x, uint64_t y) { return x | y; });
  }
  static Fr bitXor(const Fr& a, const Fr& b) {
    return combined(a, b, [](uint64_t x, uint64_t y) { return x ^ y; });
  }
  static Fr bitNot(const Fr& a) {
    return combined(a, a, [](uint64_t x, uint64_t) { return ~x; });
  }

  /// `width` bits from bit `low` up, 1 <= width, low + width <= 254.
  static Fr cut(const Fr& a, unsigned low, unsigned width) {
    Limbs plain = shiftedRight(a.toLimbs(), low);
    if (width == 1) return truth((plain[0] & 1) != 0);
    for (unsigned i = 0; i < 4; i++) {
      const unsigned start = 64 * i;
      if (width <= start) plain[i] = 0;
      else if (width < start + 64) plain[i] &= ~uint64_t{0} >> (start + 64 - width);
    }
    return Fr::fromLimbs(plain);
  }

  /// As signed numbers: above (r - 1) / 2 they are negative.
  static bool lessThan(const Fr& a, const Fr& b) {
    const Limbs x = a.toLimbs(), y = b.toLimbs();
    const bool negative = less(half, x);
    return negative == less(half, y) ? less(x, y) : negative;
  }

 private:
  struct Division {
    Limbs quotient, remainder;
  };

  static constexpr Limbs half = [] {
    Limbs h{};
    for (int i = 0; i < 4; i++) h[i] = order[i] >> 1 | (i < 3 ? order[i + 1] << 63 : 0);
    return h;
  }();

  /// Bit by bit; a and b are below 2^254.
  static Division divided(const Limbs& a, const Limbs& b) {
    Division r{};
    for (int i = bits - 1; i >= 0; i--) {
      r.remainder = shiftedLeft(r.remainder, 1);
      r.remainder[0] |= a[i / 64] >> (i % 64) & 1;
      if (less(r.remainder, b)) continue;
      r.remainder = subtractWrapping(r.remainder, b);
      r.quotient[i / 64] |= uint64_t{1} << (i % 64);
    }
    return r;
  }

  static Fr shift(const Limbs& a, Limbs by, bool left) {
    if (less(half, by)) {
      by = subtractWrapping(order, by);
      left = !left;
    }
    if (!less(by, Limbs{bits, 0, 0, 0})) return Fr();
    const auto count = static_cast<unsigned>(by[0]);
    return fromBits(left ? shiftedLeft(a, count) : shiftedRight(a, count));
  }

  template <class Combine>
  static Fr combined(const Fr& a, const Fr& b, Combine combine) {
    const Limbs x = a.toLimbs(), y = b.toLimbs();
    Limbs r;
    for (int i = 0; i < 4; i++) r[i] = combine(x[i], y[i]);
    return fromBits(r);
  }

  /// From the low 254 bits of a number; 2^254 < 2r.
  static Fr fromBits(Limbs number) {
    number[3] &= ~uint64_t{0} >> 2;
    return Fr::fromLimbs(less(number, order) ? number : subtractWrapping(number, order));
  }

  /// By less than 256 bits.
  static Limbs shiftedLeft(const Limbs& a, unsigned count) {
    const unsigned words = count / 64, rest = count % 64;
    Limbs r{};
    for (unsigned i = words; i < 4; i++) {
      r[i] = a[i - words] << rest;
      if (rest != 0 && i > words) r[i] |= a[i - words - 1] >> (64 - rest);
    }
    return r;
  }

  static Limbs shiftedRight(const Limbs& a, unsigned count) {
    const unsigned words = count / 64, rest = count % 64;
    Limbs r{};
    for (unsigned i = 0; i + words < 4; i++) {
      r[i] = a[i + words] >> rest;
      if (rest != 0 && i + words < 3) r[i] |= a[i + words + 1] << (64 - rest);
    }
    return r;
  }
};

}  // namespace millrace
