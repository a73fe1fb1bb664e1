// Many independent additions of affine points at the price of one inversion
// (Montgomery's trick), several at once in the lanes of a vector: 5 multiplications
// and 1 squaring an addition, against 10 for mixed addition to extended Jacobian
// coordinates. Points are in the lanes' form.
//
// Complete: infinity, equal and opposite points are found by comparing x, which is
// cheap because coordinates in memory are canonical, and are settled apart.
#pragma once

#include <algorithm>
#include <vector>

#include "../field/bound.hpp"
#include "bn254.hpp"

namespace millrace {

/// Names a point of an array, or its negative: twice the index, plus one for the negative.
using SignedReference = uint32_t;

/// results[out] = points[left] + points[right].
struct Addition {
  SignedReference left, right;
  uint32_t out;
};

/// Points that will be needed soon, from places all over a memory that no near cache holds. Asked for a few at a time
/// between multiplications, they are there when they are needed, and nothing waits for them.
template <class Point>
class UpcomingPoints {
 public:
  UpcomingPoints() = default;
  UpcomingPoints(const Point* points, const SignedReference* begin, const SignedReference* end)
      : points_(points), next_(begin), end_(end) {}

  void ask(size_t count) {
    for (; count > 0 && next_ != end_; count--, next_++) {
      const Point* point = points_ + (*next_ >> 1);
      __builtin_prefetch(&point->x);
      if (sizeof(Point) > 64) __builtin_prefetch(&point->y);
    }
  }

 private:
  const Point* points_ = nullptr;
  const SignedReference *next_ = nullptr, *end_ = nullptr;
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
  void run(const Point* points, const Addition* additions, size_t count, Point* results, UpcomingPoints<Point>& upcoming) {
    for (size_t begin = 0; begin < count; begin += capacity_) {
      runBatch(points, additions + begin, std::min(capacity_, count - begin), results, upcoming);
    }
  }

 private:
  /// `width` additions, and where their operands are.
  struct Group {
    const Point* points;
    const Addition* additions;

    Lanes leftX() const { return Lanes::gather([this](size_t i) { return &left(i).x; }); }
    Lanes rightX() const { return Lanes::gather([this](size_t i) { return &right(i).x; }); }

    Lanes leftY() const {
      return withSigns(Lanes::gather([this](size_t i) { return &left(i).y; }), [this](size_t i) { return additions[i].left; });
    }

    Lanes rightY() const {
      return withSigns(Lanes::gather([this](size_t i) { return &right(i).y; }), [this](size_t i) { return additions[i].right; });
    }

   private:
    const Point& left(size_t i) const { return points[additions[i].left >> 1]; }
    const Point& right(size_t i) const { return points[additions[i].right >> 1]; }

    template <class ReferenceOf>
    static Lanes withSigns(const Lanes& y, const ReferenceOf& reference) {
      Mask negative = 0;
      for (size_t i = 0; i < width; i++) negative |= (reference(i) & 1) << i;
      return negative == 0 ? y : Lanes::select(negative, y.negated(), y);
    }
  };

  /// The lanes whose sum is not that of two finite points with different x.
  struct Special {
    Mask leftInfinite, rightInfinite, doubling, opposite;
    Mask settled() const { return leftInfinite | rightInfinite | opposite; }
  };

  void runBatch(const Point* points, const Addition* additions, size_t count, Point* results, UpcomingPoints<Point>& upcoming) {
    const size_t groups = (count + width - 1) / width;
    // The last group is filled up with copies of its first addition.
    Addition last[width];
    for (size_t i = 0; i < width; i++) last[i] = additions[(groups - 1) * width + ((groups - 1) * width + i < count ? i : 0)];
    const auto at = [&](size_t group) { return group + 1 < groups ? additions + group * width : last; };

    Lanes product = Lanes::one();
    for (size_t i = 0; i < groups; i++) {
      const Group group{points, at(i)};
      const Lanes x1 = group.leftX(), x2 = group.rightX();
      Lanes denominator = x2.minus(x1, below<1>);
      special_[i] = (x1.equals(x2) | x1.isZero() | x2.isZero()) != 0;
      if (special_[i]) {
        const Lanes y1 = group.leftY();
        const Special special = classify(x1, y1, x2, group.rightY());
        denominator = Lanes::select(special.doubling, y1 + y1, denominator);
        denominator = Lanes::select(special.settled(), Lanes::one(), denominator);
      }
      denominators_[i] = denominator;
      products_[i] = product;
      product = product * denominator;
    }
    Lanes inverse = product.inverse();
    for (size_t i = groups; i-- > 0;) {
      // All additions of a chunk together ask for more points than the next chunk has.
      upcoming.ask(2 * width);
      const Group group{points, at(i)};
      const Lanes scale = inverse * products_[i];
      inverse = inverse * denominators_[i];
      const Lanes x1 = group.leftX(), x2 = group.rightX(), y1 = group.leftY(), y2 = group.rightY();
      if (special_[i]) {
        store(specialSum(scale, x1, y1, x2, y2), group, results);
      } else {
        store(sum(y2.minus(y1, below<1>) * scale, x1, y1, x2), group, results);
      }
    }
  }

  struct Sum {
    Lanes x, y;
  };

  /// The third point on the line of this slope, negated. x1, y1, x2 are canonical, the slope is below 2p.
  static Sum sum(const Lanes& slope, const Lanes& x1, const Lanes& y1, const Lanes& x2) {
    const Lanes x = slope.squared().minus(x1 + x2, below<2>).canonical(below<4>);
    return {x, (slope * x1.minus(x, below<1>)).minus(y1, below<1>).canonical(below<3>)};
  }

  /// For a group in which not every lane is a sum of two finite points with different x.
  static Sum specialSum(const Lanes& scale, const Lanes& x1, const Lanes& y1, const Lanes& x2, const Lanes& y2) {
    const Special special = classify(x1, y1, x2, y2);
    const Lanes square = x1.squared();
    const Lanes numerator = Lanes::select(special.doubling, square + square + square, y2.minus(y1, below<1>));
    const Sum finite = sum(numerator * scale, x1, y1, x2);
    const auto choose = [&](const Lanes& left, const Lanes& right, const Lanes& other) {
      const Lanes one = Lanes::select(special.leftInfinite, right, Lanes::select(special.rightInfinite, left, other));
      return Lanes::select(special.opposite, Lanes(), one);
    };
    return {choose(x1, x2, finite.x), choose(y1, y2, finite.y)};
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

  static void store(const Sum& sum, const Group& group, Point* results) {
    sum.x.scatter([&](size_t i) { return &results[group.additions[i].out].x; });
    sum.y.scatter([&](size_t i) { return &results[group.additions[i].out].y; });
  }

  size_t capacity_;
  std::vector<Lanes> denominators_, products_;
  std::vector<uint8_t> special_;
};

}  // namespace millrace
