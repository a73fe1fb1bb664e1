// The points of a zkey's section, decoded once: checked, converted to the lanes'
// form, and without the points at infinity.
#pragma once

#include <vector>

#include "../curve/bn254.hpp"
#include "../system/huge_pages.hpp"
#include "../system/parallel.hpp"
#include "zkey.hpp"

namespace millrace {

/// Points for a sum of multiples. base[i] belongs to scalar number scalarOf[i].
template <class Element>
struct Bases {
  HugePageVector<AffinePoint<Element>> points;
  std::vector<uint32_t> scalarOf;
};

/// Reads points of a section in the layout of files.
template <class Element, class Curve>
class PointReader {
 public:
  using Point = AffinePoint<Element>;

  /// `name` is for messages: the section or the point.
  PointReader(const Section& section, const char* name) : section_(section), name_(name) {}

  size_t count() const { return section_.size / Point::bytes; }

  bool isInfinity(size_t index) const {
    static constexpr uint8_t zeros[Point::bytes] = {};
    return std::memcmp(at(index), zeros, Point::bytes) == 0;
  }

  /// Throws InputError('bad-zkey') unless its coordinates are canonical and it is on the curve, or infinity.
  Point read(size_t index) const {
    for (size_t i = 0; i < Point::bytes; i += 32) {
      Limbs limbs;
      std::memcpy(limbs.data(), at(index) + i, sizeof limbs);
      if (!less(limbs, BasePrime::modulus.p)) fail("has a coordinate that is not below the prime", index);
    }
    const Point point = Point::loadMontgomery(at(index));
    if (!point.isInfinity() && !Curve::isOnCurve(point)) fail("has a point that is not on the curve", index);
    return point;
  }

 private:
  const uint8_t* at(size_t index) const { return section_.data + Point::bytes * index; }

  [[noreturn]] void fail(const char* problem, size_t index) const {
    throw InputError(badZkey, std::string(problem) + " (" + name_ + ")", {{"index", static_cast<double>(index)}});
  }

  Section section_;
  const char* name_;
};

/// Point i of the section belongs to scalar firstScalar + i. Points for which `keep(i)` is false are left out.
template <class Lanes, class Curve, class Keep>
Bases<typename Lanes::Element> readBases(const PointReader<typename Lanes::Element, Curve>& reader, uint32_t firstScalar,
                                         unsigned threads, const Keep& keep) {
  Bases<typename Lanes::Element> bases;
  for (size_t i = 0; i < reader.count(); i++) {
    if (keep(i)) bases.scalarOf.push_back(firstScalar + static_cast<uint32_t>(i));
  }
  bases.points.resize(bases.scalarOf.size());
  parallelBlocks(threads, bases.points.size(), 4096, [&](size_t begin, size_t end) {
    for (size_t k = begin; k < end; k++) {
      const auto point = reader.read(bases.scalarOf[k] - firstScalar);
      bases.points[k] = {Lanes::enter(point.x), Lanes::enter(point.y)};
    }
  });
  return bases;
}

}  // namespace millrace
