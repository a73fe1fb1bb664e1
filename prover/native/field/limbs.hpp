// 256-bit integers as four 64-bit limbs, least significant first, and the
// constants of a prime modulus that Montgomery arithmetic needs. Everything here
// is evaluated at compile time from the prime alone.
#pragma once

#include <array>
#include <cstdint>

namespace millrace {

using Limbs = std::array<uint64_t, 4>;

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 Uint128;

constexpr bool less(const Limbs& a, const Limbs& b) {
  for (int i = 3; i >= 0; i--) {
    if (a[i] != b[i]) return a[i] < b[i];
  }
  return false;
}

/// a - b modulo 2^256.
constexpr Limbs subtractWrapping(const Limbs& a, const Limbs& b) {
  Limbs r{};
  uint64_t borrow = 0;
  for (int i = 0; i < 4; i++) {
    const uint64_t partial = a[i] - b[i];
    const uint64_t borrowed = a[i] < b[i];
    r[i] = partial - borrow;
    borrow = borrowed | (partial < borrow);
  }
  return r;
}

/// 2^bits mod p, for p < 2^255.
constexpr Limbs powerOfTwo(int bits, const Limbs& p) {
  Limbs r{1, 0, 0, 0};
  for (int i = 0; i < bits; i++) {
    r = {r[0] << 1, r[1] << 1 | r[0] >> 63, r[2] << 1 | r[1] >> 63, r[3] << 1 | r[2] >> 63};
    if (!less(r, p)) r = subtractWrapping(r, p);
  }
  return r;
}

/// -1/p mod 2^64 for odd p, by Newton's iteration (each step doubles the correct bits, from 3).
constexpr uint64_t negativeInverse(uint64_t p) {
  uint64_t inverse = p;
  for (int i = 0; i < 5; i++) inverse *= 2 - p * inverse;
  return ~inverse + 1;
}

/// A prime p < 2^254 with R = 2^256. The layout is read by the assembly kernel:
/// p at byte 0, -1/p mod 2^64 at byte 32.
struct Modulus {
  Limbs p;
  uint64_t negativeInverse;
  Limbs r1;  // R mod p: the number one in Montgomery form
  Limbs r2;  // R^2 mod p
  Limbs r3;  // R^3 mod p

  explicit constexpr Modulus(const Limbs& prime)
      : p(prime),
        negativeInverse(millrace::negativeInverse(prime[0])),
        r1(powerOfTwo(256, prime)),
        r2(powerOfTwo(512, prime)),
        r3(powerOfTwo(768, prime)) {}
};

}  // namespace millrace
