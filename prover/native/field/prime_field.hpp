// The two prime fields of BN254 over a chosen kernel. Elements are held in
// Montgomery form (x * 2^256 mod p), always fully reduced, so that equality is
// equality of limbs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "limbs.hpp"
#include "modular_inverse.hpp"

namespace millrace {

/// Coordinates of the curve's points.
struct BasePrime {
  static constexpr Modulus modulus{
      Limbs{0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d, 0x30644e72e131a029}};
};

/// Scalars: the order of the groups, the field of circom's signals. r - 1 = 2^28 * odd.
struct ScalarPrime {
  static constexpr Modulus modulus{
      Limbs{0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029}};
};

template <class Prime, class Kernel>
class PrimeField {
 public:
  static constexpr size_t bytes = 32;
  static constexpr const Modulus& modulus = Prime::modulus;

  /// Zero.
  constexpr PrimeField() : limbs_{} {}

  static constexpr PrimeField one() { return PrimeField(modulus.r1); }

  static PrimeField fromInteger(uint64_t value) { return fromLimbs({value, 0, 0, 0}); }

  /// From a plain integer below p.
  static PrimeField fromLimbs(const Limbs& plain) {
    PrimeField r;
    Kernel::multiply(r.limbs_, plain, modulus.r2, modulus);
    return r;
  }

  Limbs toLimbs() const {
    Limbs plain;
    Kernel::multiply(plain, limbs_, Limbs{1, 0, 0, 0}, modulus);
    return plain;
  }

  /// The element whose representation in memory is this one. Below p.
  static constexpr PrimeField fromRepresentation(const Limbs& limbs) { return PrimeField(limbs); }
  const Limbs& representation() const { return limbs_; }

  /// a * b / 2^256, where b is below p and a is any integer.
  static PrimeField montgomeryProduct(const Limbs& a, const Limbs& b) {
    PrimeField r;
    Kernel::multiply(r.limbs_, a, b, modulus);
    return r;
  }

  /// 32 bytes, little endian, as they are in memory: no conversion, no check.
  static PrimeField loadMontgomery(const uint8_t* in) {
    PrimeField r;
    std::memcpy(r.limbs_.data(), in, bytes);
    return r;
  }

  void storeMontgomery(uint8_t* out) const { std::memcpy(out, limbs_.data(), bytes); }

  /// The plain integer as 32 bytes, little endian.
  void storePlain(uint8_t* out) const {
    const Limbs plain = toLimbs();
    std::memcpy(out, plain.data(), bytes);
  }

  /// The plain integer as 32 bytes, big endian.
  void storeBigEndian(uint8_t* out) const {
    const Limbs plain = toLimbs();
    for (size_t i = 0; i < bytes; i++) out[i] = static_cast<uint8_t>(plain[3 - i / 8] >> (56 - 8 * (i % 8)));
  }

  bool isZero() const { return (limbs_[0] | limbs_[1] | limbs_[2] | limbs_[3]) == 0; }
  bool operator==(const PrimeField& other) const { return limbs_ == other.limbs_; }
  bool operator!=(const PrimeField& other) const { return limbs_ != other.limbs_; }

  PrimeField operator+(const PrimeField& other) const {
    PrimeField r;
    Kernel::add(r.limbs_, limbs_, other.limbs_, modulus);
    return r;
  }

  PrimeField operator-(const PrimeField& other) const {
    PrimeField r;
    Kernel::subtract(r.limbs_, limbs_, other.limbs_, modulus);
    return r;
  }

  PrimeField operator-() const { return PrimeField() - *this; }

  PrimeField operator*(const PrimeField& other) const {
    PrimeField r;
    Kernel::multiply(r.limbs_, limbs_, other.limbs_, modulus);
    return r;
  }

  PrimeField squared() const { return *this * *this; }

  PrimeField power(const Limbs& exponent) const {
    PrimeField r = one();
    for (int i = 255; i >= 0; i--) {
      r = r.squared();
      if ((exponent[i / 64] >> (i % 64) & 1) != 0) r = r * *this;
    }
    return r;
  }

  /// 1/x, and 0 for 0. Time depends on x.
  PrimeField inverse() const {
    // The plain inverse of x R is x^-1 R^-1; times R^3 over R it is x^-1 R.
    static constexpr ModularInverse invert(modulus.p);
    return montgomeryProduct(invert(limbs_), modulus.r3);
  }

 private:
  explicit constexpr PrimeField(const Limbs& limbs) : limbs_(limbs) {}

  Limbs limbs_;
};

}  // namespace millrace
