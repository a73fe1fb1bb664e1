// Multiples of a group's generator by many scalars: signed windows over a table of
// all window multiples (Brickell, Gordon, McCurley, Wilson, "Fast exponentiation
// with precomputation", 1992), the windows' additions done in affine batches.
//
// Table lookups depend on the scalars, so this is for setup on a machine whose
// owner knows the secrets anyway, not for hiding them from a neighbour's cache probes.
#pragma once

#include <memory>
#include <stdexcept>

#include "../system/parallel.hpp"
#include "../system/wiping.hpp"
#include "batch_adder.hpp"

namespace millrace {

/// A kernel-independent handle on a table.
class FixedBase {
 public:
  virtual ~FixedBase() = default;

  /// Bytes of one point in the output of multiply.
  virtual size_t pointBytes() const = 0;

  /// out[i] = scalars[i] * generator, in the layout of AffinePoint::storeMontgomery.
  /// Scalars are plain, 32 bytes, little endian. Throws std::invalid_argument on a scalar >= r.
  virtual void multiply(const uint8_t* scalars, size_t count, uint8_t* out, unsigned threads) const = 0;
};

/// Window width that minimizes table building plus `scalars` multiplications, within cache-friendly bounds.
inline unsigned fixedBaseWindow(size_t scalars) {
  constexpr unsigned smallest = 4, largest = 16;
  unsigned best = smallest;
  double bestCost = 0;
  for (unsigned width = smallest; width <= largest; width++) {
    const double windows = (254 + width) / width;
    const double cost = windows * (static_cast<double>(scalars) + static_cast<double>(1u << (width - 1)));
    if (width == smallest || cost < bestCost) {
      best = width;
      bestCost = cost;
    }
  }
  return best;
}

template <class Field, class Curve>
class FixedBaseTable final : public FixedBase {
 public:
  using Point = AffinePoint<Field>;

  /// A table of the generator's multiples, fit for about `expectedScalars` multiplications.
  explicit FixedBaseTable(size_t expectedScalars)
      : width_(fixedBaseWindow(expectedScalars)),
        // One bit above the 254 of a scalar takes the last window's carry.
        windows_((254 + width_) / width_),
        perWindow_(size_t{1} << (width_ - 1)),
        table_(windows_ * perWindow_) {
    Point base = Curve::generator(static_cast<const Field*>(nullptr));
    for (unsigned w = 0; w < windows_; w++) {
      table_[w * perWindow_] = base;
      for (unsigned i = 0; i < width_; i++) base = base.doubled();
    }
    // Entry k of a window is (k + 1) * base. Each pass doubles the filled prefix [0, filled).
    for (size_t filled = 1; filled < perWindow_; filled *= 2) {
      const size_t batch = filled < maxBatch ? filled : maxBatch;
      BatchAdder<Field> adder(batch);
      std::vector<Point> addends(batch);
      for (unsigned w = 0; w < windows_; w++) {
        Point* window = &table_[w * perWindow_];
        for (size_t start = 0; start < filled; start += batch) {
          std::copy(window + start, window + start + batch, window + filled + start);
          std::fill(addends.begin(), addends.end(), window[filled - 1]);
          adder.add(window + filled + start, addends.data(), batch);
        }
      }
    }
  }

  size_t pointBytes() const override { return Point::bytes; }

  void multiply(const uint8_t* scalars, size_t count, uint8_t* out, unsigned threads) const override {
    parallelBlocks(threads, count, maxBatch, [&](size_t begin, size_t end) {
      multiplyBlock(scalars + 32 * begin, end - begin, out + Point::bytes * begin);
    });
  }

 private:
  static constexpr size_t maxBatch = 1024;

  void multiplyBlock(const uint8_t* scalars, size_t count, uint8_t* out) const {
    WipedVector<int32_t> digits(windows_ * count);
    for (size_t i = 0; i < count; i++) recode(scalars + 32 * i, &digits[i], count);
    WipedVector<Point> sums(count), addends(count);
    BatchAdder<Field> adder(count);
    for (unsigned w = 0; w < windows_; w++) {
      for (size_t i = 0; i < count; i++) addends[i] = entry(w, digits[w * count + i]);
      adder.add(sums.data(), addends.data(), count);
    }
    for (size_t i = 0; i < count; i++) sums[i].storeMontgomery(out + Point::bytes * i);
  }

  Point entry(unsigned window, int32_t digit) const {
    if (digit == 0) return {};
    const Point& point = table_[window * perWindow_ + static_cast<size_t>(digit < 0 ? -digit : digit) - 1];
    return digit < 0 ? -point : point;
  }

  /// Digits in (-2^(width-1), 2^(width-1)], one every `stride`.
  void recode(const uint8_t* scalar, int32_t* digits, size_t stride) const {
    Limbs limbs;
    std::memcpy(limbs.data(), scalar, sizeof limbs);
    if (!less(limbs, ScalarPrime::modulus.p)) throw std::invalid_argument("scalar is not below the group order");
    const uint32_t half = 1u << (width_ - 1);
    uint32_t carry = 0;
    for (unsigned w = 0; w < windows_; w++) {
      const unsigned bit = w * width_, limb = bit / 64, shift = bit % 64;
      uint64_t word = limbs[limb] >> shift;
      if (shift + width_ > 64 && limb < 3) word |= limbs[limb + 1] << (64 - shift);
      const uint32_t value = (static_cast<uint32_t>(word) & (2 * half - 1)) + carry;
      carry = value > half;
      digits[w * stride] = static_cast<int32_t>(value) - static_cast<int32_t>(carry * 2 * half);
    }
  }

  unsigned width_, windows_;
  size_t perWindow_;
  std::vector<Point> table_;
};

}  // namespace millrace
