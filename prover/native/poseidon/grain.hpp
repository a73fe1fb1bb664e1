// The pseudorandom stream that Poseidon's constants are drawn from: the Grain LFSR in
// self-shrinking mode, seeded by the instance's own parameters (Grassi, Khovratovich,
// Rechberger, Roy, Schofnegger, "Poseidon: A New Hash Function for Zero-Knowledge Proof
// Systems", USENIX Security 2021, appendix F).
#pragma once

#include "../field/limbs.hpp"
#include "../field/kernel_portable.hpp"

namespace millrace {

class Grain {
 public:
  /// For a prime field of 254 bits and the S-box x^5; `width` elements of state.
  Grain(unsigned width, unsigned fullRounds, unsigned partialRounds) {
    append(1, 2);    // a prime field
    append(0, 4);    // the S-box is a power
    append(254, 12); // bits of the prime
    append(width, 12);
    append(fullRounds, 10);
    append(partialRounds, 10);
    append((1u << 30) - 1, 30);
    for (int i = 0; i < 160; i++) clock();
  }

  /// The next 254 bits as an integer, the first bit highest.
  Limbs next() {
    Limbs value{};
    for (int i = 253; i >= 0; i--) value[i / 64] |= bit() << (i % 64);
    return value;
  }

  /// The next integer below the prime; larger ones are passed over.
  Limbs nextBelow(const Limbs& prime) {
    Limbs value;
    do value = next();
    while (!less(value, prime));
    return value;
  }

 private:
  static constexpr int stateBits = 80;

  /// Seeds with the `bits` lowest bits of a number, its highest bit first.
  void append(unsigned number, int bits) {
    for (int i = bits - 1; i >= 0; i--) state_ |= static_cast<Uint128>(number >> i & 1) << filled_++;
  }

  uint64_t tap(int i) const { return static_cast<uint64_t>(state_ >> i) & 1; }

  uint64_t clock() {
    const uint64_t fresh = tap(62) ^ tap(51) ^ tap(38) ^ tap(23) ^ tap(13) ^ tap(0);
    state_ = state_ >> 1 | static_cast<Uint128>(fresh) << (stateBits - 1);
    return fresh;
  }

  /// Bits come in pairs: the second one counts where the first is 1.
  uint64_t bit() {
    for (;;) {
      const uint64_t counts = clock(), value = clock();
      if (counts != 0) return value;
    }
  }

  /// Bit i is the i-th oldest.
  Uint128 state_ = 0;
  int filled_ = 0;
};

}  // namespace millrace
