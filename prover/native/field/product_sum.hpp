// Sums of products with one Montgomery reduction in all.
//
// A sum of n <= 21 products of elements below p is below 21 p^2 < 2^512, since
// p < 0.1891 * 2^256: eight limbs hold it. Its lower half L becomes
// (L + q p) / 2^256 <= p with q < 2^256; with the upper half that is at most
// 21 * 0.1891 p + p < 4.98 p < 0.942 * 2^256: four limbs hold that, and subtracting 4p, 2p
// and p where they can be subtracted makes it canonical.
#pragma once

#include "kernel_adx.hpp"
#include "kernel_portable.hpp"
#include "limbs.hpp"

namespace millrace {

using WideLimbs = std::array<uint64_t, 8>;

/// sum += a[0] * b[0] + ... + a[count - 1] * b[count - 1].
template <class Kernel>
inline void addProducts(WideLimbs& sum, const Limbs* a, const Limbs* b, size_t count) {
  for (size_t k = 0; k < count; k++) {
    uint64_t carryOut = 0;
    for (int i = 0; i < 4; i++) {
      uint64_t carry = 0;
      for (int j = 0; j < 4; j++) {
        const Uint128 word = static_cast<Uint128>(a[k][i]) * b[k][j] + sum[i + j] + carry;
        sum[i + j] = static_cast<uint64_t>(word);
        carry = static_cast<uint64_t>(word >> 64);
      }
      const Uint128 word = static_cast<Uint128>(sum[i + 4]) + carry + carryOut;
      sum[i + 4] = static_cast<uint64_t>(word);
      carryOut = static_cast<uint64_t>(word >> 64);
    }
  }
}

/// (low + q p) / 2^256 for the q < 2^256 that makes it whole: at most p.
template <class Kernel>
inline Limbs reduceLow(const Limbs& low, const Modulus& m) {
  Limbs t = low;
  for (int i = 0; i < 4; i++) {
    // t < 2^256, so that (t + quotient p) / 2^64 < 2^192 + p.
    const uint64_t quotient = t[0] * m.negativeInverse;
    Uint128 word = static_cast<Uint128>(quotient) * m.p[0] + t[0];
    for (int j = 1; j < 4; j++) {
      word = static_cast<Uint128>(quotient) * m.p[j] + t[j] + static_cast<uint64_t>(word >> 64);
      t[j - 1] = static_cast<uint64_t>(word);
    }
    t[3] = static_cast<uint64_t>(word >> 64);
  }
  return t;
}

#if defined(__x86_64__)

// t[i..] += a[i] * b with two carry chains, one for the low and one for the high halves;
// `tail` takes both carries up to the highest word.
#define MILLRACE_SUM_ROW(offset, w0, w1, w2, w3, w4, tail) \
  "xorl %k[low], %k[low]\n\t"                              \
  "movq " #offset "(%[a]), %%rdx\n\t"                      \
  "mulxq 0(%[b]), %[low], %[high]\n\t"                     \
  "adoxq %[low], %[" #w0 "]\n\t"                           \
  "adcxq %[high], %[" #w1 "]\n\t"                          \
  "mulxq 8(%[b]), %[low], %[high]\n\t"                     \
  "adoxq %[low], %[" #w1 "]\n\t"                           \
  "adcxq %[high], %[" #w2 "]\n\t"                          \
  "mulxq 16(%[b]), %[low], %[high]\n\t"                    \
  "adoxq %[low], %[" #w2 "]\n\t"                           \
  "adcxq %[high], %[" #w3 "]\n\t"                          \
  "mulxq 24(%[b]), %[low], %[high]\n\t"                    \
  "adoxq %[low], %[" #w3 "]\n\t"                           \
  "adcxq %[high], %[" #w4 "]\n\t"                          \
  "movl $0, %k[low]\n\t"                                   \
  "adoxq %[low], %[" #w4 "]\n\t" tail
#define MILLRACE_SUM_CARRY(w)    \
  "adcxq %[low], %[" #w "]\n\t" \
  "adoxq %[low], %[" #w "]\n\t"

template <>
inline void addProducts<AdxKernel>(WideLimbs& sum, const Limbs* a, const Limbs* b, size_t count) {
  if (count == 0) return;
  uint64_t t0 = sum[0], t1 = sum[1], t2 = sum[2], t3 = sum[3], t4 = sum[4], t5 = sum[5], t6 = sum[6], t7 = sum[7], low, high;
  asm("0:\n\t"
      MILLRACE_SUM_ROW(0, t0, t1, t2, t3, t4, MILLRACE_SUM_CARRY(t5) MILLRACE_SUM_CARRY(t6) MILLRACE_SUM_CARRY(t7))
      MILLRACE_SUM_ROW(8, t1, t2, t3, t4, t5, MILLRACE_SUM_CARRY(t6) MILLRACE_SUM_CARRY(t7))
      MILLRACE_SUM_ROW(16, t2, t3, t4, t5, t6, MILLRACE_SUM_CARRY(t7))
      MILLRACE_SUM_ROW(24, t3, t4, t5, t6, t7, "")
      "addq $32, %[a]\n\t"
      "addq $32, %[b]\n\t"
      "decq %[count]\n\t"
      "jnz 0b\n\t"
      : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [t4] "+&r"(t4), [t5] "+&r"(t5), [t6] "+&r"(t6),
        [t7] "+&r"(t7), [low] "=&r"(low), [high] "=&r"(high), [a] "+&r"(a), [b] "+&r"(b), [count] "+&r"(count)
      :
      : "rdx", "cc", "memory");
  sum = {t0, t1, t2, t3, t4, t5, t6, t7};
}

#undef MILLRACE_SUM_ROW
#undef MILLRACE_SUM_CARRY

// t = (t + quotient * p) / 2^64, below 2^192 + p.
#define MILLRACE_LOW_ROW                      \
  "movq 32(%[m]), %%rdx\n\t"                  \
  "imulq %[t0], %%rdx\n\t"                    \
  "xorl %k[low], %k[low]\n\t"                 \
  "mulxq 0(%[m]), %[low], %[carry]\n\t"       \
  "adcxq %[t0], %[low]\n\t"                   \
  "movq %[carry], %[t0]\n\t"                  \
  "adcxq %[t1], %[t0]\n\t"                    \
  "mulxq 8(%[m]), %[low], %[t1]\n\t"          \
  "adoxq %[low], %[t0]\n\t"                   \
  "adcxq %[t2], %[t1]\n\t"                    \
  "mulxq 16(%[m]), %[low], %[t2]\n\t"         \
  "adoxq %[low], %[t1]\n\t"                   \
  "adcxq %[t3], %[t2]\n\t"                    \
  "mulxq 24(%[m]), %[low], %[t3]\n\t"         \
  "adoxq %[low], %[t2]\n\t"                   \
  "movl $0, %k[low]\n\t"                      \
  "adcxq %[low], %[t3]\n\t"                   \
  "adoxq %[low], %[t3]\n\t"

template <>
inline Limbs reduceLow<AdxKernel>(const Limbs& value, const Modulus& m) {
  uint64_t t0 = value[0], t1 = value[1], t2 = value[2], t3 = value[3], low, carry;
  asm(MILLRACE_LOW_ROW MILLRACE_LOW_ROW MILLRACE_LOW_ROW MILLRACE_LOW_ROW
      : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [low] "=&r"(low), [carry] "=&r"(carry)
      : [m] "r"(&m), "m"(m)
      : "rdx", "cc");
  return {t0, t1, t2, t3};
}

#undef MILLRACE_LOW_ROW

#endif

template <class Field, class Kernel>
class ProductSum {
 public:
  static constexpr unsigned maxProducts = 21;

