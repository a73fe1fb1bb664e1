// Single points in extended Jacobian coordinates: x = X / ZZ, y = Y / ZZZ with
// ZZ^3 = ZZZ^2. Formulas add-2008-s and dbl-2008-s-1 of the Explicit-Formulas
// Database (short Weierstrass curves with a = 0). For the few additions that cannot
// be batched: the ends of sums, and single multiples.
#pragma once

#include "bn254.hpp"

namespace millrace {

template <class Field>
class XyzzPoint {
 public:
  /// The point at infinity.
  XyzzPoint() = default;

  XyzzPoint(const AffinePoint<Field>& point)
      : x_(point.x), y_(point.y), zz_(point.isInfinity() ? Field() : Field::one()), zzz_(zz_) {}

  bool isInfinity() const { return zz_.isZero(); }

  /// Complete: infinity, equal and opposite points included.
  XyzzPoint operator+(const XyzzPoint& other) const {
    if (isInfinity()) return other;
    if (other.isInfinity()) return *this;
    const Field u1 = x_ * other.zz_, u2 = other.x_ * zz_, s1 = y_ * other.zzz_, s2 = other.y_ * zzz_;
    const Field p = u2 - u1, r = s2 - s1;
    if (p.isZero()) return r.isZero() ? doubled() : XyzzPoint();
    const Field pp = p.squared(), ppp = p * pp, q = u1 * pp;
    XyzzPoint sum;
    sum.x_ = r.squared() - ppp - q - q;
    sum.y_ = r * (q - sum.x_) - s1 * ppp;
    sum.zz_ = zz_ * other.zz_ * pp;
    sum.zzz_ = zzz_ * other.zzz_ * ppp;
    return sum;
  }

  /// Infinity stays; so does a point of order 2, which only a curve of even order has, as infinity.
  XyzzPoint doubled() const {
    const Field u = y_ + y_, v = u.squared(), w = u * v, s = x_ * v, square = x_.squared();
    const Field m = square + square + square;
    XyzzPoint twice;
    twice.x_ = m.squared() - s - s;
    twice.y_ = m * (s - twice.x_) - w * y_;
    twice.zz_ = v * zz_;
    twice.zzz_ = w * zzz_;
    return twice;
  }

  /// scalar * this, for a plain scalar below 2^256. Not in constant time.
  XyzzPoint times(const Limbs& scalar) const {
    XyzzPoint sum;
    for (int i = 255; i >= 0; i--) {
      sum = sum.doubled();
      if ((scalar[i / 64] >> (i % 64) & 1) != 0) sum = sum + *this;
    }
    return sum;
  }

  AffinePoint<Field> toAffine() const {
    if (isInfinity()) return {};
    const Field inverse = (zz_ * zzz_).inverse();
    return {x_ * zzz_ * inverse, y_ * zz_ * inverse};
  }

 private:
  Field x_, y_, zz_, zzz_;
};

}  // namespace millrace
