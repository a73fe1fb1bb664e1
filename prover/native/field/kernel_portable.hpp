// Montgomery arithmetic on four limbs in plain C++: the CIOS method of Koc, Acar
// and Kaliski ("Analyzing and comparing Montgomery multiplication algorithms",
// 1996), in the variant without the extra carry word that p < 2^254 allows.
// Works on every 64-bit machine with a 128-bit integer type.
//
// All operands and results are below p.
#pragma once

#include "limbs.hpp"

namespace millrace {

struct PortableKernel {
  static constexpr const char* name = "portable";

  static inline void multiply(Limbs& out, const Limbs& a, const Limbs& b, const Modulus& m) {
    uint64_t t[4] = {0, 0, 0, 0};
    for (int i = 0; i < 4; i++) {
      // Invariant: t < 2p. Each round adds a[i]*b and a multiple of p, then divides by 2^64;
      // both high words together stay below 2^64 because p's top limb is below 2^62.
      Uint128 product = static_cast<Uint128>(a[i]) * b[0] + t[0];
      const uint64_t quotient = static_cast<uint64_t>(product) * m.negativeInverse;
      Uint128 reduced = static_cast<Uint128>(quotient) * m.p[0] + static_cast<uint64_t>(product);
      for (int j = 1; j < 4; j++) {
        product = static_cast<Uint128>(a[i]) * b[j] + t[j] + static_cast<uint64_t>(product >> 64);
        reduced = static_cast<Uint128>(quotient) * m.p[j] + static_cast<uint64_t>(product) +
                  static_cast<uint64_t>(reduced >> 64);
        t[j - 1] = static_cast<uint64_t>(reduced);
      }
      t[3] = static_cast<uint64_t>(product >> 64) + static_cast<uint64_t>(reduced >> 64);
    }
    out = reduceOnce({t[0], t[1], t[2], t[3]}, m);
  }

  static inline void add(Limbs& out, const Limbs& a, const Limbs& b, const Modulus& m) {
    Limbs sum;
    uint64_t carry = 0;
    for (int i = 0; i < 4; i++) {
      const Uint128 word = static_cast<Uint128>(a[i]) + b[i] + carry;
      sum[i] = static_cast<uint64_t>(word);
      carry = static_cast<uint64_t>(word >> 64);
    }
    out = reduceOnce(sum, m);
  }

  static inline void subtract(Limbs& out, const Limbs& a, const Limbs& b, const Modulus& m) {
    Limbs difference;
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++) {
      const Uint128 word = static_cast<Uint128>(a[i]) - b[i] - borrow;
      difference[i] = static_cast<uint64_t>(word);
      borrow = static_cast<uint64_t>(word >> 64) & 1;
    }
    const uint64_t mask = 0 - borrow;
    uint64_t carry = 0;
    for (int i = 0; i < 4; i++) {
      const Uint128 word = static_cast<Uint128>(difference[i]) + (m.p[i] & mask) + carry;
      out[i] = static_cast<uint64_t>(word);
      carry = static_cast<uint64_t>(word >> 64);
    }
  }

 private:
  /// t mod p for t < 2p, without a branch.
  static inline Limbs reduceOnce(const Limbs& t, const Modulus& m) {
    Limbs difference;
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++) {
      const Uint128 word = static_cast<Uint128>(t[i]) - m.p[i] - borrow;
      difference[i] = static_cast<uint64_t>(word);
      borrow = static_cast<uint64_t>(word >> 64) & 1;
    }
    const uint64_t keep = 0 - borrow;
    Limbs out;
    for (int i = 0; i < 4; i++) out[i] = (t[i] & keep) | (difference[i] & ~keep);
    return out;
  }
};

}  // namespace millrace
