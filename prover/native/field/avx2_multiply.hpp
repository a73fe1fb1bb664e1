// Montgomery multiplication of eight pairs of field elements, four in a vector and two
// vectors at a time, with AVX2 and FMA: five limbs of 52 bits, radix R = 2^260.
//
// AVX2 multiplies only 32-bit integers, which takes more than three times as many
// products; but the multiplier of doubles gives all 104 bits of a product of two
// 52-bit integers (N. Emmart, F. Zheng, C. Weems, "Faster modular exponentiation using
// double precision floating point arithmetic on the GPU", 2018). With every rounding
// toward zero,
//   high = fma(x, y, 2^104)                    is 2^104 + 2^52 floor(x y / 2^52), and
//   low  = fma(x, y, 2^104 + 2^52 - high)      is 2^52 + x y mod 2^52,
// so that the bits of both, as integers, are the two halves of x y plus the bits of
// 2^104 and of 2^52. Columns add these bits up; what is known to be too much is taken
// off in the constants that the columns begin with. All functions here therefore want
// the rounding toward zero.
//
// The rest is operand scanning (C. Koc, T. Acar, B. Kaliski, "Analyzing and comparing
// Montgomery multiplication algorithms", 1996): a row of the product, then a digit of
// the quotient and its row. The two vectors take turns, because what takes the time of
// one alone is the chain from digit to digit. In assembly, because compilers move the
// instructions apart and then have not enough registers.
//
// Bounds. Factors: limbs below 2^52, so that products are below 2^104 and high is
// below 2^105, where its last bit is worth 2^52. Columns: a product adds at most 10
// halves below 2^52 to one; three products with signs, and a reduction's 10 halves and
// carries, stay below 2^58 in absolute value. AVX2 has no signed shift of 64 bits, so
// that the columns of a reduction have 2^60 added (`bias`), of which the next column
// takes off what is carried into it.
#pragma once

#include <immintrin.h>

#include <array>

#include "kernel_portable.hpp"

namespace millrace {

template <class Field>
class Avx2Multiply {
 public:
  static constexpr size_t limbs = 5, columns = 10;
  /// Limbs of the first four numbers, then those of the others.
  using Value = __m256i[2][limbs];
  /// Products before their reduction: the sum of wide[..][i] * 2^(52 i), signed.
  using Wide = __m256i[2][columns];

 private:
  using Columns = std::array<uint64_t, columns>;

  static constexpr uint64_t mask52 = (uint64_t{1} << 52) - 1;
  static constexpr uint64_t bias = uint64_t{1} << 60;

 public:
  static constexpr double two52 = 4503599627370496.0, two104 = two52 * two52;
  /// The bits of these two.
  static constexpr uint64_t lowBits = uint64_t{0x433} << 52, highBits = uint64_t{0x467} << 52;

  static constexpr std::array<uint64_t, limbs> split(const Limbs& x) {
    return {x[0] & mask52, (x[0] >> 52 | x[1] << 12) & mask52, (x[1] >> 40 | x[2] << 24) & mask52,
            (x[2] >> 28 | x[3] << 36) & mask52, x[3] >> 16};
  }

  /// What the columns of a number begin with that `reduce` takes.
  static constexpr Columns reductionStart() {
    Columns r{};
    for (size_t k = 0; k < columns; k++) r[k] = (k + 1 < columns ? bias : 0) - (k > 0 ? bias >> 52 : 0);
    for (size_t i = 0; i < limbs; i++) {
      for (size_t j = 0; j < limbs; j++) {
        if (j > 0) r[i + j] -= lowBits;  // The low half of a digit times p[0] is not computed.
        r[i + j + 1] -= highBits;
      }
    }
    return r;
  }

  /// What the columns of a product begin with, so that it is right in the end.
  static constexpr Columns productStart() {
    Columns r{};
    for (size_t i = 0; i < limbs; i++) {
      for (size_t j = 0; j < limbs; j++) {
        r[i + j] -= lowBits;
        r[i + j + 1] -= highBits;
      }
    }
    return r;
  }

 private:
  template <class Number>
  struct alignas(32) Vector {
    Number lane[4];
    constexpr Vector(Number value = 0) : lane{value, value, value, value} {}
  };

