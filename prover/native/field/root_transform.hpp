// Number-theoretic transforms between the values of a polynomial on the 2^k-th roots
// of unity, its coefficients, and its values on a coset of these roots.
//
// Both directions work in place and without a bit reversal: the first one takes
// values in natural order and leaves coefficients in bit-reversed order, the second
// one takes those and leaves values in natural order. The first is the remainder
// tree: a block holds f mod (x^2h - s^2), and its halves become
//   f mod (x^h - s) = u + s v   and   f mod (x^h + s) = u - s v.
// The root s of block number k on any level is w^reverse(k), so that one table in
// bit-reversed order serves all levels, and a block needs one constant only (D. J.
// Bernstein, "Multidigit multiplication for mathematicians", 2001, section 4;
// D. Harvey, "Faster arithmetic for number-theoretic transforms", 2014). The second
// direction undoes these steps, up to the factor 2^k, for the roots' inverses. Two
// levels are done in one pass over memory.
#pragma once

#include "../system/huge_pages.hpp"
#include "../system/parallel.hpp"
#include "bound.hpp"
#include "roots_of_unity.hpp"

namespace millrace {

template <class Lanes>
class RootTransform {
 public:
  using Fr = typename Lanes::Element;

  /// A block of the lowest levels, where the stride is below the number of lanes, has at most this many elements.
  static constexpr size_t acrossLength = 2 * Lanes::width;

  /// Smallest size that the lanes can transform.
  static constexpr size_t smallestSize = Lanes::width * acrossLength;

  /// For 2^power values, smallestSize <= 2^power < 2^28.
  explicit RootTransform(uint32_t power)
      : size_(size_t{1} << power), roots_(size_), inverseRoots_(size_ / 2) {
    // Entry 2^level + k is entry k times the root of order 2^(level + 2): bit `level` of the index is the next lower
    // bit of the exponent. The first half are powers of the 2^power-th root, all are powers of the 2^(power+1)-th.
    fill(roots_, false);
    fill(inverseRoots_, true);
  }

  size_t size() const { return size_; }

  /// From values at w^i, i = 0..2^power - 1, to coefficients times 2^power, at bit-reversed positions. In the lanes' form.
  void toCoefficients(Fr* data, unsigned threads) const {
    size_t length = size_;
    for (; length > cacheBlock; length /= 4) {
      const size_t quarter = length / 4;
      forColumns(threads, quarter, [&](size_t block, size_t begin, size_t end) {
        split(data + block * length, quarter, block, begin, end);
      });
    }
    parallelBlocks(threads, size_ / length, 1, [&](size_t begin, size_t end) {
      for (size_t block = begin; block < end; block++) splitAll(data + block * length, length, block);
    });
  }

  /// From coefficients at bit-reversed positions, in the lanes' form, to values at w^i in natural order.
  void toValues(Fr* data, unsigned threads) const {
    size_t length = size_;
    while (length > cacheBlock) length /= 4;
    parallelBlocks(threads, size_ / length, 1, [&](size_t begin, size_t end) {
      for (size_t block = begin; block < end; block++) joinAll(data + block * length, length, block);
    });
    while (length < size_) {
      const size_t quarter = length;
      length *= 4;
      forColumns(threads, quarter, [&](size_t block, size_t begin, size_t end) {
        join(data + block * length, quarter, block, begin, end);
      });
    }
  }

  /// f(x) to f(g x) where g is the 2^(power+1)-th root: times g^i, on coefficients at bit-reversed positions.
  void shiftToCoset(Fr* data, unsigned threads) const {
    parallelBlocks(threads, size_, cacheBlock, [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; i += Lanes::width) (Lanes::load(data + i) * Lanes::load(&roots_[i])).store(data + i);
    });
  }

 private:
  /// Elements of a block that is done by one thread, all levels below it at once: within a core's own cache.
  static constexpr size_t cacheBlock = size_t{1} << 13;

  static void fill(HugePageVector<Fr>& table, bool inverted) {
    if (table.empty()) return;
    table[0] = Lanes::enter(Fr::one());
    for (uint32_t level = 0; size_t{1} << level < table.size(); level++) {
      const Fr root = rootOfUnity<Fr>(level + 2);
      const Fr factor = inverted ? root.inverse() : root;
      const size_t filled = size_t{1} << level;
      for (size_t k = 0; k < filled; k++) table[filled + k] = table[k] * factor;
    }
  }

  /// body(block, begin, end) over the columns [0, quarter) of all blocks of 4 * quarter elements.
  template <class Body>
  void forColumns(unsigned threads, size_t quarter, const Body& body) const {
    const size_t blocks = size_ / (4 * quarter);
    constexpr size_t columns = 1024;
    const size_t perBlock = (quarter + columns - 1) / columns;
    parallelBlocks(threads, blocks * perBlock, 1, [&](size_t task, size_t) {
      const size_t begin = task % perBlock * columns;
      body(task / perBlock, begin, std::min(begin + columns, quarter));
    });
  }

  /// All levels of one block of `length` elements.
  void splitAll(Fr* data, size_t length, size_t block) const {
    size_t inner = length, first = block;
    for (; inner >= 4 * Lanes::width; inner /= 4, first *= 4) {
      for (size_t k = 0; k < length / inner; k++) split(data + k * inner, inner / 4, first + k, 0, inner / 4);
    }
    for (size_t k = 0; k < length / inner; k += Lanes::width) splitAcross(data + k * inner, inner, first + k);
  }

