// Fq2 = Fq[u] / (u^2 + 1), the coordinates of G2.
#pragma once

#include "prime_field.hpp"

namespace millrace {

template <class Base>
class QuadraticField {
 public:
  static constexpr size_t bytes = 2 * Base::bytes;

  constexpr QuadraticField() = default;
  constexpr QuadraticField(const Base& real, const Base& imaginary) : c0_(real), c1_(imaginary) {}

  static constexpr QuadraticField one() { return {Base::one(), Base()}; }

  const Base& real() const { return c0_; }
  const Base& imaginary() const { return c1_; }
  Base& real() { return c0_; }
  Base& imaginary() { return c1_; }

  /// c0 then c1, each in Montgomery form, little endian: snarkjs's layout in files.
  static QuadraticField loadMontgomery(const uint8_t* in) {
    return {Base::loadMontgomery(in), Base::loadMontgomery(in + Base::bytes)};
  }

  void storeMontgomery(uint8_t* out) const {
    c0_.storeMontgomery(out);
    c1_.storeMontgomery(out + Base::bytes);
  }

  /// c1 then c0, plain, big endian: the whole number reversed, as snarkjs hashes it.
  void storeBigEndian(uint8_t* out) const {
    c1_.storeBigEndian(out);
    c0_.storeBigEndian(out + Base::bytes);
  }

  bool isZero() const { return c0_.isZero() && c1_.isZero(); }
  bool operator==(const QuadraticField& o) const { return c0_ == o.c0_ && c1_ == o.c1_; }
  bool operator!=(const QuadraticField& o) const { return !(*this == o); }

  QuadraticField operator+(const QuadraticField& o) const { return {c0_ + o.c0_, c1_ + o.c1_}; }
  QuadraticField operator-(const QuadraticField& o) const { return {c0_ - o.c0_, c1_ - o.c1_}; }
  QuadraticField operator-() const { return {-c0_, -c1_}; }

  /// Karatsuba: three multiplications.
  QuadraticField operator*(const QuadraticField& o) const {
    const Base real = c0_ * o.c0_, imaginary = c1_ * o.c1_;
    return {real - imaginary, (c0_ + c1_) * (o.c0_ + o.c1_) - real - imaginary};
  }

  /// (c0 + c1)(c0 - c1) + 2 c0 c1 u: two multiplications.
  QuadraticField squared() const {
    const Base cross = c0_ * c1_;
    return {(c0_ + c1_) * (c0_ - c1_), cross + cross};
  }

  /// 1/x, and 0 for 0: the conjugate over the norm c0^2 + c1^2.
  QuadraticField inverse() const {
    const Base scale = (c0_.squared() + c1_.squared()).inverse();
    return {c0_ * scale, -(c1_ * scale)};
  }

 private:
  Base c0_, c1_;
};

}  // namespace millrace