  /// The assembly knows the offsets: 32 bytes a vector.
  struct Constants {
    Vector<double> high{two104}, low{two104 + two52};          // 0, 32
    Vector<uint64_t> mask{mask52}, bits{lowBits};              // 64, 96
    Vector<double> prime[limbs];                               // 128 .. 256
    /// -1/p mod 2^52 as a factor y of lanes that are 2^52 + x: as (2^52 + x) y - 2^52 y = x y, the same steps split x y.
    Vector<double> inverse, inverseHigh, inverseLow;           // 288, 320, 352
    Vector<uint64_t> multiplication[columns], product[columns];  // 384, 704

    constexpr Constants()
        : inverse(static_cast<double>(Field::modulus.negativeInverse & mask52)),
          inverseHigh(two104 - two52 * inverse.lane[0]),
          inverseLow(two104 - two52 * inverse.lane[0] + two52) {
      for (size_t i = 0; i < limbs; i++) prime[i] = static_cast<double>(split(Field::modulus.p)[i]);
      for (size_t k = 0; k < columns; k++) {
        multiplication[k] = reductionStart()[k] + productStart()[k];
        product[k] = productStart()[k];
      }
    }
  };

// Registers: the six columns in work of each vector; the factor of a row, scratch, and the two constants of a split.
#define MILLRACE_C(n) "%%ymm" #n
#define MILLRACE_X "%%ymm12"
#define MILLRACE_T "%%ymm13"
#define MILLRACE_HIGH "%%ymm14"
#define MILLRACE_LOW "%%ymm15"

#define MILLRACE_BEGIN                             \
  "vmovapd 0(%[k])," MILLRACE_HIGH "\n\t"          \
  "vmovapd 32(%[k])," MILLRACE_LOW "\n\t"

#define MILLRACE_LOAD(from, n) "vmovdqa " from "," MILLRACE_C(n) "\n\t"

// x = the limb at this place of memory, as a double.
#define MILLRACE_DOUBLE(from)                                       \
  "vmovdqa 96(%[k])," MILLRACE_T "\n\t"                             \
  "vpor " from "," MILLRACE_T "," MILLRACE_X "\n\t"                 \
  "vsubpd " MILLRACE_T "," MILLRACE_X "," MILLRACE_X "\n\t"

#define MILLRACE_KEEP(from, to) MILLRACE_DOUBLE(from) "vmovapd " MILLRACE_X "," to "\n\t"

// A vector of b as doubles.
#define MILLRACE_DOUBLES(o0, o1, o2, o3, o4)                        \
  MILLRACE_KEEP(#o0 "(%[b])", #o0 "(%[y])")                         \
  MILLRACE_KEEP(#o1 "(%[b])", #o1 "(%[y])")                         \
  MILLRACE_KEEP(#o2 "(%[b])", #o2 "(%[y])")                         \
  MILLRACE_KEEP(#o3 "(%[b])", #o3 "(%[y])")                         \
  MILLRACE_KEEP(#o4 "(%[b])", #o4 "(%[y])")

// Columns l and h take the halves of x times what is at y.
#define MILLRACE_PRODUCT(y, l, h)                                                      \
  "vmovapd " y "," MILLRACE_T "\n\t"                                                   \
  "vfmadd213pd " MILLRACE_HIGH "," MILLRACE_X "," MILLRACE_T "\n\t"                    \
  "vpaddq " MILLRACE_T "," MILLRACE_C(h) "," MILLRACE_C(h) "\n\t"                      \
  "vsubpd " MILLRACE_LOW "," MILLRACE_T "," MILLRACE_T "\n\t"                          \
  "vfmsub231pd " y "," MILLRACE_X "," MILLRACE_T "\n\t"                                \
  "vpaddq " MILLRACE_T "," MILLRACE_C(l) "," MILLRACE_C(l) "\n\t"

// The limb of a at this place times a vector of b.
#define MILLRACE_ROW(limb, o0, o1, o2, o3, o4, c0, c1, c2, c3, c4, c5)                 \
  MILLRACE_DOUBLE(#limb "(%[a])")                                                      \
  MILLRACE_PRODUCT(#o0 "(%[y])", c0, c1)                                               \
  MILLRACE_PRODUCT(#o1 "(%[y])", c1, c2)                                               \
  MILLRACE_PRODUCT(#o2 "(%[y])", c2, c3)                                               \
  MILLRACE_PRODUCT(#o3 "(%[y])", c3, c4)                                               \
  MILLRACE_PRODUCT(#o4 "(%[y])", c4, c5)
#define MILLRACE_FIRST_ROW(limb, c0, c1, c2, c3, c4, c5) MILLRACE_ROW(limb, 0, 32, 64, 96, 128, c0, c1, c2, c3, c4, c5)
#define MILLRACE_SECOND_ROW(limb, c0, c1, c2, c3, c4, c5) MILLRACE_ROW(limb, 160, 192, 224, 256, 288, c0, c1, c2, c3, c4, c5)

// Adds the multiple q p that makes the low 52 bits of column c0 zero, and carries the rest of it. The low half of q p[0]
// is what these bits lack to 2^52, or zero where they are zero: it is not computed.
#define MILLRACE_REDUCE(c0, c1, c2, c3, c4, c5)                                        \
  "vpand 64(%[k])," MILLRACE_C(c0) "," MILLRACE_X "\n\t"                               \
  "vpor 96(%[k])," MILLRACE_X "," MILLRACE_X "\n\t"                                    \
  "vmovapd 288(%[k])," MILLRACE_T "\n\t"                                               \
  "vfmadd213pd 320(%[k])," MILLRACE_X "," MILLRACE_T "\n\t"                            \
  "vsubpd 352(%[k])," MILLRACE_T "," MILLRACE_T "\n\t"                                 \
  "vfmsub231pd 288(%[k])," MILLRACE_X "," MILLRACE_T "\n\t"                            \
  "vsubpd 96(%[k])," MILLRACE_T "," MILLRACE_X "\n\t"                                  \
  "vpaddq 64(%[k])," MILLRACE_C(c0) "," MILLRACE_C(c0) "\n\t"                          \
  "vpsrlq $52," MILLRACE_C(c0) "," MILLRACE_C(c0) "\n\t"                               \
  "vpaddq " MILLRACE_C(c0) "," MILLRACE_C(c1) "," MILLRACE_C(c1) "\n\t"                \
  "vmovapd 128(%[k])," MILLRACE_T "\n\t"                                               \
  "vfmadd213pd " MILLRACE_HIGH "," MILLRACE_X "," MILLRACE_T "\n\t"                    \
  "vpaddq " MILLRACE_T "," MILLRACE_C(c1) "," MILLRACE_C(c1) "\n\t"                    \
  MILLRACE_PRODUCT("160(%[k])", c1, c2)                                                \
  MILLRACE_PRODUCT("192(%[k])", c2, c3)                                                \
  MILLRACE_PRODUCT("224(%[k])", c3, c4)                                                \
  MILLRACE_PRODUCT("256(%[k])", c4, c5)

// What is left, carried.
#define MILLRACE_LIMB(c, next, offset)                                                 \
  "vpand 64(%[k])," MILLRACE_C(c) "," MILLRACE_T "\n\t"                                \
  "vpsrlq $52," MILLRACE_C(c) "," MILLRACE_C(c) "\n\t"                                 \
  "vpaddq " MILLRACE_C(c) "," MILLRACE_C(next) "," MILLRACE_C(next) "\n\t"             \
  "vmovdqa " MILLRACE_T "," #offset "(%[r])\n\t"
#define MILLRACE_RESULT                                                                \
  MILLRACE_LIMB(5, 0, 0) MILLRACE_LIMB(0, 1, 32) MILLRACE_LIMB(1, 2, 64) MILLRACE_LIMB(2, 3, 96)                      \
  "vmovdqa " MILLRACE_C(3) ",128(%[r])\n\t"                                            \
  MILLRACE_LIMB(11, 6, 160) MILLRACE_LIMB(6, 7, 192) MILLRACE_LIMB(7, 8, 224) MILLRACE_LIMB(8, 9, 256)                \
  "vmovdqa " MILLRACE_C(9) ",288(%[r])\n\t"

#define MILLRACE_YMM                                                                                                  \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", \
      "xmm14", "xmm15"

 public:
  /// r = a b / R mod p, below 2p, where a b < 33 p^2: (a b + q p) / R with q < R, and p < 0.0119 R. `r` may be a or b.
  static void multiply(Value& r, const Value& a, const Value& b) {
    Value y;
    asm(MILLRACE_BEGIN MILLRACE_DOUBLES(0, 32, 64, 96, 128) MILLRACE_DOUBLES(160, 192, 224, 256, 288)
        MILLRACE_LOAD("384(%[k])", 0) MILLRACE_LOAD("416(%[k])", 1) MILLRACE_LOAD("448(%[k])", 2)
        MILLRACE_LOAD("480(%[k])", 3) MILLRACE_LOAD("512(%[k])", 4) MILLRACE_LOAD("544(%[k])", 5)
        MILLRACE_FIRST_ROW(0, 0, 1, 2, 3, 4, 5)
        MILLRACE_LOAD("384(%[k])", 6) MILLRACE_LOAD("416(%[k])", 7) MILLRACE_LOAD("448(%[k])", 8)
        MILLRACE_LOAD("480(%[k])", 9) MILLRACE_LOAD("512(%[k])", 10) MILLRACE_LOAD("544(%[k])", 11)
        MILLRACE_SECOND_ROW(160, 6, 7, 8, 9, 10, 11)
        MILLRACE_REDUCE(0, 1, 2, 3, 4, 5) MILLRACE_REDUCE(6, 7, 8, 9, 10, 11)
        MILLRACE_LOAD("576(%[k])", 0) MILLRACE_FIRST_ROW(32, 1, 2, 3, 4, 5, 0)
        MILLRACE_LOAD("576(%[k])", 6) MILLRACE_SECOND_ROW(192, 7, 8, 9, 10, 11, 6)
        MILLRACE_REDUCE(1, 2, 3, 4, 5, 0) MILLRACE_REDUCE(7, 8, 9, 10, 11, 6)
        MILLRACE_LOAD("608(%[k])", 1) MILLRACE_FIRST_ROW(64, 2, 3, 4, 5, 0, 1)
        MILLRACE_LOAD("608(%[k])", 7) MILLRACE_SECOND_ROW(224, 8, 9, 10, 11, 6, 7)
        MILLRACE_REDUCE(2, 3, 4, 5, 0, 1) MILLRACE_REDUCE(8, 9, 10, 11, 6, 7)
        MILLRACE_LOAD("640(%[k])", 2) MILLRACE_FIRST_ROW(96, 3, 4, 5, 0, 1, 2)
        MILLRACE_LOAD("640(%[k])", 8) MILLRACE_SECOND_ROW(256, 9, 10, 11, 6, 7, 8)
        MILLRACE_REDUCE(3, 4, 5, 0, 1, 2) MILLRACE_REDUCE(9, 10, 11, 6, 7, 8)
        MILLRACE_LOAD("672(%[k])", 3) MILLRACE_FIRST_ROW(128, 4, 5, 0, 1, 2, 3)
        MILLRACE_LOAD("672(%[k])", 9) MILLRACE_SECOND_ROW(288, 10, 11, 6, 7, 8, 9)
        MILLRACE_REDUCE(4, 5, 0, 1, 2, 3) MILLRACE_REDUCE(10, 11, 6, 7, 8, 9)
        MILLRACE_RESULT
        : "=m"(r), "=m"(y)
        : [r] "r"(&r), [a] "r"(&a), [b] "r"(&b), [y] "r"(&y), [k] "r"(&constants), "m"(a), "m"(b), "m"(constants)
        : MILLRACE_YMM);
  }

  /// r = a b, not reduced. The limbs of both are below 2^52.
  static void product(Wide& r, const Value& a, const Value& b) {
    for (size_t i = 0; i < 2; i++) product(r[i], a[i], b[i]);
  }

  /// r = t / R mod p, below 2p, for 0 <= t < 33 p^2 with reductionStart() added to its columns.
  static void reduce(Value& r, const Wide& t) {
    asm(MILLRACE_BEGIN
        MILLRACE_LOAD("0(%[t])", 0) MILLRACE_LOAD("32(%[t])", 1) MILLRACE_LOAD("64(%[t])", 2)
        MILLRACE_LOAD("96(%[t])", 3) MILLRACE_LOAD("128(%[t])", 4) MILLRACE_LOAD("160(%[t])", 5)
        MILLRACE_LOAD("320(%[t])", 6) MILLRACE_LOAD("352(%[t])", 7) MILLRACE_LOAD("384(%[t])", 8)
        MILLRACE_LOAD("416(%[t])", 9) MILLRACE_LOAD("448(%[t])", 10) MILLRACE_LOAD("480(%[t])", 11)
        MILLRACE_REDUCE(0, 1, 2, 3, 4, 5) MILLRACE_REDUCE(6, 7, 8, 9, 10, 11)
        MILLRACE_LOAD("192(%[t])", 0) MILLRACE_LOAD("512(%[t])", 6)
        MILLRACE_REDUCE(1, 2, 3, 4, 5, 0) MILLRACE_REDUCE(7, 8, 9, 10, 11, 6)
        MILLRACE_LOAD("224(%[t])", 1) MILLRACE_LOAD("544(%[t])", 7)
        MILLRACE_REDUCE(2, 3, 4, 5, 0, 1) MILLRACE_REDUCE(8, 9, 10, 11, 6, 7)
        MILLRACE_LOAD("256(%[t])", 2) MILLRACE_LOAD("576(%[t])", 8)
        MILLRACE_REDUCE(3, 4, 5, 0, 1, 2) MILLRACE_REDUCE(9, 10, 11, 6, 7, 8)
        MILLRACE_LOAD("288(%[t])", 3) MILLRACE_LOAD("608(%[t])", 9)
        MILLRACE_REDUCE(4, 5, 0, 1, 2, 3) MILLRACE_REDUCE(10, 11, 6, 7, 8, 9)
        MILLRACE_RESULT
        : "=m"(r)
        : [r] "r"(&r), [t] "r"(&t), [k] "r"(&constants), "m"(t), "m"(constants)
        : MILLRACE_YMM);
  }

 private:
  static void product(__m256i (&r)[columns], const __m256i (&a)[limbs], const __m256i (&b)[limbs]) {
    __m256i y[limbs];
    asm(MILLRACE_BEGIN MILLRACE_DOUBLES(0, 32, 64, 96, 128)
        MILLRACE_LOAD("704(%[k])", 0) MILLRACE_LOAD("736(%[k])", 1) MILLRACE_LOAD("768(%[k])", 2)
        MILLRACE_LOAD("800(%[k])", 3) MILLRACE_LOAD("832(%[k])", 4) MILLRACE_LOAD("864(%[k])", 5)
        MILLRACE_LOAD("896(%[k])", 6) MILLRACE_LOAD("928(%[k])", 7) MILLRACE_LOAD("960(%[k])", 8)
        MILLRACE_LOAD("992(%[k])", 9)
        MILLRACE_FIRST_ROW(0, 0, 1, 2, 3, 4, 5)
        MILLRACE_FIRST_ROW(32, 1, 2, 3, 4, 5, 6)
        MILLRACE_FIRST_ROW(64, 2, 3, 4, 5, 6, 7)
        MILLRACE_FIRST_ROW(96, 3, 4, 5, 6, 7, 8)
        MILLRACE_FIRST_ROW(128, 4, 5, 6, 7, 8, 9)
        "vmovdqa %%ymm0,0(%[r])\n\t"
        "vmovdqa %%ymm1,32(%[r])\n\t"
        "vmovdqa %%ymm2,64(%[r])\n\t"
        "vmovdqa %%ymm3,96(%[r])\n\t"
        "vmovdqa %%ymm4,128(%[r])\n\t"
        "vmovdqa %%ymm5,160(%[r])\n\t"
        "vmovdqa %%ymm6,192(%[r])\n\t"
        "vmovdqa %%ymm7,224(%[r])\n\t"
        "vmovdqa %%ymm8,256(%[r])\n\t"
        "vmovdqa %%ymm9,288(%[r])\n\t"
        : "=m"(r), "=m"(y)
        : [r] "r"(&r), [a] "r"(&a), [b] "r"(&b), [y] "r"(&y), [k] "r"(&constants), "m"(a), "m"(b), "m"(constants)
        : MILLRACE_YMM);
  }

#undef MILLRACE_C
#undef MILLRACE_X
#undef MILLRACE_T
#undef MILLRACE_HIGH
#undef MILLRACE_LOW
#undef MILLRACE_BEGIN
#undef MILLRACE_LOAD
#undef MILLRACE_DOUBLE
#undef MILLRACE_KEEP
#undef MILLRACE_DOUBLES
#undef MILLRACE_PRODUCT
#undef MILLRACE_ROW
#undef MILLRACE_FIRST_ROW
#undef MILLRACE_SECOND_ROW
#undef MILLRACE_REDUCE
#undef MILLRACE_LIMB
#undef MILLRACE_RESULT
#undef MILLRACE_YMM

  static const Constants constants;
};

template <class Field>
constexpr typename Avx2Multiply<Field>::Constants Avx2Multiply<Field>::constants{};

}  // namespace millrace
