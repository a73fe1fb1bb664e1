// BN254 (alt_bn128): y^2 = x^3 + 3 over Fq, and its sextic twist over Fq2, both of
// prime order r. Constants of EIP-196 and EIP-197.
#pragma once

#include "../field/quadratic_field.hpp"

namespace millrace {

/// A point in affine coordinates; (0, 0), which is on neither curve, is the point at infinity. Aligned to cache lines.
template <class Field>
struct alignas(64) AffinePoint {
  static constexpr size_t bytes = 2 * Field::bytes;

  Field x, y;

  bool isInfinity() const { return x.isZero() && y.isZero(); }
  AffinePoint operator-() const { return {x, -y}; }

  /// x then y in Montgomery form: the layout of points in zkey and ptau files.
  static AffinePoint loadMontgomery(const uint8_t* in) {
    return {Field::loadMontgomery(in), Field::loadMontgomery(in + Field::bytes)};
  }

  void storeMontgomery(uint8_t* out) const {
    x.storeMontgomery(out);
    y.storeMontgomery(out + Field::bytes);
  }

  /// x then y, plain, big endian; all zero at infinity. The layout that snarkjs hashes.
  void storeBigEndian(uint8_t* out) const {
    x.storeBigEndian(out);
    y.storeBigEndian(out + Field::bytes);
  }

  AffinePoint doubled() const {
    if (y.isZero()) return {};
    const Field square = x.squared();
    const Field slope = (square + square + square) * (y + y).inverse();
    const Field newX = slope.squared() - x - x;
    return {newX, slope * (x - newX) - y};
  }
};

/// Types and generators of the curve over one kernel.
template <class Kernel>
struct Bn254 {
  using Fq = PrimeField<BasePrime, Kernel>;
  using Fr = PrimeField<ScalarPrime, Kernel>;
  using Fq2 = QuadraticField<Fq>;

  /// y^2 = x^3 + 3. False at infinity.
  static bool isOnCurve(const AffinePoint<Fq>& p) {
    return p.y.squared() == p.x.squared() * p.x + Fq::fromInteger(3);
  }

  /// The twist, y^2 = x^3 + 3 / (9 + u). It has points outside the subgroup of order r too. False at infinity.
  static bool isOnCurve(const AffinePoint<Fq2>& p) {
    static const Fq2 b = Fq2(Fq::fromInteger(3), Fq()) * Fq2(Fq::fromInteger(9), Fq::one()).inverse();
    return p.y.squared() == p.x.squared() * p.x + b;
  }

  static AffinePoint<Fq> generator(const Fq*) { return {Fq::fromInteger(1), Fq::fromInteger(2)}; }

  static AffinePoint<Fq2> generator(const Fq2*) {
    return {{Fq::fromLimbs({0x46debd5cd992f6ed, 0x674322d4f75edadd, 0x426a00665e5c4479, 0x1800deef121f1e76}),
             Fq::fromLimbs({0x97e485b7aef312c2, 0xf1aa493335a9e712, 0x7260bfb731fb5d25, 0x198e9393920d483a})},
            {Fq::fromLimbs({0x4ce6cc0166fa7daa, 0xe3d1e7690c43d37b, 0x4aab71808dcb408f, 0x12c85ea5db8c6deb}),
             Fq::fromLimbs({0x55acdadcd122975b, 0xbc4b313370b38ef3, 0xec9e99ad690c3395, 0x090689d0585ff075})}};
  }
};

}  // namespace millrace