  void joinAll(Fr* data, size_t length, size_t block) const {
    size_t inner = length;
    while (inner >= 4 * Lanes::width) inner /= 4;
    size_t first = block * (length / inner);
    for (size_t k = 0; k < length / inner; k += Lanes::width) joinAcross(data + k * inner, inner, first + k);
    while (inner < length) {
      inner *= 4;
      first /= 4;
      for (size_t k = 0; k < length / inner; k++) join(data + k * inner, inner / 4, first + k, 0, inner / 4);
    }
  }

  /// Two levels of the remainder tree on columns [begin, end) of the block's four quarters.
  void split(Fr* data, size_t quarter, size_t block, size_t begin, size_t end) const {
    const Lanes s = Lanes::broadcast(inverseRoots_[block]), left = Lanes::broadcast(inverseRoots_[2 * block]),
                right = Lanes::broadcast(inverseRoots_[2 * block + 1]);
    for (size_t i = begin; i < end; i += Lanes::width) {
      Fr* at = data + i;
      const Lanes x0 = Lanes::load(at), x1 = Lanes::load(at + quarter);
      const Lanes t2 = s * Lanes::load(at + 2 * quarter), t3 = s * Lanes::load(at + 3 * quarter);
      const Lanes y0 = x0 + t2, y2 = x0.minus(t2, below<2>);  // Both below 4p.
      const Lanes z1 = left * (x1 + t3), z3 = right * x1.minus(t3, below<2>);
      (y0 + z1).reduced(below<6>).store(at);
      y0.minus(z1, below<2>).reduced(below<6>).store(at + quarter);
      (y2 + z3).reduced(below<6>).store(at + 2 * quarter);
      y2.minus(z3, below<2>).reduced(below<6>).store(at + 3 * quarter);
    }
  }

  /// Undoes `split`, times four.
  void join(Fr* data, size_t quarter, size_t block, size_t begin, size_t end) const {
    const Lanes s = Lanes::broadcast(roots_[block]), left = Lanes::broadcast(roots_[2 * block]),
                right = Lanes::broadcast(roots_[2 * block + 1]);
    for (size_t i = begin; i < end; i += Lanes::width) {
      Fr* at = data + i;
      const Lanes y0 = Lanes::load(at), y1 = Lanes::load(at + quarter);
      const Lanes y2 = Lanes::load(at + 2 * quarter), y3 = Lanes::load(at + 3 * quarter);
      const Lanes a0 = y0 + y1, a2 = y2 + y3;  // Both below 4p.
      const Lanes a1 = left * y0.minus(y1, below<2>), a3 = right * y2.minus(y3, below<2>);
      (a0 + a2).reduced(below<8>).store(at);
      (a1 + a3).reduced(below<4>).store(at + quarter);
      (s * a0.minus(a2, below<4>)).store(at + 2 * quarter);
      (s * a1.minus(a3, below<2>)).store(at + 3 * quarter);
    }
  }

  /// All levels of `width` neighbouring blocks at once, each in a lane of its own.
  void splitAcross(Fr* data, size_t length, size_t first) const {
    Lanes values[acrossLength];
    for (size_t i = 0; i < length; i++) values[i] = gather(data + i, length);
    // Values are below 2p, and 2p more on each of at most four levels.
    for (size_t half = length / 2, blocks = 1; half > 0; half /= 2, blocks *= 2) {
      for (size_t block = 0; block < blocks; block++) {
        const Lanes s = gather(&inverseRoots_[first * blocks + block], blocks);
        for (size_t i = 2 * half * block; i < 2 * half * block + half; i++) {
          const Lanes left = values[i], right = s * values[i + half];
          values[i] = left + right;
          values[i + half] = left.minus(right, below<2>);
        }
      }
    }
    for (size_t i = 0; i < length; i++) scatter(values[i].reduced(below<10>), data + i, length);
  }

  void joinAcross(Fr* data, size_t length, size_t first) const {
    Lanes values[acrossLength];
    for (size_t i = 0; i < length; i++) values[i] = gather(data + i, length);
    for (size_t half = 1, blocks = length / 2; half < length; half *= 2, blocks /= 2) {
      for (size_t block = 0; block < blocks; block++) {
        const Lanes s = gather(&roots_[first * blocks + block], blocks);
        for (size_t i = 2 * half * block; i < 2 * half * block + half; i++) {
          const Lanes left = values[i], right = values[i + half];
          values[i] = (left + right).reduced(below<4>);
          values[i + half] = s * left.minus(right, below<2>);
        }
      }
    }
    for (size_t i = 0; i < length; i++) scatter(values[i], data + i, length);
  }

  static Lanes gather(const Fr* from, size_t stride) {
    return Lanes::gather([=](size_t lane) { return from + lane * stride; });
  }

  static void scatter(const Lanes& values, Fr* to, size_t stride) {
    values.scatter([=](size_t lane) { return to + lane * stride; });
  }

  size_t size_;
  HugePageVector<Fr> roots_, inverseRoots_;
};

}  // namespace millrace
