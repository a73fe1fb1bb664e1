// Multiples of a point of BabyJubJub by windows of signed odd digits (width-w
// non-adjacent form; Hankerson, Menezes, Vanstone, "Guide to Elliptic Curve
// Cryptography", algorithms 3.35 and 3.36). Not in constant time: for public values.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "babyjubjub.hpp"

namespace millrace {

/// Digits of a scalar below 2^255, lowest first: 0 or odd, of absolute value below
/// 2^(width - 1), with at least width - 1 zeros after each one that is not 0. Width is 2 to 8.
struct SignedDigits {
  std::array<int8_t, 256> digit{};

  SignedDigits(Limbs scalar, unsigned width) {
    for (size_t i = 0; (scalar[0] | scalar[1] | scalar[2] | scalar[3]) != 0; i++) {
      if ((scalar[0] & 1) != 0) {
        const int low = static_cast<int>(scalar[0] & ((1u << width) - 1));
        const int odd = low < 1 << (width - 1) ? low : low - (1 << width);
        digit[i] = static_cast<int8_t>(odd);
        // scalar - odd: the low bits become 0, and perhaps 1 is carried past them.
        scalar[0] -= static_cast<uint64_t>(low);
        if (odd < 0) addShifted(scalar, width);
      }
      scalar = {scalar[0] >> 1 | scalar[1] << 63, scalar[1] >> 1 | scalar[2] << 63, scalar[2] >> 1 | scalar[3] << 63, scalar[3] >> 1};
    }
  }

 private:
  /// scalar += 2^bit. Stays below 2^256: the scalar is below 2^255.
  static void addShifted(Limbs& scalar, unsigned bit) {
    uint64_t carry = uint64_t{1} << bit;
    for (size_t i = 0; i < 4 && carry != 0; i++) {
      scalar[i] += carry;
      carry = scalar[i] < carry;
    }
  }
};

/// P, 3P, 5P, ...: what digits of one width can ask for.
template <class Field>
class OddMultiples {
 public:
  using Point = EdwardsPoint<Field>;
  using Prepared = typename Point::Prepared;

  OddMultiples(const Point& point, unsigned width) {
    const size_t count = size_t{1} << (width - 2);
    multiples_.reserve(count);
    const Prepared twice = point.doubled().prepared();
    Point multiple = point;
    for (size_t i = 0; i < count; i++, multiple = multiple + twice) multiples_.push_back(multiple.prepared());
  }

  /// The multiple by a digit that is not 0.
  Prepared operator()(int digit) const {
    return digit > 0 ? multiples_[static_cast<size_t>(digit) / 2] : -multiples_[static_cast<size_t>(-digit) / 2];
  }

 private:
  std::vector<Prepared> multiples_;
};

}  // namespace millrace
