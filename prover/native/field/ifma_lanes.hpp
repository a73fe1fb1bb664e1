// Eight field elements at a time with AVX-512 IFMA (52-bit multiply and add): five
// limbs of 52 bits, Montgomery's radix R = 2^260. A whole product is formed in ten
// columns without carries and then reduced column by column (S. Gueron, V. Krasnov,
// "Accelerating big integer arithmetic using Intel IFMA extensions", 2016).
//
// The contract of the operations is in scalar_lanes.hpp. Between operations every
// limb but the highest is below 2^52 and the highest is not negative, so that the
// value is what it looks like; all values are below 16 p < 2^258.
//
// Bounds: p < 0.76 * 2^254, so p / R < 0.0119.
// - Columns: a product adds at most 10 terms below 2^52 to one; three such products
//   with signs and the reduction's 10 terms and carries stay below 2^58 in absolute
//   value, inside signed 64 bits.
// - reduce(t) for 0 <= t < 32 p^2 is (t + q p) / R with q < R, thus below
//   32 * 0.0119 p + p < 1.4 p: below 2p.
#pragma once

#include <immintrin.h>

#include <array>
#include <utility>

#include "always_inline.hpp"
#include "bound.hpp"
#include "kernel_portable.hpp"
#include "quadratic_lanes.hpp"

namespace millrace {

template <class Field>
class IfmaLanes {
 public:
  using Element = Field;
  using Mask = unsigned;
  static constexpr size_t width = 8;

  /// Zero.
  IfmaLanes() {
    for (__m512i& limb : limb_) limb = _mm512_setzero_si512();
  }

  /// From x 2^256 to x 2^260, in scalar arithmetic: times 2^4.
  static Element enter(const Element& scalar) {
    Element x = scalar;
    for (int i = 0; i < 4; i++) x = x + x;
    return x;
  }

  static Element leave(const Element& lane) { return lane * Element::fromRepresentation(powerOfTwo(252, prime)); }

  static Element enterFactor() { return Element::fromRepresentation(powerOfTwo(264, prime)); }
  static Element plainFactor(const Element& scalar) { return Element::fromRepresentation(scalar.toLimbs()); }

  static IfmaLanes one() { return constant(split(powerOfTwo(260, prime))); }

  static IfmaLanes broadcast(const Element& element) { return constant(split(element.representation())); }

  static IfmaLanes load(const Element* from) {
    return gather([from](size_t i) { return from + i; });
  }

  void store(Element* to) const {
    scatter([to](size_t i) { return to + i; });
  }

  void storePlain(Limbs* to) const { store(reinterpret_cast<Element*>(to)); }

