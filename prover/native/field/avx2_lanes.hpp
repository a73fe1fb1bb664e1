// Four field elements at a time with AVX2: nine limbs of 29 bits, each in 64 bits,
// Montgomery's radix R = 2^261. 32-bit products are summed column by column without
// carries, and the reduction's quotient digits are found on the way up (product
// scanning; S. Gueron, V. Krasnov, "Software implementation of modular exponentiation,
// using advanced vector instructions architectures", 2012).
//
// The contract of the operations is in scalar_lanes.hpp. Between operations every
// limb but the highest is below 2^29 and the highest is not negative; all values are
// below 16 p < 2^258.
//
// Bounds: p < 0.76 * 2^254, so p / R < 0.006. Columns are unsigned and below 2^64:
// - a product adds at most 9 terms below 2^58 to one: below 2^61.2;
// - the reduction adds as much again, and a carry below 2^35;
// - of a difference of products, see differenceOffset: below 2^61.2 + 2^62.1 + 2^61.2;
// - of sums of two values, taken limb by limb without carries: 9 * 2^60 < 2^63.2
//   before the products of the parts are taken off, 2^62.2 after.
// The reduction of t < 33 p^2 is (t + q p) / R with q < R: below 33 * 0.006 p + p < 2p.
#pragma once

#include <immintrin.h>

#include <array>

#include "always_inline.hpp"
#include "bound.hpp"
#include "kernel_portable.hpp"
#include "quadratic_lanes.hpp"

namespace millrace {

template <class Field>
class Avx2Lanes {
 public:
  using Element = Field;
  using Mask = unsigned;
  static constexpr size_t width = 4;

  /// Zero.
  Avx2Lanes() {
    for (__m256i& limb : limb_) limb = _mm256_setzero_si256();
  }

  /// From x 2^256 to x 2^261, in scalar arithmetic: times 2^5.
  static Element enter(const Element& scalar) {
    Element x = scalar;
    for (int i = 0; i < 5; i++) x = x + x;
    return x;
  }

  static Element leave(const Element& lane) { return lane * Element::fromRepresentation(powerOfTwo(251, prime)); }

  static Element enterFactor() { return Element::fromRepresentation(powerOfTwo(266, prime)); }
  static Element plainFactor(const Element& scalar) { return Element::fromRepresentation(scalar.toLimbs()); }

  static Avx2Lanes one() { return constant(split(powerOfTwo(261, prime))); }
  static Avx2Lanes broadcast(const Element& element) { return constant(split(element.representation())); }

  static Avx2Lanes load(const Element* from) {
    return gather([from](size_t i) { return from + i; });
  }

  void store(Element* to) const {
    scatter([to](size_t i) { return to + i; });
  }

  void storePlain(Limbs* to) const { store(reinterpret_cast<Element*>(to)); }