  /// Adds a[0] * b[0] + ... + a[count - 1] * b[count - 1].
  void add(const Field* a, const Field* b, size_t count) {
    static_assert(sizeof(Field) == sizeof(Limbs), "an array of elements is an array of limbs");
    addProducts<Kernel>(sum_, &a->representation(), &b->representation(), count);
  }

  /// The sum as an element; at most maxProducts have been added.
  Field value() const {
    Limbs t = reduceLow<Kernel>({sum_[0], sum_[1], sum_[2], sum_[3]}, Field::modulus);
    uint64_t carry = 0;
    for (int i = 0; i < 4; i++) {
      const Uint128 word = static_cast<Uint128>(t[i]) + sum_[i + 4] + carry;
      t[i] = static_cast<uint64_t>(word);
      carry = static_cast<uint64_t>(word >> 64);
    }
    static constexpr Limbs twice = multiple(2), fourTimes = multiple(4);
    t = lessIfPossible(t, fourTimes);
    t = lessIfPossible(t, twice);
    return Field::fromRepresentation(lessIfPossible(t, Field::modulus.p));
  }

 private:
  static constexpr Limbs multiple(unsigned factor) {
    Limbs r{};
    uint64_t carry = 0;
    for (int i = 0; i < 4; i++) {
      const Uint128 word = static_cast<Uint128>(Field::modulus.p[i]) * factor + carry;
      r[i] = static_cast<uint64_t>(word);
      carry = static_cast<uint64_t>(word >> 64);
    }
    return r;
  }

  /// t - k where that is not negative, else t; without a branch.
  static Limbs lessIfPossible(const Limbs& t, const Limbs& k) {
    Limbs difference;
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++) {
      const Uint128 word = static_cast<Uint128>(t[i]) - k[i] - borrow;
      difference[i] = static_cast<uint64_t>(word);
      borrow = static_cast<uint64_t>(word >> 64) & 1;
    }
    const uint64_t keep = 0 - borrow;
    Limbs r;
    for (int i = 0; i < 4; i++) r[i] = (t[i] & keep) | (difference[i] & ~keep);
    return r;
  }

  WideLimbs sum_{};
};

}  // namespace millrace
