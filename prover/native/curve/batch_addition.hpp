// Many independent additions of affine points at the price of one inversion
// (Montgomery's trick), several at once in the lanes of a vector: 5 multiplications
// and 1 squaring an addition, against 10 for mixed addition to extended Jacobian
// coordinates. Points are in the lanes' form.
//
// Complete: infinity, equal and opposite points are found by comparing x, which is
// cheap because coordinates in memory are canonical, and are settled apart.
#pragma once

#include <vector>

#include "bn254.hpp"

namespace millrace {

/// Names a point of an array, or its negative: twice the index, plus one for the negative.
using SignedReference = uint32_t;

/// results[out] = points[left] + points[right].
struct Addition {
  SignedReference left, right;
  uint32_t out;
};

template <class Lanes>
class BatchAddition {
 public:
  using Element = typename Lanes::Element;
  using Point = AffinePoint<Element>;
  using Mask = typename Lanes::Mask;
  static constexpr size_t width = Lanes::width;

  /// Shares one inversion among at most `capacity` additions.
  explicit BatchAddition(size_t capacity)
      : capacity_((capacity + width - 1) / width * width),
        denominators_(capacity_ / width),
        products_(capacity_ / width),
        special_(capacity_ / width) {}

  /// `results` may be the array of `points` where no addition's result is read by another one.
  void run(const Point* points, const Addition* additions, size_t count, Point* results) {
    for (size_t begin = 0; begin < count; begin += capacity_) {
      runBatch(points, additions + begin, std::min(capacity_, count - begin), results);
    }
  }

 private:
  /// Operands of `width` additions; lanes past the last addition hold infinity.
  struct Operands {
    const Element *leftX[width], *leftY[width], *rightX[width], *rightY[width];
    Mask leftNegative = 0, rightNegative = 0;
  };

  /// The lanes whose sum is not that of two finite points with different x.
  struct Special {
    Mask leftInfinite, rightInfinite, doubling, opposite;
    Mask settled() const { return leftInfinite | rightInfinite | opposite; }
  };

  void runBatch(const Point* points, const Addition* additions, size_t count, Point* results) {
    const size_t groups = (count + width - 1) / width;
    Lanes product = Lanes::one();
    for (size_t group = 0; group < groups; group++) {
      const Operands operands = locate(points, additions + group * width, count - group * width);
      const Lanes x1 = Lanes::gather(operands.leftX), x2 = Lanes::gather(operands.rightX);
      Lanes denominator = x2.minus(x1, below<1>);
      special_[group] = (x1.equals(x2) | x1.isZero() | x2.isZero()) != 0;
      if (special_[group]) {
        const Lanes y1 = leftY(operands);
        const Special special = classify(x1, y1, x2, rightY(operands));
        denominator = Lanes::select(special.doubling, y1 + y1, denominator);
        denominator = Lanes::select(special.settled(), Lanes::one(), denominator);
      }
      denominators_[group] = denominator;
      products_[group] = product;
      product = product * denominator;
    }
    Lanes inverse = product.inverse();
    for (size_t group = groups; group-- > 0;) {
      const Operands operands = locate(points, additions + group * width, count - group * width);
      const Lanes x1 = Lanes::gather(operands.leftX), x2 = Lanes::gather(operands.rightX);
      const Lanes y1 = leftY(operands), y2 = rightY(operands);
      const Lanes scale = inverse * products_[group];
      inverse = inverse * denominators_[group];
      Lanes numerator = y2.minus(y1, below<1>);
      if (!special_[group]) {
        store(slope(numerator * scale, x1, y1, x2), additions + group * width, count - group * width, results);
        continue;
      }
      const Special special = classify(x1, y1, x2, y2);
      const Lanes square = x1.squared();
      numerator = Lanes::select(special.doubling, square + square + square, numerator);
      Sum sum = slope(numerator * scale, x1, y1, x2);
      choose(sum, special.leftInfinite, {x2, y2});
      choose(sum, special.rightInfinite, {x1, y1});
      choose(sum, special.opposite, {Lanes(), Lanes()});
      store(sum, additions + group * width, count - group * width, results);
    }
  }

  struct Sum {
    Lanes x, y;
  };

  static void choose(Sum& sum, Mask mask, const Sum& other) {
    sum = {Lanes::select(mask, other.x, sum.x), Lanes::select(mask, other.y, sum.y)};
  }

  /// The third point on the line of this slope, negated. x1, y1, x2 are canonical, the slope is below 2p.
  static Sum slope(const Lanes& slope, const Lanes& x1, const Lanes& y1, const Lanes& x2) {
    const Lanes x = slope.squared().minus(x1 + x2, below<2>).canonical(below<4>);
    return {x, (slope * x1.minus(x, below<1>)).minus(y1, below<1>).canonical(below<3>)};
  }

  /// Operands are canonical. Both infinite counts as left infinite: the sum is then the right one.
  static Special classify(const Lanes& x1, const Lanes& y1, const Lanes& x2, const Lanes& y2) {
    Special special;
    special.leftInfinite = x1.isZero() & y1.isZero();
    special.rightInfinite = x2.isZero() & y2.isZero() & ~special.leftInfinite;
    const Mask same = x1.equals(x2) & ~special.leftInfinite & ~special.rightInfinite;
    special.doubling = same & y1.equals(y2) & ~y1.isZero();
    special.opposite = same & ~special.doubling;
    return special;
  }

  Operands locate(const Point* points, const Addition* additions, size_t count) const {
    Operands operands;
    for (size_t lane = 0; lane < width; lane++) {
      const Point *left = &infinity_, *right = &infinity_;
      if (lane < count) {
        const Addition& addition = additions[lane];
        left = points + (addition.left >> 1);
        right = points + (addition.right >> 1);
        operands.leftNegative |= (addition.left & 1) << lane;
        operands.rightNegative |= (addition.right & 1) << lane;
      }
      operands.leftX[lane] = &left->x;
      operands.leftY[lane] = &left->y;
      operands.rightX[lane] = &right->x;
      operands.rightY[lane] = &right->y;
    }
    return operands;
  }

  static Lanes leftY(const Operands& operands) { return signedY(operands.leftY, operands.leftNegative); }
  static Lanes rightY(const Operands& operands) { return signedY(operands.rightY, operands.rightNegative); }

  static Lanes signedY(const Element* const* y, Mask negative) {
    const Lanes value = Lanes::gather(y);
    return negative == 0 ? value : Lanes::select(negative, value.negated(), value);
  }

  void store(const Sum& sum, const Addition* additions, size_t count, Point* results) {
    Element *x[width], *y[width];
    for (size_t lane = 0; lane < width; lane++) {
      Point* point = lane < count ? results + additions[lane].out : &unused_;
      x[lane] = &point->x;
      y[lane] = &point->y;
    }
    sum.x.scatter(x);
    sum.y.scatter(y);
  }

  const Point infinity_{};
  Point unused_{};
  size_t capacity_;
  std::vector<Lanes> denominators_, products_;
  std::vector<uint8_t> special_;
};

}  // namespace millrace