  template <class From>
  MILLRACE_INLINE static Avx2Lanes gather(const From& from) {
    const auto load = [&](size_t i) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from(i))); };
    __m256i word[4] = {load(0), load(1), load(2), load(3)};
    transpose(word);
    Avx2Lanes r;
    r.limb_[0] = masked(word[0]);
    r.limb_[1] = masked(_mm256_srli_epi64(word[0], 29));
    r.limb_[2] = masked(_mm256_or_si256(_mm256_srli_epi64(word[0], 58), _mm256_slli_epi64(word[1], 6)));
    r.limb_[3] = masked(_mm256_srli_epi64(word[1], 23));
    r.limb_[4] = masked(_mm256_or_si256(_mm256_srli_epi64(word[1], 52), _mm256_slli_epi64(word[2], 12)));
    r.limb_[5] = masked(_mm256_srli_epi64(word[2], 17));
    r.limb_[6] = masked(_mm256_or_si256(_mm256_srli_epi64(word[2], 46), _mm256_slli_epi64(word[3], 18)));
    r.limb_[7] = masked(_mm256_srli_epi64(word[3], 11));
    r.limb_[8] = _mm256_srli_epi64(word[3], 40);
    return r;
  }

  template <class To>
  MILLRACE_INLINE void scatter(const To& to) const {
    const auto join = [](__m256i a, __m256i b, __m256i c) { return _mm256_or_si256(a, _mm256_or_si256(b, c)); };
    __m256i word[4] = {
        join(limb_[0], _mm256_slli_epi64(limb_[1], 29), _mm256_slli_epi64(limb_[2], 58)),
        join(_mm256_srli_epi64(limb_[2], 6), _mm256_slli_epi64(limb_[3], 23), _mm256_slli_epi64(limb_[4], 52)),
        join(_mm256_srli_epi64(limb_[4], 12), _mm256_slli_epi64(limb_[5], 17), _mm256_slli_epi64(limb_[6], 46)),
        join(_mm256_srli_epi64(limb_[6], 18), _mm256_slli_epi64(limb_[7], 11), _mm256_slli_epi64(limb_[8], 40)),
    };
    transpose(word);
    for (size_t i = 0; i < width; i++) _mm256_storeu_si256(reinterpret_cast<__m256i*>(to(i)), word[i]);
  }

  MILLRACE_INLINE Avx2Lanes operator+(const Avx2Lanes& other) const { return looseSum(*this, other).carried(); }

  template <unsigned k>
  MILLRACE_INLINE Avx2Lanes minus(const Avx2Lanes& other, Bound<k>) const {
    constexpr auto multiple = multipleOfPrime(k);
    Avx2Lanes r;
    for (size_t i = 0; i < limbs; i++) r.limb_[i] = _mm256_sub_epi64(_mm256_add_epi64(limb_[i], vector(multiple[i])), other.limb_[i]);
    return r.carried();
  }

  MILLRACE_INLINE Avx2Lanes negated() const { return select(isZero(), *this, Avx2Lanes().minus(*this, below<1>)); }

  template <unsigned k>
  MILLRACE_INLINE Avx2Lanes reduced(Bound<k>) const {
    static_assert(k <= 16);
    Avx2Lanes r = *this;
    if constexpr (k > 8) r = r.template lessIfNotNegative<8>();
    if constexpr (k > 4) r = r.template lessIfNotNegative<4>();
    if constexpr (k > 2) r = r.template lessIfNotNegative<2>();
    return r;
  }

  template <unsigned k>
  MILLRACE_INLINE Avx2Lanes canonical(Bound<k> bound) const {
    return reduced(bound).template lessIfNotNegative<1>();
  }

  /// A product before its reduction: the sum of column[i] * 2^(29 i).
  struct Wide {
    __m256i column[17];
  };

  /// A sum that only product() takes: its limbs have 30 bits.
  MILLRACE_INLINE static Avx2Lanes looseSum(const Avx2Lanes& a, const Avx2Lanes& b) {
    Avx2Lanes r;
    for (size_t i = 0; i < limbs; i++) r.limb_[i] = _mm256_add_epi64(a.limb_[i], b.limb_[i]);
    return r;
  }

  static Wide product(const Avx2Lanes& a, const Avx2Lanes& b) {
    Wide t;
#pragma GCC unroll 17
    for (size_t k = 0; k < columns; k++) t.column[k] = productColumn(a, b, k);
    return t;
  }

  /// a - b, for products below 16 p^2.
  static Avx2Lanes reduceDifference(const Wide& a, const Wide& b) {
    constexpr auto offset = differenceOffset();
    return reduce([&](size_t k) { return _mm256_sub_epi64(_mm256_add_epi64(a.column[k], vector(offset[k])), b.column[k]); });
  }

  /// cross - a - b, where cross is the product of the sums of the factors of a and b; below 32 p^2.
  static Avx2Lanes reduceCross(const Wide& cross, const Wide& a, const Wide& b) {
    return reduce([&](size_t k) { return _mm256_sub_epi64(cross.column[k], _mm256_add_epi64(a.column[k], b.column[k])); });
  }

  Avx2Lanes operator*(const Avx2Lanes& other) const {
    return reduce([&](size_t k) __attribute__((always_inline)) { return productColumn(*this, other, k); });
  }

  Avx2Lanes squared() const {
    const Avx2Lanes twice = looseSum(*this, *this);
    return reduce([&](size_t k) __attribute__((always_inline)) {
      __m256i sum = k % 2 == 0 ? _mm256_mul_epu32(limb_[k / 2], limb_[k / 2]) : _mm256_setzero_si256();
#pragma GCC unroll 9
      for (size_t i = k < limbs ? 0 : k - limbs + 1; 2 * i < k; i++) {
        sum = _mm256_add_epi64(sum, _mm256_mul_epu32(twice.limb_[i], limb_[k - i]));
      }
      return sum;
    });
  }

  /// All lanes with one scalar inversion (Montgomery's trick).
  Avx2Lanes inverse() const {
    Element values[width], before[width], inverses[width];
    canonical(below<2>).store(values);
    Element product = Element::one();
    for (size_t i = 0; i < width; i++) {
      before[i] = product;
      product = product * values[i];
    }
    // In scalar arithmetic a lane's x is 2^5 x, its inverse 1 / (2^5 x): times 2^10 it is the lane's 1 / x.
    Element suffix = product.inverse() * Element::fromInteger(1024);
    for (size_t i = width; i-- > 0;) {
      inverses[i] = suffix * before[i];
      suffix = suffix * values[i];
    }
    return load(inverses);
  }

  Mask isZero() const {
    __m256i any = limb_[0];
    for (size_t i = 1; i < limbs; i++) any = _mm256_or_si256(any, limb_[i]);
    return zeros(any);
  }

  Mask equals(const Avx2Lanes& other) const {
    __m256i any = _mm256_xor_si256(limb_[0], other.limb_[0]);
    for (size_t i = 1; i < limbs; i++) any = _mm256_or_si256(any, _mm256_xor_si256(limb_[i], other.limb_[i]));
    return zeros(any);
  }

  MILLRACE_INLINE static Avx2Lanes select(Mask mask, const Avx2Lanes& yes, const Avx2Lanes& no) {
    const __m256i bits = _mm256_setr_epi64x(1, 2, 4, 8);
    const __m256i chosen = _mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x(mask), bits), bits);
    return blend(chosen, yes, no);
  }

 private:
  static constexpr size_t limbs = 9, columns = 2 * limbs - 1;
  static constexpr unsigned limbBits = 29;
  static constexpr uint64_t mask29 = (uint64_t{1} << limbBits) - 1;
  static constexpr const Limbs& prime = Field::modulus.p;

  static constexpr std::array<uint64_t, limbs> split(const Limbs& x) {
    return {x[0] & mask29, x[0] >> 29 & mask29, (x[0] >> 58 | x[1] << 6) & mask29, x[1] >> 23 & mask29,
            (x[1] >> 52 | x[2] << 12) & mask29, x[2] >> 17 & mask29, (x[2] >> 46 | x[3] << 18) & mask29,
            x[3] >> 11 & mask29, x[3] >> 40};
  }

  /// k * p for k <= 16.
  static constexpr std::array<uint64_t, limbs> multipleOfPrime(unsigned k) {
    std::array<uint64_t, limbs> r = split(prime);
    uint64_t carry = 0;
    for (size_t i = 0; i < limbs; i++) {
      const uint64_t value = r[i] * k + carry;
      r[i] = i + 1 < limbs ? value & mask29 : value;
      carry = value >> limbBits;
    }
    return r;
  }

  /// 17 p^2 in columns that are at least as large as those of a product below 16 p^2: each column but the highest has
  /// borrowed 2^33 from the next one, that is 2^62 for itself, where 2^61.2 is needed. The highest column of 17 p^2 is
  /// above that of 16 p^2 by p^2 / 2^464 > 2^42, less a lower column's carry, and has lent 2^33.
  static constexpr std::array<uint64_t, columns> differenceOffset() {
    const std::array<uint64_t, limbs> p = split(prime);
    std::array<uint64_t, columns> r{};
    Uint128 carry = 0;
    for (size_t k = 0; k < columns; k++) {
      for (size_t i = 0; i < limbs; i++) {
        if (k >= i && k - i < limbs) carry += static_cast<Uint128>(p[i]) * p[k - i] * 17;
      }
      const bool highest = k + 1 == columns;
      r[k] = static_cast<uint64_t>(highest ? carry : carry & mask29);
      if (!highest) r[k] += uint64_t{1} << 62;
      if (k > 0) r[k] -= uint64_t{1} << 33;
      carry >>= limbBits;
    }
    return r;
  }

  static __m256i vector(uint64_t value) { return _mm256_set1_epi64x(static_cast<long long>(value)); }
  static __m256i masked(__m256i x) { return _mm256_and_si256(x, vector(mask29)); }

  static Avx2Lanes constant(const std::array<uint64_t, limbs>& value) {
    Avx2Lanes r;
    for (size_t i = 0; i < limbs; i++) r.limb_[i] = vector(value[i]);
    return r;
  }

  /// The four words of four lanes to the four lanes of each word, or back.
  MILLRACE_INLINE static void transpose(__m256i (&word)[4]) {
    const __m256i even01 = _mm256_unpacklo_epi64(word[0], word[1]), odd01 = _mm256_unpackhi_epi64(word[0], word[1]);
    const __m256i even23 = _mm256_unpacklo_epi64(word[2], word[3]), odd23 = _mm256_unpackhi_epi64(word[2], word[3]);
    word[0] = _mm256_permute2x128_si256(even01, even23, 0x20);
    word[1] = _mm256_permute2x128_si256(odd01, odd23, 0x20);
    word[2] = _mm256_permute2x128_si256(even01, even23, 0x31);
    word[3] = _mm256_permute2x128_si256(odd01, odd23, 0x31);
  }

  MILLRACE_INLINE static __m256i productColumn(const Avx2Lanes& a, const Avx2Lanes& b, size_t k) {
    const size_t first = k < limbs ? 0 : k - limbs + 1, last = k < limbs ? k : limbs - 1;
    __m256i sum = _mm256_mul_epu32(a.limb_[first], b.limb_[k - first]);
#pragma GCC unroll 9
    for (size_t i = first + 1; i <= last; i++) sum = _mm256_add_epi64(sum, _mm256_mul_epu32(a.limb_[i], b.limb_[k - i]));
    return sum;
  }

  /// t / R mod p, below 2p, where t < 33 p^2 is the sum of columnOf(k) * 2^(29 k).
  template <class ColumnOf>
  MILLRACE_INLINE static Avx2Lanes reduce(const ColumnOf& columnOf) {
    constexpr auto p = multipleOfPrime(1);
    const __m256i inverse = vector(Field::modulus.negativeInverse & mask29);
    __m256i quotient[limbs];
    Avx2Lanes r;
    __m256i carry = _mm256_setzero_si256();
#pragma GCC unroll 17
    for (size_t k = 0; k < columns; k++) {
      // What the last column left comes last: the chain from quotient to quotient is what takes the time.
      __m256i sum = columnOf(k);
#pragma GCC unroll 9
      for (size_t i = k < limbs ? 0 : k - limbs + 1; i < (k < limbs ? k : limbs); i++) {
        sum = _mm256_add_epi64(sum, _mm256_mul_epu32(quotient[i], vector(p[k - i])));
      }
      sum = _mm256_add_epi64(sum, carry);
      if (k < limbs) {
        quotient[k] = masked(_mm256_mul_epu32(sum, inverse));
        sum = _mm256_add_epi64(sum, _mm256_mul_epu32(quotient[k], vector(p[0])));
      } else {
        r.limb_[k - limbs] = masked(sum);
      }
      carry = _mm256_srli_epi64(sum, limbBits);
    }
    r.limb_[limbs - 1] = carry;
    return r;
  }

  /// Moves signed carries up, of limbs below 2^31 in absolute value: a 32-bit shift moves the sign in both halves.
  MILLRACE_INLINE Avx2Lanes carried() const {
    Avx2Lanes r;
    __m256i carry = _mm256_setzero_si256();
    for (size_t i = 0; i < limbs; i++) {
      const __m256i value = _mm256_add_epi64(limb_[i], carry);
      carry = _mm256_srai_epi32(value, limbBits);
      r.limb_[i] = i + 1 < limbs ? masked(value) : value;
    }
    return r;
  }

  /// x - k p where that is not negative, else x.
  template <unsigned k>
  MILLRACE_INLINE Avx2Lanes lessIfNotNegative() const {
    constexpr auto multiple = multipleOfPrime(k);
    Avx2Lanes less;
    for (size_t i = 0; i < limbs; i++) less.limb_[i] = _mm256_sub_epi64(limb_[i], vector(multiple[i]));
    less = less.carried();
    return blend(less.limb_[limbs - 1], *this, less);
  }

  /// `yes` in the lanes where `chosen` has its highest bit.
  MILLRACE_INLINE static Avx2Lanes blend(__m256i chosen, const Avx2Lanes& yes, const Avx2Lanes& no) {
    Avx2Lanes r;
    for (size_t i = 0; i < limbs; i++) {
      r.limb_[i] = _mm256_castpd_si256(
          _mm256_blendv_pd(_mm256_castsi256_pd(no.limb_[i]), _mm256_castsi256_pd(yes.limb_[i]), _mm256_castsi256_pd(chosen)));
    }
    return r;
  }

  static Mask zeros(__m256i x) {
    return static_cast<Mask>(_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(x, _mm256_setzero_si256()))));
  }

  __m256i limb_[limbs];
};

struct Avx2LaneFamily {
  template <class Field>
  using Lanes = typename LanesOver<Avx2Lanes, Field>::Type;
};

}  // namespace millrace
