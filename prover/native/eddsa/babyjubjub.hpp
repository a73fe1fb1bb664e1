// BabyJubJub (EIP-2494), a x^2 + y^2 = 1 + d x^2 y^2 over BN254's scalar field with
// a = 168700 and d = 168696, in the coordinates x' = sqrt(-a) x, where it is
// -x'^2 + y^2 = 1 + d' x'^2 y^2 with d' = -d / a.
//
// Extended coordinates x' = X/Z, y = Y/Z, T = XY/Z and the formulas add-2008-hwcd-3 and
// dbl-2008-hwcd (Hisil, Wong, Carter, Dawson, "Twisted Edwards Curves Revisited", 2008).
// -1 is a square modulo r and d' is none (d is none, -a is a square): the addition has no
// exceptions, whatever the points of the curve.
#pragma once

#include "../field/prime_field.hpp"

namespace millrace {

template <class Field>
struct EdwardsAffine {
  Field x, y;
};

template <class Field>
class EdwardsPoint {
 public:
  /// The second summand of an addition, prepared: Y + X, Y - X, 2 Z, 2 d' T.
  struct Prepared {
    Field sum, difference, twiceZ, scaledT;

    Prepared operator-() const { return {difference, sum, twiceZ, -scaledT}; }
  };

  /// Order of the subgroup that the base generates; the curve has 8 times as many points.
  static constexpr Limbs subgroupOrder{0x677297dc392126f1, 0xab3eedb83920ee0a, 0x370a08b6d0302b0b, 0x060c89ce5c263405};

  /// The identity, (0, 1).
  EdwardsPoint() : y_(Field::one()), z_(Field::one()) {}

  /// From a point of the curve in EIP-2494's coordinates.
  explicit EdwardsPoint(const EdwardsAffine<Field>& point) : x_(point.x * root()), y_(point.y), z_(Field::one()), t_(x_ * y_) {}

  /// EIP-2494's base point, of prime order; circomlib's Base8.
  static EdwardsPoint base() {
    return EdwardsPoint({Field::fromLimbs({0x2893f3f6bb957051, 0x2ab8d8010534e0b6, 0x4eacb2e09d6277c1, 0x0bb77a6ad63e739b}),
                         Field::fromLimbs({0x4b3c257a872d7d8b, 0xfce0051fb9e13377, 0x25572e1cd16bf9ed, 0x25797203f7a0b249})});
  }

  /// Whether EIP-2494's equation holds.
  static bool isOnCurve(const EdwardsAffine<Field>& point) {
    const Field x2 = point.x.squared(), y2 = point.y.squared();
    return Field::fromInteger(168700) * x2 + y2 == Field::one() + Field::fromInteger(168696) * x2 * y2;
  }

  bool isIdentity() const { return x_.isZero() && y_ == z_; }

  bool equals(const EdwardsAffine<Field>& other) const { return x_ == other.x * root() * z_ && y_ == other.y * z_; }

  Prepared prepared() const { return {y_ + x_, y_ - x_, z_ + z_, t_ * twiceD()}; }

  EdwardsPoint operator+(const Prepared& other) const {
    const Field a = (y_ - x_) * other.difference, b = (y_ + x_) * other.sum, c = t_ * other.scaledT, d = z_ * other.twiceZ;
    return completed(b - a, d - c, d + c, b + a);
  }

  EdwardsPoint doubled() const {
    const Field a = x_.squared(), b = y_.squared(), zz = z_.squared(), c = zz + zz;
    const Field e = (x_ + y_).squared() - a - b, g = b - a, f = g - c, h = -(a + b);
    return completed(e, f, g, h);
  }

 private:
  static EdwardsPoint completed(const Field& e, const Field& f, const Field& g, const Field& h) {
    EdwardsPoint r;
    r.x_ = e * f;
    r.y_ = g * h;
    r.z_ = f * g;
    r.t_ = e * h;
    return r;
  }

  /// sqrt(-a).
  static const Field& root() {
    static const Field value = Field::fromLimbs({0x6c7be2c1d8b2d768, 0x74a5f6ca321ea117, 0x2c7ac0ce84e61177, 0x0e0ff35005d6e54b});
    return value;
  }

  /// 2 d'.
  static const Field& twiceD() {
    static const Field d = Field::fromLimbs({0xd075ca8cf4d7eb8e, 0x039b2959ebb7c867, 0x3df072d799fd11fc, 0x1aee90f15f218969});
    static const Field value = d + d;
    return value;
  }

  Field x_, y_, z_, t_;
};

}  // namespace millrace
