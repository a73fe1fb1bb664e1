// Inverses modulo an odd prime by Bernstein's and Yang's division steps ("Fast
// constant-time gcd computation and modular inversion", 2019), 62 steps at a time, in
// the variable-time form that libsecp256k1 (MIT licence) describes in
// doc/safegcd_implementation.md. About ten times as fast as a power.
//
// Numbers are five limbs of 62 bits, the highest one signed.
// - f and g start below 2^256 in absolute value and never grow; 62 steps divide a
//   combination of them with coefficients of at most 2^62 in absolute value by 2^62.
// - d and e stay in (-2p, p): updated the same way, with the multiples of p that make
//   the low 62 bits zero and keep the range.
#pragma once

#include "limbs.hpp"

namespace millrace {

class ModularInverse {
 public:
  /// For an odd prime below 2^255.
  explicit constexpr ModularInverse(const Limbs& prime)
      : modulus_(split(prime)), inverse62_((~negativeInverse(prime[0]) + 1) & mask) {}

  /// 1/x mod p, and 0 for 0; x is below p. Time depends on x.
  Limbs operator()(const Limbs& x) const {
    Number d{}, e{{1}}, f = modulus_, g = split(x);
    int length = 5;
    int64_t eta = -1;
    for (;;) {
      const Matrix step = divisionSteps(eta, static_cast<uint64_t>(f.limb[0]), static_cast<uint64_t>(g.limb[0]));
      updateCofactors(d, e, step);
      updateValues(f, g, step, length);
      int64_t rest = 0;
      for (int i = 0; i < length; i++) rest |= g.limb[i];
      if (rest == 0) break;
      dropLimb(f, g, length);
    }
    // f is now 1 or -1 (or p, if x was 0 and with it d), and d x = f mod p.
    return join(normalized(d, f.limb[length - 1] < 0));
  }

 private:
  struct Number {
    int64_t limb[5];
  };

  /// 2^62 (f, g)' = (u f + v g, q f + r g) after 62 steps.
  struct Matrix {
    int64_t u, v, q, r;
  };

  static constexpr uint64_t mask = ~uint64_t{0} >> 2;

  static constexpr Number split(const Limbs& x) {
    const auto part = [](uint64_t value) { return static_cast<int64_t>(value & mask); };
    return {{part(x[0]), part(x[0] >> 62 | x[1] << 2), part(x[1] >> 60 | x[2] << 4), part(x[2] >> 58 | x[3] << 6),
             static_cast<int64_t>(x[3] >> 56)}};
  }

  static Limbs join(const Number& n) {
    const auto limb = [&](int i) { return static_cast<uint64_t>(n.limb[i]); };
    return {limb(0) | limb(1) << 62, limb(1) >> 2 | limb(2) << 60, limb(2) >> 4 | limb(3) << 58, limb(3) >> 6 | limb(4) << 56};
  }

  static Matrix divisionSteps(int64_t& eta, uint64_t f, uint64_t g) {
    uint64_t u = 1, v = 0, q = 0, r = 1;
    for (int left = 62;;) {
      // Steps in which g is even only halve it.
      const int zeros = __builtin_ctzll(g | ~uint64_t{0} << left);
      g >>= zeros;
      u <<= zeros;
      v <<= zeros;
      eta -= zeros;
      left -= zeros;
      if (left == 0) break;
      uint64_t multiple;
      if (eta < 0) {
        eta = -eta;
        const uint64_t oldF = f, oldU = u, oldV = v;
        f = g;
        g = 0 - oldF;
        u = q;
        q = 0 - oldU;
        v = r;
        r = 0 - oldV;
        // As many low bits of g are cancelled as steps are left before the next swap, at most 6.
        multiple = f * g * (f * f - 2) & lowBits(eta, left) & 63;
      } else {
        multiple = (0 - (f + (((f + 1) & 4) << 1))) * g & lowBits(eta, left) & 15;
      }
      g += f * multiple;
      q += u * multiple;
      r += v * multiple;
    }
    return {static_cast<int64_t>(u), static_cast<int64_t>(v), static_cast<int64_t>(q), static_cast<int64_t>(r)};
  }

  static uint64_t lowBits(int64_t eta, int left) {
    const int64_t steps = eta + 1 < left ? eta + 1 : left;
    return ~uint64_t{0} >> (64 - steps);
  }

