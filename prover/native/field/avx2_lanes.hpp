// Eight field elements at a time with AVX2 and FMA, four in a vector: five limbs of 52
// bits, Montgomery's radix R = 2^260; see avx2_multiply.hpp. Lanes are used only where
// doubles are rounded toward zero: inside the life of an Avx2LaneFamily::Environment.
//
// The contract of the operations is in scalar_lanes.hpp. Between operations every
// limb but the highest is below 2^52 and the highest is not negative, so that the
// value is what it looks like; all values are below 16 p < 2^258, the highest limb
// below 2^50.
//
// Bounds: the reduction of t < 72 p^2 is below 2p; see there.
#pragma once

#include <immintrin.h>

#include <array>

#include "always_inline.hpp"
#include "avx2_multiply.hpp"
#include "bound.hpp"
#include "quadratic_lanes.hpp"

namespace millrace {

template <class Field>
class Avx2Lanes {
 public:
  using Element = Field;
  using Mask = unsigned;
  static constexpr size_t width = 8;

  /// Zero.
  Avx2Lanes() {
    each([&](size_t v, size_t i) { limb_[v][i] = _mm256_setzero_si256(); });
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

  static Avx2Lanes one() { return constant(Multiply::split(powerOfTwo(260, prime))); }
  static Avx2Lanes broadcast(const Element& element) { return constant(Multiply::split(element.representation())); }

  static Avx2Lanes load(const Element* from) {
    return gather([from](size_t i) { return from + i; });
  }

  void store(Element* to) const {
    scatter([to](size_t i) { return to + i; });
  }

  /// The limbs of four lanes, then those of the others.
  const typename Avx2Multiply<Field>::Value (&representation() const)[2] { return limb_; }

  void storePlain(Limbs* to) const { store(reinterpret_cast<Element*>(to)); }

  template <class From>
  MILLRACE_INLINE static Avx2Lanes gather(const From& from) {
    Avx2Lanes r;
    for (size_t v = 0; v < 2; v++) {
      const auto load = [&](size_t i) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from(4 * v + i))); };
      __m256i word[4] = {load(0), load(1), load(2), load(3)};
      transpose(word);
      r.limb_[v][0] = masked(word[0]);
      r.limb_[v][1] = masked(_mm256_or_si256(_mm256_srli_epi64(word[0], 52), _mm256_slli_epi64(word[1], 12)));
      r.limb_[v][2] = masked(_mm256_or_si256(_mm256_srli_epi64(word[1], 40), _mm256_slli_epi64(word[2], 24)));
      r.limb_[v][3] = masked(_mm256_or_si256(_mm256_srli_epi64(word[2], 28), _mm256_slli_epi64(word[3], 36)));
      r.limb_[v][4] = _mm256_srli_epi64(word[3], 16);
    }
    return r;
  }

  template <class To>
  MILLRACE_INLINE void scatter(const To& to) const {
    for (size_t v = 0; v < 2; v++) {
      const auto& limb = limb_[v];
      __m256i word[4] = {
          _mm256_or_si256(limb[0], _mm256_slli_epi64(limb[1], 52)),
          _mm256_or_si256(_mm256_srli_epi64(limb[1], 12), _mm256_slli_epi64(limb[2], 40)),
          _mm256_or_si256(_mm256_srli_epi64(limb[2], 24), _mm256_slli_epi64(limb[3], 28)),
          _mm256_or_si256(_mm256_srli_epi64(limb[3], 36), _mm256_slli_epi64(limb[4], 16)),
      };
      transpose(word);
      for (size_t i = 0; i < 4; i++) _mm256_storeu_si256(reinterpret_cast<__m256i*>(to(4 * v + i)), word[i]);
    }
  }

  MILLRACE_INLINE Avx2Lanes operator+(const Avx2Lanes& other) const {
    Avx2Lanes r;
    each([&](size_t v, size_t i) { r.limb_[v][i] = _mm256_add_epi64(limb_[v][i], other.limb_[v][i]); });
    return r.carried();
  }

  template <unsigned k>
  MILLRACE_INLINE Avx2Lanes minus(const Avx2Lanes& other, Bound<k>) const {
    constexpr auto multiple = lending(multipleOfPrime(k));
    Avx2Lanes r;
    each([&](size_t v, size_t i) {
      r.limb_[v][i] = _mm256_add_epi64(limb_[v][i], _mm256_sub_epi64(vector(multiple[i]), other.limb_[v][i]));
    });
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

  Avx2Lanes operator*(const Avx2Lanes& other) const {
    Avx2Lanes r;
    Multiply::multiply(r.limb_[0], r.limb_[1], limb_[0], other.limb_[0], limb_[1], other.limb_[1]);
    return r;
  }

  /// (a0 + a1 u) (b0 + b1 u) where u^2 = -1, for a below 8p and b below 4p with a bounds' product of at most 16 p^2:
  /// a0 b0 + a1 (4p - b1) is below 48 p^2, a0 b1 + a1 b0 below 32 p^2.
  static void multiplyQuadratic(const Avx2Lanes& a0, const Avx2Lanes& a1, const Avx2Lanes& b0, const Avx2Lanes& b1,
                                Avx2Lanes& real, Avx2Lanes& imaginary) {
    const Avx2Lanes minus = Avx2Lanes().minus(b1, below<4>);
    for (size_t v = 0; v < 2; v++) {
      Multiply::multiplyCrosswise(real.limb_[v], imaginary.limb_[v], a0.limb_[v], b0.limb_[v], a1.limb_[v], minus.limb_[v], b1.limb_[v]);
    }
  }

  /// Sums of products before their reduction, four lanes and the others.
  struct Wide {
    typename Avx2Multiply<Field>::Wide column[2];
  };

  /// t / R, below 2p, for t below 72 p^2 with columns below 2^62.
  static Avx2Lanes reduceSum(const Wide& t) {
    static constexpr auto start = Multiply::reductionStart();
    Wide started;
    for (size_t v = 0; v < 2; v++) {
      for (size_t k = 0; k < Multiply::columns; k++) started.column[v][k] = _mm256_add_epi64(t.column[v][k], vector(start[k]));
    }
    Avx2Lanes r;
    Multiply::reduce(r.limb_[0], r.limb_[1], started.column[0], started.column[1]);
    return r;
  }

  Avx2Lanes squared() const { return *this * *this; }

  /// All lanes with one scalar inversion (Montgomery's trick).
  Avx2Lanes inverse() const {
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

  MILLRACE_INLINE Mask isZero() const {
    return zeros([&](size_t v, size_t i) { return limb_[v][i]; });
  }

  MILLRACE_INLINE Mask equals(const Avx2Lanes& other) const {
    return zeros([&](size_t v, size_t i) { return _mm256_xor_si256(limb_[v][i], other.limb_[v][i]); });
  }

  MILLRACE_INLINE static Avx2Lanes select(Mask mask, const Avx2Lanes& yes, const Avx2Lanes& no) {
    const __m256i bits[2] = {_mm256_setr_epi64x(1, 2, 4, 8), _mm256_setr_epi64x(16, 32, 64, 128)};
    __m256i chosen[2];
    for (size_t v = 0; v < 2; v++) chosen[v] = _mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x(mask), bits[v]), bits[v]);
    return blend(chosen[0], chosen[1], yes, no);
  }

 private:
  using Multiply = Avx2Multiply<Field>;
  static constexpr size_t limbs = Multiply::limbs;
  static constexpr uint64_t mask52 = Multiply::mask52;
  static constexpr const Limbs& prime = Field::modulus.p;
  using Limbs52 = std::array<uint64_t, limbs>;

  /// k * p for k <= 16.
  static constexpr Limbs52 multipleOfPrime(unsigned k) {
    Limbs52 r = Multiply::split(prime);
    uint64_t carry = 0;
    for (size_t i = 0; i < limbs; i++) {
      const uint64_t value = r[i] * k + carry;
      r[i] = i + 1 < limbs ? value & mask52 : value;
      carry = value >> 52;
    }
    return r;
  }

  /// The same value with each limb but the highest larger by 2^52, lent by the next one: a limb may then be taken off.
  static constexpr Limbs52 lending(Limbs52 x) {
    for (size_t i = 0; i < limbs; i++) x[i] += (i + 1 < limbs ? uint64_t{1} << 52 : 0) - (i > 0 ? 1 : 0);
    return x;
  }

  /// body(vector, limb)
  template <class Body>
  MILLRACE_INLINE static void each(const Body& body) {
    for (size_t v = 0; v < 2; v++) {
      for (size_t i = 0; i < limbs; i++) body(v, i);
    }
  }

  static __m256i vector(uint64_t value) { return _mm256_set1_epi64x(static_cast<long long>(value)); }
  MILLRACE_INLINE static __m256i masked(__m256i x) { return _mm256_and_si256(x, vector(mask52)); }

  static Avx2Lanes constant(const Limbs52& value) {
    Avx2Lanes r;
    each([&](size_t v, size_t i) { r.limb_[v][i] = vector(value[i]); });
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

  /// Moves carries up; limbs below 2^63 that are not negative, but perhaps the highest.
  MILLRACE_INLINE Avx2Lanes carried() const {
    Avx2Lanes r;
    for (size_t v = 0; v < 2; v++) {
      __m256i value = limb_[v][0];
      for (size_t i = 0; i + 1 < limbs; i++) {
        r.limb_[v][i] = masked(value);
        value = _mm256_add_epi64(limb_[v][i + 1], _mm256_srli_epi64(value, 52));
      }
      r.limb_[v][limbs - 1] = value;
    }
    return r;
  }

  /// x - k p where that is not negative, else x.
  template <unsigned k>
  MILLRACE_INLINE Avx2Lanes lessIfNotNegative() const {
    constexpr Limbs52 lent = lending({}), multiple = multipleOfPrime(k);
    Avx2Lanes less;
    each([&](size_t v, size_t i) { less.limb_[v][i] = _mm256_add_epi64(limb_[v][i], vector(lent[i] - multiple[i])); });
    less = less.carried();
    return blend(less.limb_[0][limbs - 1], less.limb_[1][limbs - 1], *this, less);
  }

  /// `yes` in the lanes where `low` and `high` have their highest bit.
  MILLRACE_INLINE static Avx2Lanes blend(__m256i low, __m256i high, const Avx2Lanes& yes, const Avx2Lanes& no) {
    Avx2Lanes r;
    each([&](size_t v, size_t i) {
      r.limb_[v][i] = _mm256_castpd_si256(_mm256_blendv_pd(_mm256_castsi256_pd(no.limb_[v][i]), _mm256_castsi256_pd(yes.limb_[v][i]),
                                                           _mm256_castsi256_pd(v == 0 ? low : high)));
    });
    return r;
  }

  /// The lanes in which all limbs are zero.
  template <class LimbOf>
  MILLRACE_INLINE static Mask zeros(const LimbOf& limbOf) {
    Mask mask = 0;
    for (size_t v = 0; v < 2; v++) {
      __m256i any = limbOf(v, 0);
      for (size_t i = 1; i < limbs; i++) any = _mm256_or_si256(any, limbOf(v, i));
      const __m256d zero = _mm256_castsi256_pd(_mm256_cmpeq_epi64(any, _mm256_setzero_si256()));
      mask |= static_cast<Mask>(_mm256_movemask_pd(zero)) << (4 * v);
    }
    return mask;
  }

  typename Multiply::Value limb_[2];
};

struct Avx2LaneFamily {
  template <class Field>
  using Lanes = typename LanesOver<Avx2Lanes, Field>::Type;

  /// While it lives, this thread rounds doubles toward zero, and so do the threads that it starts.
  class Environment {
   public:
    Environment() : before_(_mm_getcsr()) { _mm_setcsr(before_ | _MM_ROUND_TOWARD_ZERO); }
    ~Environment() { _mm_setcsr(before_); }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

   private:
    unsigned before_;
  };
};

}  // namespace millrace
