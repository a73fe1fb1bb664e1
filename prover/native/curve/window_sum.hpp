// One window of a sum of multiples by the bucket method (N. Pippenger, "On the
// evaluation of powers and related problems", 1976), with every addition in affine
// batches. The entries of a bucket are added as a balanced tree: each level of all
// trees of a chunk is one batch, none of whose additions depends on another one, so
// that nothing has to be scheduled and any distribution of digits costs the same.
// Then sum b * bucket[b] is taken by running sums over many equal ranges of buckets
// in lockstep.
#pragma once

#include "batch_addition.hpp"
#include "scalar_digits.hpp"
#include "xyzz_point.hpp"

namespace millrace {

/// Scratch memory and the method; reused from window to window by one thread.
template <class Lanes>
class WindowSum {
 public:
  using Element = typename Lanes::Element;
  using Point = AffinePoint<Element>;

  WindowSum() : addition_(chunkEntries / 2), additions_(chunkEntries / 2), slots_(chunkEntries) {}

  /// The sum over the window's entries of digit * base; bases are in the lanes' form, the result is not.
  XyzzPoint<Element> run(const Point* bases, const SortedWindow& window) {
    fillBuckets(bases, window);
    return sumBuckets(window.buckets());
  }

 private:
  /// Entries that are reduced together: many enough to share inversions, few enough that their bases, those of the next
  /// chunk and the slots, half as many, fit into a core's own cache (640 KiB).
  static constexpr size_t chunkEntries = (size_t{1} << 18) / sizeof(Point);
  /// Buckets in one range of running sums.
  static constexpr size_t rangeBuckets = 32;

  /// The part of a bucket in a chunk: `live` partial sums in slots first, first + step, ...
  struct Tree {
    uint32_t bucket, first, live;
    bool continued;
  };

  void fillBuckets(const Point* bases, const SortedWindow& window) {
    points_.assign(window.buckets(), Point{});
    const uint32_t *entries = window.entries(), *starts = window.starts();
    size_t bucket = 0;
    for (size_t begin = 0; begin < window.size();) {
      // A chunk ends where a bucket ends, unless the bucket is larger than a chunk.
      trees_.clear();
      uint32_t slots = 0;
      Addition* addition = additions_.data();
      size_t at = begin;
      while (at < window.size()) {
        while (starts[bucket + 1] <= at) bucket++;
        const size_t left = chunkEntries - (at - begin);
        size_t count = starts[bucket + 1] - at;
        if (count > left) {
          if (at > begin) break;
          count = left;
        }
        // A tree's lowest level: pairs of bases to be added, and perhaps a last single one.
        const auto pairs = static_cast<uint32_t>(count / 2), sums = static_cast<uint32_t>(count - pairs);
        trees_.push_back({static_cast<uint32_t>(bucket), slots, sums, at > starts[bucket]});
        for (uint32_t i = 0; i < pairs; i++) *addition++ = {entries[at + 2 * i], entries[at + 2 * i + 1], slots + i};
        slots += sums;
        at += count;
        if (sums > pairs) slots_[slots - 1] = signedPoint(bases, entries[at - 1]);
      }
      const size_t next = std::min(at + chunkEntries, window.size());
      upcoming_ = {bases, entries + at, entries + next};
      runAdditions(bases, addition, slots_);
      reduceTrees();
      begin = at;
    }
  }

  /// The additions from the first one to before `end`.
  void runAdditions(const Point* points, const Addition* end, std::vector<Point>& results) {
    addition_.run(points, additions_.data(), static_cast<size_t>(end - additions_.data()), results.data(), upcoming_);
  }

  static Point signedPoint(const Point* bases, SignedReference reference) {
    const Point& base = bases[reference >> 1];
    return (reference & 1) != 0 ? -base : base;
  }

  void reduceTrees() {
    for (uint32_t step = 1;; step *= 2) {
      Addition* addition = additions_.data();
      for (Tree& tree : trees_) {
        uint32_t slot = tree.first;
        for (uint32_t i = 1; i < tree.live; i += 2, slot += 2 * step) *addition++ = {2 * slot, 2 * (slot + step), slot};
        tree.live = (tree.live + 1) / 2;
      }
      if (addition == additions_.data()) break;
      runAdditions(slots_.data(), addition, slots_);
    }
    for (const Tree& tree : trees_) {
      if (!tree.continued) {
        points_[tree.bucket] = slots_[tree.first];
        continue;
      }
      // Only the first tree of a chunk: the bucket is larger than a chunk.
      const Point pair[2] = {points_[tree.bucket], slots_[tree.first]};
      const Addition both{0, 2, tree.bucket};
      addition_.run(pair, &both, 1, points_.data(), upcoming_);
    }
  }

  /// The sum of (b + 1) * bucket[b], b < buckets, a power of two. Range k holds the buckets from k * length on; in it,
  /// running = sum of the buckets, and total = sum of (i + 1) * bucket[i], both taken from the highest bucket down.
  XyzzPoint<Element> sumBuckets(size_t buckets) {
    const size_t length = std::min(rangeBuckets, buckets), ranges = buckets / length;
    // Behind the buckets: running sums for even and odd steps, then totals. Infinity at first.
    points_.resize(buckets + 3 * ranges);
    const auto first = static_cast<uint32_t>(buckets), count = static_cast<uint32_t>(ranges);
    const uint32_t total = first + 2 * count;
    additions_.resize(std::max<size_t>(additions_.size(), 2 * ranges));
    for (uint32_t step = 0; step <= length; step++) {
      const uint32_t from = first + step % 2 * count, to = first + (step + 1) % 2 * count;
      Addition* addition = additions_.data();
      for (uint32_t k = 0; k < count; k++) {
        const uint32_t highest = static_cast<uint32_t>((k + 1) * length - 1);
        if (step < length) *addition++ = {2 * (from + k), 2 * (highest - step), to + k};
        if (step > 0) *addition++ = {2 * (total + k), 2 * (from + k), total + k};
      }
      runAdditions(points_.data(), addition, points_);
    }
    // All of it is sum of total[k] + length * k * running[k].
    const uint32_t running = first + static_cast<uint32_t>(length % 2) * count;
    XyzzPoint<Element> sum, suffix, weighted;
    for (uint32_t k = count; k-- > 0;) {
      sum = sum + scalarForm(points_[total + k]);
      weighted = weighted + suffix;
      suffix = suffix + scalarForm(points_[running + k]);
    }
    for (size_t doubled = 1; doubled < length; doubled *= 2) weighted = weighted.doubled();
    return sum + weighted;
  }

  static AffinePoint<Element> scalarForm(const Point& point) { return {Lanes::leave(point.x), Lanes::leave(point.y)}; }

  BatchAddition<Lanes> addition_;
  std::vector<Addition> additions_;
  std::vector<Tree> trees_;
  std::vector<Point> slots_, points_;
  UpcomingPoints<Point> upcoming_;
};

/// The sum of 2^(width w) * windows[w].
template <class Element>
XyzzPoint<Element> joinWindows(const std::vector<XyzzPoint<Element>>& windows, unsigned width) {
  XyzzPoint<Element> sum;
  for (size_t w = windows.size(); w-- > 0;) {
    for (unsigned i = 0; i < width; i++) sum = sum.doubled();
    sum = sum + windows[w];
  }
  return sum;
}

}  // namespace millrace
