// Sums of products of eight lanes by constants, with one reduction in all: the split
// products of avx2_multiply.hpp, whose columns stay in registers from product to product.
// Wants the rounding toward zero, as all of the lanes do.
//
// Bounds. Factors below 3p and constants below p, at most 20 products: the sum is below
// 60 p^2, and its reduction below 2p. A product adds at most 10 halves
// below 2^52 to a column: columns are below 20 * 10 * 2^52 < 2^60, and with what the
// reduction adds below 2^61. On the way they hold the bits of 2^52 and
// 2^104 once for each half, modulo 2^64, which are taken off in the end.
#pragma once

#include "avx2_lanes.hpp"

namespace millrace {

template <class Field>
class Avx2ProductSum {
 public:
  using Lanes = Avx2Lanes<Field>;
  using Multiply = Avx2Multiply<Field>;

  /// The limbs of eight lanes as doubles.
  struct Factor {
    __m256d limb[2][Multiply::limbs];

    Factor() = default;
    explicit Factor(const Lanes& lanes) {
      const __m256i bits = _mm256_set1_epi64x(static_cast<long long>(Multiply::lowBits));
      for (size_t v = 0; v < 2; v++) {
        for (size_t i = 0; i < Multiply::limbs; i++) {
          const __m256i plusTwo52 = _mm256_or_si256(lanes.representation()[v][i], bits);
          limb[v][i] = _mm256_sub_pd(_mm256_castsi256_pd(plusTwo52), _mm256_castsi256_pd(bits));
        }
      }
    }
  };

  /// The limbs of a number, the same for all lanes, as doubles; and the number itself.
  struct Constant {
    double limb[Multiply::limbs];
    Field element;

    /// @param value in the lanes' form
    explicit Constant(const Field& value) : element(value) {
      const auto limbs = Multiply::split(value.representation());
      for (size_t i = 0; i < limbs.size(); i++) limb[i] = static_cast<double>(limbs[i]);
    }
  };

  Avx2ProductSum() {
    for (auto& columns : sum_.column) {
      for (__m256i& column : columns) column = _mm256_setzero_si256();
    }
  }

  void add(const Factor* factors, const Constant* constants, size_t count) {
    for (size_t v = 0; v < 2; v++) add(sum_.column[v], v, factors, constants, count);
    products_ += count;
  }

  /// The sum, below 2p.
  Lanes value() const {
    typename Lanes::Wide t = sum_;
    constexpr auto perProduct = Multiply::productStart();
    for (auto& columns : t.column) {
      for (size_t k = 0; k < Multiply::columns; k++) {
        columns[k] = _mm256_add_epi64(columns[k], _mm256_set1_epi64x(static_cast<long long>(perProduct[k] * products_)));
      }
    }
    return Lanes::reduceSum(t);
  }

 private:
  /// Adds the products of vector v to its columns.
  static void add(__m256i (&sum)[Multiply::columns], size_t v, const Factor* factors, const Constant* constants, size_t count) {
    const __m256d splitHigh = _mm256_set1_pd(Multiply::two104);
    const __m256d splitLow = _mm256_set1_pd(Multiply::two104 + Multiply::two52);
    __m256i column[Multiply::columns];
    for (size_t k = 0; k < Multiply::columns; k++) column[k] = sum[k];
    for (size_t n = 0; n < count; n++) {
#pragma GCC unroll 5
      for (size_t i = 0; i < Multiply::limbs; i++) {
        const __m256d x = _mm256_set1_pd(constants[n].limb[i]);
#pragma GCC unroll 5
        for (size_t j = 0; j < Multiply::limbs; j++) {
          const __m256d y = factors[n].limb[v][j];
          const __m256d high = _mm256_fmadd_pd(x, y, splitHigh);
          const __m256d low = _mm256_fmadd_pd(x, y, _mm256_sub_pd(splitLow, high));
          column[i + j + 1] = _mm256_add_epi64(column[i + j + 1], _mm256_castpd_si256(high));
          column[i + j] = _mm256_add_epi64(column[i + j], _mm256_castpd_si256(low));
        }
      }
    }
    for (size_t k = 0; k < Multiply::columns; k++) sum[k] = column[k];
  }

  typename Lanes::Wide sum_;
  uint64_t products_ = 0;
};

}  // namespace millrace
