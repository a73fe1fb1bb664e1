// The coefficient section of a zkey: the matrices A and B as records (matrix, row,
// wire, value), and their products with a witness. A value v is kept as v * 2^512
// mod r, so that one Montgomery multiplication by a plain wire value gives the
// product in Montgomery form.
//
// Records are read where they lie in the file. snarkjs and Millrace write them row by
// row; other orders are sorted by an index.
#pragma once

#include <vector>

#include "../curve/bn254.hpp"
#include "../system/parallel.hpp"
#include "witness.hpp"
#include "zkey.hpp"

namespace millrace {

template <class Kernel>
class ConstraintRows {
 public:
  using Fr = typename Bn254<Kernel>::Fr;

  /// Checks every record. Throws InputError('bad-zkey').
  ConstraintRows(const Zkey& key, unsigned threads)
      : records_(key.coefficients.data),
        count_(key.coefficients.size / Zkey::coefficientBytes),
        rows_(size_t{1} << key.domainPower),
        wires_(key.wires) {
    if (count_ > UINT32_MAX) throw InputError(badZkey, "has too many coefficients");
    std::atomic<bool> sorted{true};
    parallelBlocks(threads, count_, blockRecords, [&](size_t begin, size_t end) {
      uint32_t previous = begin == 0 ? 0 : read(begin - 1).row;
      for (size_t i = begin; i < end; i++) {
        const Record record = check(i);
        if (record.row < previous) sorted.store(false);
        previous = record.row;
      }
    });
    if (!sorted) sortByRow();
    // Blocks of about equal size that begin with a new row, so that each row belongs to one block.
    blocks_.push_back(0);
    for (size_t i = blockRecords; i < count_; i += blockRecords) {
      size_t at = std::max(i, blocks_.back());
      while (at < count_ && at > 0 && readOrdered(at).row == readOrdered(at - 1).row) at++;
      if (at > blocks_.back() && at < count_) blocks_.push_back(at);
    }
    blocks_.push_back(count_);
  }

  /// a = A w, b = B w, row by row; both have room for all rows. In Montgomery form.
  void multiply(const Witness& witness, Fr* a, Fr* b, unsigned threads) const {
    parallelBlocks(threads, rows_, blockRecords, [&](size_t begin, size_t end) {
      std::fill(a + begin, a + end, Fr());
      std::fill(b + begin, b + end, Fr());
    });
    parallelBlocks(threads, blocks_.size() - 1, 1, [&](size_t block, size_t) {
      for (size_t i = blocks_[block]; i < blocks_[block + 1]; i++) {
        // Checked again, because others may write to the file.
        const Record record = check(order_.empty() ? i : order_[i]);
        Fr& sum = (record.matrix == 0 ? a : b)[record.row];
        sum = sum + Fr::montgomeryProduct(record.value, witness[record.wire]);
      }
    });
  }

 private:
  static constexpr size_t blockRecords = 16384;

  struct Record {
    uint32_t matrix, row, wire;
    Limbs value;
  };
  static_assert(sizeof(Record) >= Zkey::coefficientBytes);

  Record read(size_t index) const {
    Record record;
    const uint8_t* at = records_ + Zkey::coefficientBytes * index;
    std::memcpy(&record, at, 12);
    std::memcpy(record.value.data(), at + 12, 32);
    return record;
  }

  Record readOrdered(size_t i) const { return read(order_.empty() ? i : order_[i]); }

  Record check(size_t index) const {
    const Record record = read(index);
    if (record.matrix > 1 || record.row >= rows_ || record.wire >= wires_) fail("names a matrix, row or wire that is not there", index);
    if (!less(record.value, ScalarPrime::modulus.p)) fail("is not below r", index);
    return record;
  }

  [[noreturn]] static void fail(const char* problem, size_t index) {
    throw InputError(badZkey, std::string("has a coefficient that ") + problem, {{"index", static_cast<double>(index)}});
  }

  void sortByRow() {
    std::vector<uint32_t> starts(rows_ + 1);
    for (size_t i = 0; i < count_; i++) starts[check(i).row + 1]++;
    for (size_t row = 0; row < rows_; row++) starts[row + 1] += starts[row];
    order_.resize(count_);
    for (size_t i = 0; i < count_; i++) {
      const size_t at = starts[check(i).row]++;
      if (at < count_) order_[at] = static_cast<uint32_t>(i);
    }
  }

  const uint8_t* records_;
  size_t count_, rows_;
  uint32_t wires_;
  std::vector<uint32_t> order_;
  std::vector<size_t> blocks_;
};

}  // namespace millrace
