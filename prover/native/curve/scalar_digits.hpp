// Scalars as signed digits of a few bits: the first step of a sum of multiples. One
// array of digits serves every sum over the same scalars.
#pragma once

#include <cstdlib>
#include <cstring>
#include <vector>

#include "../field/prime_field.hpp"
#include "../system/parallel.hpp"

namespace millrace {

/// Width of a digit, bits, that makes the sum of `count` multiples cheapest.
inline unsigned digitWidth(size_t count) {
  // A lower width would let a scalar's last digit overflow; a higher one, the type that holds it.
  constexpr unsigned smallest = 4, largest = 16;
  unsigned best = smallest;
  double bestCost = 0;
  for (unsigned width = smallest; width <= largest; width++) {
    // An addition for each scalar, and two and a bit for each bucket, in every window.
    const double windows = (254 + width) / width;
    const double cost = windows * (static_cast<double>(count) + 2.5 * static_cast<double>(1u << (width - 1)));
    if (width == smallest || cost < bestCost) {
      best = width;
      bestCost = cost;
    }
  }
  return best;
}

class ScalarDigits {
 public:
  /// Scalars are plain integers below r.
  ScalarDigits(const Limbs* scalars, size_t count, unsigned threads)
      : width_(digitWidth(count)), windows_((254 + width_) / width_), count_(count), digits_(windows_ * count) {
    parallelBlocks(threads, count, 4096, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; i++) recode(scalars[i], i);
    });
  }

  unsigned width() const { return width_; }
  unsigned windows() const { return windows_; }
  size_t count() const { return count_; }

  /// The digits of one window, in [-2^(width-1), 2^(width-1)): scalar i is the sum of window(w)[i] * 2^(w width).
  const int16_t* window(unsigned window) const { return &digits_[window * count_]; }

 private:
  /// The last window has at least one bit more than is left of the scalar. As r < 0.757 * 2^254, its digit is at most
  /// 0.757 * 2^(width-1) + 1 with the carry, which is below 2^(width-1): nothing is carried out of it.
  void recode(const Limbs& scalar, size_t at) {
    const uint32_t half = 1u << (width_ - 1);
    uint32_t carry = 0;
    for (unsigned w = 0; w < windows_; w++) {
      const unsigned bit = w * width_, limb = bit / 64, shift = bit % 64;
      uint64_t word = scalar[limb] >> shift;
      if (shift + width_ > 64 && limb < 3) word |= scalar[limb + 1] << (64 - shift);
      const uint32_t value = (static_cast<uint32_t>(word) & (2 * half - 1)) + carry;
      carry = value >= half;
      digits_[w * count_ + at] = static_cast<int16_t>(static_cast<int32_t>(value) - static_cast<int32_t>(carry * 2 * half));
    }
  }

  unsigned width_, windows_;
  size_t count_;
  std::vector<int16_t> digits_;
};

/// The bases of one window sorted by the bucket they belong to: bucket b, for the digits b + 1 and -(b + 1), has
/// entries()[starts()[b]] to before entries()[starts()[b + 1]]. Zero digits have no entry. Reused from window to window.
class SortedWindow {
 public:
  /// `scalarOf[i]` is the scalar's number of base i.
  void sort(const ScalarDigits& digits, unsigned window, const uint32_t* scalarOf, size_t bases) {
    const int16_t* digit = digits.window(window);
    const size_t buckets = size_t{1} << (digits.width() - 1);
    starts_.assign(buckets + 2, 0);
    for (size_t i = 0; i < bases; i++) starts_[magnitude(digit[scalarOf[i]]) + 1]++;
    starts_[1] = 0;  // Zero digits.
    for (size_t b = 2; b < buckets + 2; b++) starts_[b] += starts_[b - 1];
    // starts_[m] is now where magnitude m begins; it moves to its end, which is where m + 1 begins.
    entries_.resize(starts_[buckets + 1]);
    for (size_t i = 0; i < bases; i++) {
      const int16_t value = digit[scalarOf[i]];
      if (value != 0) entries_[starts_[magnitude(value)]++] = static_cast<uint32_t>(2 * i + (value < 0));
    }
  }

  size_t size() const { return entries_.size(); }
  size_t buckets() const { return starts_.size() - 2; }
  /// Base number times two, plus one where its negative is meant.
  const uint32_t* entries() const { return entries_.data(); }
  const uint32_t* starts() const { return starts_.data(); }

 private:
  static size_t magnitude(int16_t digit) { return static_cast<size_t>(std::abs(static_cast<int>(digit))); }

  std::vector<uint32_t> entries_, starts_;
};

}  // namespace millrace