  void updateCofactors(Number& d, Number& e, const Matrix& t) const {
    const int64_t negativeD = d.limb[4] >> 63, negativeE = e.limb[4] >> 63;
    int64_t multipleD = (t.u & negativeD) + (t.v & negativeE), multipleE = (t.q & negativeD) + (t.r & negativeE);
    Int128 carryD = product(t.u, d.limb[0]) + product(t.v, e.limb[0]);
    Int128 carryE = product(t.q, d.limb[0]) + product(t.r, e.limb[0]);
    multipleD -= static_cast<int64_t>((inverse62_ * static_cast<uint64_t>(carryD) + static_cast<uint64_t>(multipleD)) & mask);
    multipleE -= static_cast<int64_t>((inverse62_ * static_cast<uint64_t>(carryE) + static_cast<uint64_t>(multipleE)) & mask);
    carryD = (carryD + product(modulus_.limb[0], multipleD)) >> 62;
    carryE = (carryE + product(modulus_.limb[0], multipleE)) >> 62;
    for (int i = 1; i < 5; i++) {
      carryD += product(t.u, d.limb[i]) + product(t.v, e.limb[i]) + product(modulus_.limb[i], multipleD);
      carryE += product(t.q, d.limb[i]) + product(t.r, e.limb[i]) + product(modulus_.limb[i], multipleE);
      d.limb[i - 1] = static_cast<int64_t>(static_cast<uint64_t>(carryD) & mask);
      e.limb[i - 1] = static_cast<int64_t>(static_cast<uint64_t>(carryE) & mask);
      carryD >>= 62;
      carryE >>= 62;
    }
    d.limb[4] = static_cast<int64_t>(carryD);
    e.limb[4] = static_cast<int64_t>(carryE);
  }

  static void updateValues(Number& f, Number& g, const Matrix& t, int length) {
    Int128 carryF = (product(t.u, f.limb[0]) + product(t.v, g.limb[0])) >> 62;
    Int128 carryG = (product(t.q, f.limb[0]) + product(t.r, g.limb[0])) >> 62;
    for (int i = 1; i < length; i++) {
      carryF += product(t.u, f.limb[i]) + product(t.v, g.limb[i]);
      carryG += product(t.q, f.limb[i]) + product(t.r, g.limb[i]);
      f.limb[i - 1] = static_cast<int64_t>(static_cast<uint64_t>(carryF) & mask);
      g.limb[i - 1] = static_cast<int64_t>(static_cast<uint64_t>(carryG) & mask);
      carryF >>= 62;
      carryG >>= 62;
    }
    f.limb[length - 1] = static_cast<int64_t>(carryF);
    g.limb[length - 1] = static_cast<int64_t>(carryG);
  }

  /// Gives up the highest limbs once they are only signs.
  static void dropLimb(Number& f, Number& g, int& length) {
    const int64_t highF = f.limb[length - 1], highG = g.limb[length - 1];
    if (length < 2 || (highF != 0 && highF != -1) || (highG != 0 && highG != -1)) return;
    f.limb[length - 2] |= static_cast<int64_t>(static_cast<uint64_t>(highF) << 62);
    g.limb[length - 2] |= static_cast<int64_t>(static_cast<uint64_t>(highG) << 62);
    length--;
  }

  /// d or -d mod p, for d in (-2p, p).
  Number normalized(Number d, bool negate) const {
    if (d.limb[4] < 0) addModulus(d);
    if (negate) {
      for (int64_t& limb : d.limb) limb = -limb;
    }
    carry(d);
    if (d.limb[4] < 0) addModulus(d);
    carry(d);
    return d;
  }

  void addModulus(Number& d) const {
    for (int i = 0; i < 5; i++) d.limb[i] += modulus_.limb[i];
  }

  static void carry(Number& d) {
    for (int i = 0; i < 4; i++) {
      d.limb[i + 1] += d.limb[i] >> 62;
      d.limb[i] = static_cast<int64_t>(static_cast<uint64_t>(d.limb[i]) & mask);
    }
  }

  static Int128 product(int64_t a, int64_t b) { return static_cast<Int128>(a) * b; }

  Number modulus_;
  uint64_t inverse62_;
};

}  // namespace millrace
