// Montgomery arithmetic on four limbs in x86-64 assembly. Multiplication needs
// BMI2 (mulx) and ADX (adcx, adox): two independent carry chains run through each
// row, one for the low and one for the high halves of the products. The method is
// the CIOS variant without an extra carry word, see kernel_portable.hpp for the
// bounds; instruction order after gnark-crypto's (Consensys, Apache-2.0) generator.
//
// All operands and results are below p < 2^254.
#pragma once

#if defined(__x86_64__)

#include <cpuid.h>

#include "limbs.hpp"

namespace millrace {

// Row i: (t4', t) = t + a[i] * b, where t4' is the new word %[high].
#define MILLRACE_ROW(offset)                        \
  "xorl %k[low], %k[low]\n\t"                       \
  "movq " #offset "(%[a]), %%rdx\n\t"               \
  "mulxq 0(%[b]), %[low], %[high]\n\t"              \
  "adoxq %[low], %[t0]\n\t"                         \
  "adcxq %[high], %[t1]\n\t"                        \
  "mulxq 8(%[b]), %[low], %[high]\n\t"              \
  "adoxq %[low], %[t1]\n\t"                         \
  "adcxq %[high], %[t2]\n\t"                        \
  "mulxq 16(%[b]), %[low], %[high]\n\t"             \
  "adoxq %[low], %[t2]\n\t"                         \
  "adcxq %[high], %[t3]\n\t"                        \
  "mulxq 24(%[b]), %[low], %[high]\n\t"             \
  "adoxq %[low], %[t3]\n\t"                         \
  "movl $0, %k[low]\n\t"                            \
  "adcxq %[low], %[high]\n\t"                       \
  "adoxq %[low], %[high]\n\t"

// t = (t + quotient * p) / 2^64 with quotient = t[0] * (-1/p) mod 2^64.
#define MILLRACE_REDUCE_ROW                         \
  "movq 32(%[m]), %%rdx\n\t"                        \
  "imulq %[t0], %%rdx\n\t"                          \
  "xorl %k[low], %k[low]\n\t"                       \
  "mulxq 0(%[m]), %[low], %[carry]\n\t"             \
  "adcxq %[t0], %[low]\n\t"                         \
  "movq %[carry], %[t0]\n\t"                        \
  "adcxq %[t1], %[t0]\n\t"                          \
  "mulxq 8(%[m]), %[low], %[t1]\n\t"                \
  "adoxq %[low], %[t0]\n\t"                         \
  "adcxq %[t2], %[t1]\n\t"                          \
  "mulxq 16(%[m]), %[low], %[t2]\n\t"               \
  "adoxq %[low], %[t1]\n\t"                         \
  "adcxq %[t3], %[t2]\n\t"                          \
  "mulxq 24(%[m]), %[low], %[t3]\n\t"               \
  "adoxq %[low], %[t2]\n\t"                         \
  "movl $0, %k[low]\n\t"                            \
  "adcxq %[low], %[t3]\n\t"                         \
  "adoxq %[high], %[t3]\n\t"

// t = t < p ? t : t - p, for t < 2p.
#define MILLRACE_REDUCE_ONCE                        \
  "movq %[t0], %[low]\n\t"                          \
  "subq 0(%[m]), %[low]\n\t"                        \
  "movq %[t1], %[high]\n\t"                         \
  "sbbq 8(%[m]), %[high]\n\t"                       \
  "movq %[t2], %[carry]\n\t"                        \
  "sbbq 16(%[m]), %[carry]\n\t"                     \
  "movq %[t3], %%rdx\n\t"                           \
  "sbbq 24(%[m]), %%rdx\n\t"                        \
  "cmovncq %[low], %[t0]\n\t"                       \
  "cmovncq %[high], %[t1]\n\t"                      \
  "cmovncq %[carry], %[t2]\n\t"                     \
  "cmovncq %%rdx, %[t3]\n\t"

struct AdxKernel {
  static constexpr const char* name = "adx";

  static bool supported() {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
    constexpr unsigned bmi2 = 1u << 8, adx = 1u << 19;
    return (b & bmi2) != 0 && (b & adx) != 0;
  }

  static inline void multiply(Limbs& out, const Limbs& a, const Limbs& b, const Modulus& m) {
    uint64_t t0 = 0, t1 = 0, t2 = 0, t3 = 0, low, high, carry;
    asm(MILLRACE_ROW(0) MILLRACE_REDUCE_ROW
        MILLRACE_ROW(8) MILLRACE_REDUCE_ROW
        MILLRACE_ROW(16) MILLRACE_REDUCE_ROW
        MILLRACE_ROW(24) MILLRACE_REDUCE_ROW
        MILLRACE_REDUCE_ONCE
        : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3),
          [low] "=&r"(low), [high] "=&r"(high), [carry] "=&r"(carry)
        : [a] "r"(&a), [b] "r"(&b), [m] "r"(&m), "m"(a), "m"(b), "m"(m)
        : "rdx", "cc");
    out = {t0, t1, t2, t3};
  }

  static inline void add(Limbs& out, const Limbs& a, const Limbs& b, const Modulus& m) {
    uint64_t t0 = a[0], t1 = a[1], t2 = a[2], t3 = a[3], low, high, carry;
    asm("addq 0(%[b]), %[t0]\n\t"
        "adcq 8(%[b]), %[t1]\n\t"
        "adcq 16(%[b]), %[t2]\n\t"
        "adcq 24(%[b]), %[t3]\n\t"
        MILLRACE_REDUCE_ONCE
        : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3),
          [low] "=&r"(low), [high] "=&r"(high), [carry] "=&r"(carry)
        : [b] "r"(&b), [m] "r"(&m), "m"(b), "m"(m)
        : "rdx", "cc");
    out = {t0, t1, t2, t3};
  }

  static inline void subtract(Limbs& out, const Limbs& a, const Limbs& b, const Modulus& m) {
    uint64_t t0 = a[0], t1 = a[1], t2 = a[2], t3 = a[3], p0 = m.p[0], p1 = m.p[1], p2 = m.p[2], p3 = m.p[3], zero = 0;
    // Adds back p, or zero where nothing was borrowed.
    asm("subq 0(%[b]), %[t0]\n\t"
        "sbbq 8(%[b]), %[t1]\n\t"
        "sbbq 16(%[b]), %[t2]\n\t"
        "sbbq 24(%[b]), %[t3]\n\t"
        "cmovncq %[zero], %[p0]\n\t"
        "cmovncq %[zero], %[p1]\n\t"
        "cmovncq %[zero], %[p2]\n\t"
        "cmovncq %[zero], %[p3]\n\t"
        "addq %[p0], %[t0]\n\t"
        "adcq %[p1], %[t1]\n\t"
        "adcq %[p2], %[t2]\n\t"
        "adcq %[p3], %[t3]\n\t"
        : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3),
          [p0] "+&r"(p0), [p1] "+&r"(p1), [p2] "+&r"(p2), [p3] "+&r"(p3)
        : [b] "r"(&b), [zero] "r"(zero), "m"(b)
        : "cc");
    out = {t0, t1, t2, t3};
  }
};

#undef MILLRACE_ROW
#undef MILLRACE_REDUCE_ROW
#undef MILLRACE_REDUCE_ONCE

}  // namespace millrace

#endif