  template <class From>
  MILLRACE_INLINE static IfmaLanes gather(const From& from) {
    // Lanes i and i + 4 side by side, then two rounds of interleaving.
    __m512i pair[4];
    for (size_t i = 0; i < 4; i++) {
      const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from(i)));
      pair[i] = _mm512_inserti64x4(_mm512_castsi256_si512(low), _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from(i + 4))), 1);
    }
    const __m512i even01 = _mm512_unpacklo_epi64(pair[0], pair[1]), odd01 = _mm512_unpackhi_epi64(pair[0], pair[1]);
    const __m512i even23 = _mm512_unpacklo_epi64(pair[2], pair[3]), odd23 = _mm512_unpackhi_epi64(pair[2], pair[3]);
    const __m512i word0 = _mm512_permutex2var_epi64(even01, lowHalves(), even23);
    const __m512i word1 = _mm512_permutex2var_epi64(odd01, lowHalves(), odd23);
    const __m512i word2 = _mm512_permutex2var_epi64(even01, highHalves(), even23);
    const __m512i word3 = _mm512_permutex2var_epi64(odd01, highHalves(), odd23);
    IfmaLanes r;
    r.limb_[0] = masked(word0);
    r.limb_[1] = masked(_mm512_or_si512(_mm512_srli_epi64(word0, 52), _mm512_slli_epi64(word1, 12)));
    r.limb_[2] = masked(_mm512_or_si512(_mm512_srli_epi64(word1, 40), _mm512_slli_epi64(word2, 24)));
    r.limb_[3] = masked(_mm512_or_si512(_mm512_srli_epi64(word2, 28), _mm512_slli_epi64(word3, 36)));
    r.limb_[4] = _mm512_srli_epi64(word3, 16);
    return r;
  }

  template <class To>
  MILLRACE_INLINE void scatter(const To& to) const {
    const __m512i word0 = _mm512_or_si512(limb_[0], _mm512_slli_epi64(limb_[1], 52));
    const __m512i word1 = _mm512_or_si512(_mm512_srli_epi64(limb_[1], 12), _mm512_slli_epi64(limb_[2], 40));
    const __m512i word2 = _mm512_or_si512(_mm512_srli_epi64(limb_[2], 24), _mm512_slli_epi64(limb_[3], 28));
    const __m512i word3 = _mm512_or_si512(_mm512_srli_epi64(limb_[3], 36), _mm512_slli_epi64(limb_[4], 16));
    const __m512i even01 = _mm512_permutex2var_epi64(word0, lowHalves(), word2);
    const __m512i even23 = _mm512_permutex2var_epi64(word0, highHalves(), word2);
    const __m512i odd01 = _mm512_permutex2var_epi64(word1, lowHalves(), word3);
    const __m512i odd23 = _mm512_permutex2var_epi64(word1, highHalves(), word3);
    const __m512i pair[4] = {_mm512_unpacklo_epi64(even01, odd01), _mm512_unpackhi_epi64(even01, odd01),
                             _mm512_unpacklo_epi64(even23, odd23), _mm512_unpackhi_epi64(even23, odd23)};
    for (size_t i = 0; i < 4; i++) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to(i)), _mm512_castsi512_si256(pair[i]));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to(i + 4)), _mm512_extracti64x4_epi64(pair[i], 1));
    }
  }

  MILLRACE_INLINE IfmaLanes operator+(const IfmaLanes& other) const {
    IfmaLanes r;
    for (size_t i = 0; i < limbs; i++) r.limb_[i] = _mm512_add_epi64(limb_[i], other.limb_[i]);
    return r.carried();
  }

  template <unsigned k>
  MILLRACE_INLINE IfmaLanes minus(const IfmaLanes& other, Bound<k>) const {
    constexpr auto multiple = multipleOfPrime(k);
    IfmaLanes r;
    for (size_t i = 0; i < limbs; i++) {
      r.limb_[i] = _mm512_sub_epi64(_mm512_add_epi64(limb_[i], _mm512_set1_epi64(static_cast<long long>(multiple[i]))), other.limb_[i]);
    }
    return r.carried();
  }

  MILLRACE_INLINE IfmaLanes negated() const { return select(isZero(), *this, IfmaLanes().minus(*this, below<1>)); }

  template <unsigned k>
  MILLRACE_INLINE IfmaLanes reduced(Bound<k>) const {
    static_assert(k <= 16);
    IfmaLanes r = *this;
    if constexpr (k > 8) r = r.lessIfNotNegative<8>();
    if constexpr (k > 4) r = r.lessIfNotNegative<4>();
    if constexpr (k > 2) r = r.lessIfNotNegative<2>();
    return r;
  }

  template <unsigned k>
  MILLRACE_INLINE IfmaLanes canonical(Bound<k> bound) const {
    return reduced(bound).template lessIfNotNegative<1>();
  }

  /// A product, or a sum of products, before its reduction: the sum of column[i] * 2^(52 i), columns signed.
  struct Wide {
    __m512i column[10];
  };

  /// A sum that only product() takes.
  MILLRACE_INLINE static IfmaLanes looseSum(const IfmaLanes& a, const IfmaLanes& b) { return a + b; }

  MILLRACE_INLINE static Wide product(const IfmaLanes& a, const IfmaLanes& b) {
    Wide t = zeros();
    for (size_t i = 0; i < limbs; i++) {
      for (size_t j = 0; j < limbs; j++) t.column[i + j] = _mm512_madd52lo_epu64(t.column[i + j], a.limb_[i], b.limb_[j]);
      for (size_t j = 0; j < limbs; j++) t.column[i + j + 1] = _mm512_madd52hi_epu64(t.column[i + j + 1], a.limb_[i], b.limb_[j]);
    }
    return t;
  }

  /// a - b, for products below 16 p^2.
  MILLRACE_INLINE static IfmaLanes reduceDifference(const Wide& a, const Wide& b) {
    constexpr auto offset = multipleOfSquare();
    Wide t;
    for (size_t i = 0; i < 10; i++) {
      t.column[i] = _mm512_sub_epi64(_mm512_add_epi64(a.column[i], _mm512_set1_epi64(static_cast<long long>(offset[i]))), b.column[i]);
    }
    return reduce(t);
  }

  /// cross - a - b, where cross is the product of the sums of the factors of a and b; below 32 p^2.
  MILLRACE_INLINE static IfmaLanes reduceCross(const Wide& cross, const Wide& a, const Wide& b) {
    Wide t;
    for (size_t i = 0; i < 10; i++) t.column[i] = _mm512_sub_epi64(cross.column[i], _mm512_add_epi64(a.column[i], b.column[i]));
    return reduce(t);
  }

  /// t / R mod p, below 2p, for 0 <= t < 32 p^2.
  MILLRACE_INLINE static IfmaLanes reduce(Wide t) {
    constexpr auto p = multipleOfPrime(1);
    const __m512i inverse = _mm512_set1_epi64(static_cast<long long>(Field::modulus.negativeInverse & mask52));
    for (size_t i = 0; i < limbs; i++) {
      const __m512i quotient = _mm512_madd52lo_epu64(_mm512_setzero_si512(), t.column[i], inverse);
      for (size_t j = 0; j < limbs; j++) {
        const __m512i factor = _mm512_set1_epi64(static_cast<long long>(p[j]));
        t.column[i + j] = _mm512_madd52lo_epu64(t.column[i + j], quotient, factor);
        t.column[i + j + 1] = _mm512_madd52hi_epu64(t.column[i + j + 1], quotient, factor);
      }
      t.column[i + 1] = _mm512_add_epi64(t.column[i + 1], _mm512_srai_epi64(t.column[i], 52));
    }
    IfmaLanes r;
    for (size_t i = 0; i < limbs; i++) r.limb_[i] = t.column[limbs + i];
    return r.carried();
  }

  MILLRACE_INLINE IfmaLanes operator*(const IfmaLanes& other) const { return reduce(product(*this, other)); }

  MILLRACE_INLINE IfmaLanes squared() const {
    // Products of different limbs once, doubled; then the squares.
    Wide t = zeros();
    for (size_t i = 0; i < limbs; i++) {
      for (size_t j = i + 1; j < limbs; j++) {
        t.column[i + j] = _mm512_madd52lo_epu64(t.column[i + j], limb_[i], limb_[j]);
        t.column[i + j + 1] = _mm512_madd52hi_epu64(t.column[i + j + 1], limb_[i], limb_[j]);
      }
    }
    for (__m512i& column : t.column) column = _mm512_add_epi64(column, column);
    for (size_t i = 0; i < limbs; i++) {
      t.column[2 * i] = _mm512_madd52lo_epu64(t.column[2 * i], limb_[i], limb_[i]);
      t.column[2 * i + 1] = _mm512_madd52hi_epu64(t.column[2 * i + 1], limb_[i], limb_[i]);
    }
    return reduce(t);
  }

  /// All lanes with one scalar inversion (Montgomery's trick).
  IfmaLanes inverse() const {
    Element values[width], before[width], inverses[width];
    canonical(below<2>).store(values);
    Element product = Element::one();
    for (size_t i = 0; i < width; i++) {
      before[i] = product;
      product = product * values[i];
    }
    // In scalar arithmetic a lane's x is 2^4 x, its inverse 1 / (2^4 x): times 2^8 it is the lane's 1 / x.
    Element suffix = product.inverse() * Element::fromInteger(256);
    for (size_t i = width; i-- > 0;) {
      inverses[i] = suffix * before[i];
      suffix = suffix * values[i];
    }
    return load(inverses);
  }

  Mask isZero() const {
    __m512i any = limb_[0];
    for (size_t i = 1; i < limbs; i++) any = _mm512_or_si512(any, limb_[i]);
    return _mm512_testn_epi64_mask(any, any);
  }

  Mask equals(const IfmaLanes& other) const {
    __m512i any = _mm512_xor_si512(limb_[0], other.limb_[0]);
    for (size_t i = 1; i < limbs; i++) any = _mm512_or_si512(any, _mm512_xor_si512(limb_[i], other.limb_[i]));
    return _mm512_testn_epi64_mask(any, any);
  }

  MILLRACE_INLINE static IfmaLanes select(Mask mask, const IfmaLanes& yes, const IfmaLanes& no) {
    IfmaLanes r;
    for (size_t i = 0; i < limbs; i++) r.limb_[i] = _mm512_mask_blend_epi64(static_cast<__mmask8>(mask), no.limb_[i], yes.limb_[i]);
    return r;
  }

 private:
  static constexpr size_t limbs = 5;
  static constexpr uint64_t mask52 = (uint64_t{1} << 52) - 1;
  static constexpr const Limbs& prime = Field::modulus.p;

  static constexpr std::array<uint64_t, limbs> split(const Limbs& x) {
    return {x[0] & mask52, (x[0] >> 52 | x[1] << 12) & mask52, (x[1] >> 40 | x[2] << 24) & mask52,
            (x[2] >> 28 | x[3] << 36) & mask52, x[3] >> 16};
  }

  /// k * p for k <= 16.
  static constexpr std::array<uint64_t, limbs> multipleOfPrime(unsigned k) {
    std::array<uint64_t, limbs> r = split(prime);
    uint64_t carry = 0;
    for (size_t i = 0; i < limbs; i++) {
      const uint64_t value = r[i] * k + carry;
      r[i] = i + 1 < limbs ? value & mask52 : value;
      carry = value >> 52;
    }
    return r;
  }

  /// 16 p^2, which makes a difference of two products below that not negative.
  static constexpr std::array<uint64_t, 10> multipleOfSquare() {
    const std::array<uint64_t, limbs> p = split(prime);
    std::array<uint64_t, 10> r{};
    Uint128 carry = 0;
    for (size_t k = 0; k < 10; k++) {
      for (size_t i = 0; i < limbs; i++) {
        if (k >= i && k - i < limbs) carry += static_cast<Uint128>(p[i]) * p[k - i] * 16;
      }
      r[k] = static_cast<uint64_t>(carry) & mask52;
      carry >>= 52;
    }
    return r;
  }

  static Wide zeros() {
    Wide t;
    for (__m512i& column : t.column) column = _mm512_setzero_si512();
    return t;
  }

  static IfmaLanes constant(const std::array<uint64_t, limbs>& value) {
    IfmaLanes r;
    for (size_t i = 0; i < limbs; i++) r.limb_[i] = _mm512_set1_epi64(static_cast<long long>(value[i]));
    return r;
  }

  static __m512i masked(__m512i x) { return _mm512_and_si512(x, _mm512_set1_epi64(static_cast<long long>(mask52))); }
  static __m512i lowHalves() { return _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13); }
  static __m512i highHalves() { return _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15); }

  /// Moves signed carries up; the value, if not negative, is then in canonical limbs.
  MILLRACE_INLINE IfmaLanes carried() const {
    IfmaLanes r;
    __m512i carry = _mm512_setzero_si512();
    for (size_t i = 0; i < limbs; i++) {
      const __m512i value = _mm512_add_epi64(limb_[i], carry);
      carry = _mm512_srai_epi64(value, 52);
      r.limb_[i] = i + 1 < limbs ? masked(value) : value;
    }
    return r;
  }

  /// x - k p where that is not negative, else x.
  template <unsigned k>
  MILLRACE_INLINE IfmaLanes lessIfNotNegative() const {
    constexpr auto multiple = multipleOfPrime(k);
    IfmaLanes less;
    for (size_t i = 0; i < limbs; i++) less.limb_[i] = _mm512_sub_epi64(limb_[i], _mm512_set1_epi64(static_cast<long long>(multiple[i])));
    less = less.carried();
    return select(_mm512_movepi64_mask(less.limb_[limbs - 1]), *this, less);
  }

  __m512i limb_[limbs];
};

struct IfmaLaneFamily {
  template <class Field>
  using Lanes = typename LanesOver<IfmaLanes, Field>::Type;
  struct Environment {
    Environment() {}
  };
};

}  // namespace millrace
