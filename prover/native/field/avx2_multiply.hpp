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
// Four of the five digits are those of a quotient by another multiple of p, N = 2^52 M - 1,
// for which the product is its own low limb's digit ("Montgomery-friendly": S. Gueron, V.
// Krasnov, "Fast prime field elliptic-curve cryptography with 256-bit primes", 2015): adding
// q N takes q off the column and adds q M to the next ones, and no digit has to be computed.
// The last digit is one by p itself, since multiples of N would leave 306 bits.
//
// A product t becomes (t + Q N + q 2^208 p) / R with Q < 2^208 and q < 2^52, which is below
// t / R + M + p. With M < p / 7 and p / R < 0.0119, that is below 2p for t < 72 p^2.
//
// Bounds. Factors: limbs below 2^52, so that products are below 2^104 and high is
// below 2^105, where its last bit is worth 2^52. Columns: a product adds at most 10
// halves below 2^52 to one; two products, a reduction's 10 halves and carries stay
// below 2^57. No column is negative, so that unsigned shifts carry.
#pragma once

#include <immintrin.h>

#include <array>

#include "kernel_portable.hpp"

namespace millrace {

template <class Field>
class Avx2Multiply {
 public:
  static constexpr size_t limbs = 5, columns = 2 * limbs;
  /// Limbs of four numbers.
  using Value = __m256i[limbs];
  /// Sums of products before their reduction: the sum of wide[k] * 2^(52 k).
  using Wide = __m256i[columns];
  using Columns = std::array<uint64_t, columns>;

  static constexpr double two52 = 4503599627370496.0, two104 = two52 * two52;
  /// The bits of these two.
  static constexpr uint64_t lowBits = uint64_t{0x433} << 52, highBits = uint64_t{0x467} << 52;
  static constexpr uint64_t mask52 = (uint64_t{1} << 52) - 1;

  static constexpr std::array<uint64_t, limbs> split(const Limbs& x) {
    return {x[0] & mask52, (x[0] >> 52 | x[1] << 12) & mask52, (x[1] >> 40 | x[2] << 24) & mask52,
            (x[2] >> 28 | x[3] << 36) & mask52, x[3] >> 16};
  }

  /// What the columns of a product begin with, so that they are right in the end: less the bits of its halves.
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

  /// The same for a reduction: four digits times M, one place higher, and the last one times p, of which the low half of
  /// its product with p[0] is not computed.
  static constexpr Columns reductionStart() {
    Columns r{};
    for (size_t i = 0; i < limbs; i++) {
      for (size_t j = 0; j < limbs; j++) {
        const size_t column = i + j + (i + 1 < limbs ? 1 : 0);
        if (i + 1 < limbs || j > 0) r[column] -= lowBits;
        r[column + 1] -= highBits;
      }
    }
    return r;
  }

  /// M = (p m + 1) / 2^52 with m = -1/p mod 2^52: N = p m is the multiple of p that ends in 52 ones.
  static constexpr std::array<uint64_t, limbs> friendlyMultiple() {
    const auto p = split(Field::modulus.p);
    const uint64_t m = Field::modulus.negativeInverse & mask52;
    std::array<uint64_t, limbs> r{};
    Uint128 carry = (static_cast<Uint128>(p[0]) * m + 1) >> 52;
    for (size_t i = 1; i < limbs; i++) {
      carry += static_cast<Uint128>(p[i]) * m;
      r[i - 1] = static_cast<uint64_t>(carry) & mask52;
      carry >>= 52;
    }
    r[limbs - 1] = static_cast<uint64_t>(carry);
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
    Vector<uint64_t> oneProduct[columns], twoProducts[columns];  // 384, 704
    Vector<double> friendly[limbs];                              // 1024 .. 1152

    constexpr Constants()
        : inverse(static_cast<double>(Field::modulus.negativeInverse & mask52)),
          inverseHigh(two104 - two52 * inverse.lane[0]),
          inverseLow(two104 - two52 * inverse.lane[0] + two52) {
      // M < p / 7.
      static_assert(7 * (friendlyMultiple()[limbs - 1] + 1) <= split(Field::modulus.p)[limbs - 1]);
      for (size_t i = 0; i < limbs; i++) {
        prime[i] = static_cast<double>(split(Field::modulus.p)[i]);
        friendly[i] = static_cast<double>(friendlyMultiple()[i]);
      }
      for (size_t k = 0; k < columns; k++) {
        oneProduct[k] = reductionStart()[k] + productStart()[k];
        twoProducts[k] = oneProduct[k].lane[0] + productStart()[k];
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

// Limbs as doubles, to y.
#define MILLRACE_DOUBLES(from, o0, o1, o2, o3, o4)                  \
  MILLRACE_KEEP("0(%[" from "])", #o0 "(%[y])")                     \
  MILLRACE_KEEP("32(%[" from "])", #o1 "(%[y])")                    \
  MILLRACE_KEEP("64(%[" from "])", #o2 "(%[y])")                    \
  MILLRACE_KEEP("96(%[" from "])", #o3 "(%[y])")                    \
  MILLRACE_KEEP("128(%[" from "])", #o4 "(%[y])")
#define MILLRACE_FIRST_DOUBLES(from) MILLRACE_DOUBLES(from, 0, 32, 64, 96, 128)
#define MILLRACE_SECOND_DOUBLES(from) MILLRACE_DOUBLES(from, 160, 192, 224, 256, 288)
#define MILLRACE_THIRD_DOUBLES(from) MILLRACE_DOUBLES(from, 320, 352, 384, 416, 448)

// Columns l and h take the halves of x times what is at y.
#define MILLRACE_PRODUCT(y, l, h)                                                      \
  "vmovapd " y "," MILLRACE_T "\n\t"                                                   \
  "vfmadd213pd " MILLRACE_HIGH "," MILLRACE_X "," MILLRACE_T "\n\t"                    \
  "vpaddq " MILLRACE_T "," MILLRACE_C(h) "," MILLRACE_C(h) "\n\t"                      \
  "vsubpd " MILLRACE_LOW "," MILLRACE_T "," MILLRACE_T "\n\t"                          \
  "vfmsub231pd " y "," MILLRACE_X "," MILLRACE_T "\n\t"                                \
  "vpaddq " MILLRACE_T "," MILLRACE_C(l) "," MILLRACE_C(l) "\n\t"

// The limb at this place times the numbers at y.
#define MILLRACE_ROW(limb, o0, o1, o2, o3, o4, c0, c1, c2, c3, c4, c5)                 \
  MILLRACE_DOUBLE(limb)                                                                \
  MILLRACE_PRODUCT(#o0 "(%[y])", c0, c1)                                               \
  MILLRACE_PRODUCT(#o1 "(%[y])", c1, c2)                                               \
  MILLRACE_PRODUCT(#o2 "(%[y])", c2, c3)                                               \
  MILLRACE_PRODUCT(#o3 "(%[y])", c3, c4)                                               \
  MILLRACE_PRODUCT(#o4 "(%[y])", c4, c5)
#define MILLRACE_FIRST(limb, c0, c1, c2, c3, c4, c5) MILLRACE_ROW(limb, 0, 32, 64, 96, 128, c0, c1, c2, c3, c4, c5)
#define MILLRACE_SECOND(limb, c0, c1, c2, c3, c4, c5) MILLRACE_ROW(limb, 160, 192, 224, 256, 288, c0, c1, c2, c3, c4, c5)
#define MILLRACE_THIRD(limb, c0, c1, c2, c3, c4, c5) MILLRACE_ROW(limb, 320, 352, 384, 416, 448, c0, c1, c2, c3, c4, c5)

// Adds q N, where q is the low 52 bits of column c0: they become zero, and the rest of c0 is carried. Its register is free
// then for the highest column that q M reaches, which begins with what is at `next`.
#define MILLRACE_STEP(next, c0, c1, c2, c3, c4, c5)                                    \
  "vpand 64(%[k])," MILLRACE_C(c0) "," MILLRACE_X "\n\t"                               \
  "vpsrlq $52," MILLRACE_C(c0) "," MILLRACE_C(c0) "\n\t"                               \
  "vpor 96(%[k])," MILLRACE_X "," MILLRACE_X "\n\t"                                    \
  "vsubpd 96(%[k])," MILLRACE_X "," MILLRACE_X "\n\t"                                  \
  "vpaddq " MILLRACE_C(c0) "," MILLRACE_C(c1) "," MILLRACE_C(c1) "\n\t"                \
  MILLRACE_LOAD(next, c0)                                                              \
  MILLRACE_PRODUCT("1024(%[k])", c1, c2)                                               \
  MILLRACE_PRODUCT("1056(%[k])", c2, c3)                                               \
  MILLRACE_PRODUCT("1088(%[k])", c3, c4)                                               \
  MILLRACE_PRODUCT("1120(%[k])", c4, c5)                                               \
  MILLRACE_PRODUCT("1152(%[k])", c5, c0)

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
#define MILLRACE_LIMB(c, next, to)                                                     \
  "vpand 64(%[k])," MILLRACE_C(c) "," MILLRACE_T "\n\t"                                \
  "vpsrlq $52," MILLRACE_C(c) "," MILLRACE_C(c) "\n\t"                                 \
  "vpaddq " MILLRACE_C(c) "," MILLRACE_C(next) "," MILLRACE_C(next) "\n\t"             \
  "vmovdqa " MILLRACE_T "," to "\n\t"
#define MILLRACE_RESULT(to, c0, c1, c2, c3, c4)                                        \
  MILLRACE_LIMB(c0, c1, "0(%[" to "])")                                                \
  MILLRACE_LIMB(c1, c2, "32(%[" to "])")                                               \
  MILLRACE_LIMB(c2, c3, "64(%[" to "])")                                               \
  MILLRACE_LIMB(c3, c4, "96(%[" to "])")                                               \
  "vmovdqa " MILLRACE_C(c4) ",128(%[" to "])\n\t"

#define MILLRACE_YMM                                                                                                  \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", \
      "xmm14", "xmm15"

 public:
  /// r = a b / R mod p and s = c d / R mod p, below 2p, where the products are below 72 p^2. Results may be operands.
  static void multiply(Value& r, Value& s, const Value& a, const Value& b, const Value& c, const Value& d) {
    __m256i y[2 * limbs];
    asm(MILLRACE_BEGIN MILLRACE_FIRST_DOUBLES("b") MILLRACE_SECOND_DOUBLES("d")
        MILLRACE_LOAD("384(%[k])", 0) MILLRACE_LOAD("416(%[k])", 1) MILLRACE_LOAD("448(%[k])", 2)
        MILLRACE_LOAD("480(%[k])", 3) MILLRACE_LOAD("512(%[k])", 4) MILLRACE_LOAD("544(%[k])", 5)
        MILLRACE_FIRST("0(%[a])", 0, 1, 2, 3, 4, 5)
        MILLRACE_LOAD("384(%[k])", 6) MILLRACE_LOAD("416(%[k])", 7) MILLRACE_LOAD("448(%[k])", 8)
        MILLRACE_LOAD("480(%[k])", 9) MILLRACE_LOAD("512(%[k])", 10) MILLRACE_LOAD("544(%[k])", 11)
        MILLRACE_SECOND("0(%[c])", 6, 7, 8, 9, 10, 11)
        MILLRACE_STEP("576(%[k])", 0, 1, 2, 3, 4, 5) MILLRACE_STEP("576(%[k])", 6, 7, 8, 9, 10, 11)
        MILLRACE_FIRST("32(%[a])", 1, 2, 3, 4, 5, 0)
        MILLRACE_SECOND("32(%[c])", 7, 8, 9, 10, 11, 6)
        MILLRACE_STEP("608(%[k])", 1, 2, 3, 4, 5, 0) MILLRACE_STEP("608(%[k])", 7, 8, 9, 10, 11, 6)
        MILLRACE_FIRST("64(%[a])", 2, 3, 4, 5, 0, 1)
        MILLRACE_SECOND("64(%[c])", 8, 9, 10, 11, 6, 7)
        MILLRACE_STEP("640(%[k])", 2, 3, 4, 5, 0, 1) MILLRACE_STEP("640(%[k])", 8, 9, 10, 11, 6, 7)
        MILLRACE_FIRST("96(%[a])", 3, 4, 5, 0, 1, 2)
        MILLRACE_SECOND("96(%[c])", 9, 10, 11, 6, 7, 8)
        MILLRACE_STEP("672(%[k])", 3, 4, 5, 0, 1, 2) MILLRACE_STEP("672(%[k])", 9, 10, 11, 6, 7, 8)
        MILLRACE_FIRST("128(%[a])", 4, 5, 0, 1, 2, 3)
        MILLRACE_SECOND("128(%[c])", 10, 11, 6, 7, 8, 9)
        MILLRACE_REDUCE(4, 5, 0, 1, 2, 3) MILLRACE_REDUCE(10, 11, 6, 7, 8, 9)
        MILLRACE_RESULT("r", 5, 0, 1, 2, 3) MILLRACE_RESULT("s", 11, 6, 7, 8, 9)
        : "=m"(r), "=m"(s), "=m"(y)
        : [r] "r"(&r), [s] "r"(&s), [a] "r"(&a), [b] "r"(&b), [c] "r"(&c), [d] "r"(&d), [y] "r"(&y), [k] "r"(&constants),
          "m"(a), "m"(b), "m"(c), "m"(d), "m"(constants)
        : MILLRACE_YMM);
  }

  /// r = (a b + c d) / R mod p and s = (a e + c b) / R mod p, below 2p, where each sum is below 72 p^2. Results may be
  /// operands.
  static void multiplyCrosswise(Value& r, Value& s, const Value& a, const Value& b, const Value& c, const Value& d, const Value& e) {
    __m256i y[3 * limbs];
    asm(MILLRACE_BEGIN MILLRACE_FIRST_DOUBLES("b") MILLRACE_SECOND_DOUBLES("d") MILLRACE_THIRD_DOUBLES("e")
        MILLRACE_LOAD("704(%[k])", 0) MILLRACE_LOAD("736(%[k])", 1) MILLRACE_LOAD("768(%[k])", 2)
        MILLRACE_LOAD("800(%[k])", 3) MILLRACE_LOAD("832(%[k])", 4) MILLRACE_LOAD("864(%[k])", 5)
        MILLRACE_FIRST("0(%[a])", 0, 1, 2, 3, 4, 5) MILLRACE_SECOND("0(%[c])", 0, 1, 2, 3, 4, 5)
        MILLRACE_LOAD("704(%[k])", 6) MILLRACE_LOAD("736(%[k])", 7) MILLRACE_LOAD("768(%[k])", 8)
        MILLRACE_LOAD("800(%[k])", 9) MILLRACE_LOAD("832(%[k])", 10) MILLRACE_LOAD("864(%[k])", 11)
        MILLRACE_THIRD("0(%[a])", 6, 7, 8, 9, 10, 11) MILLRACE_FIRST("0(%[c])", 6, 7, 8, 9, 10, 11)
        MILLRACE_STEP("896(%[k])", 0, 1, 2, 3, 4, 5) MILLRACE_STEP("896(%[k])", 6, 7, 8, 9, 10, 11)
        MILLRACE_FIRST("32(%[a])", 1, 2, 3, 4, 5, 0) MILLRACE_SECOND("32(%[c])", 1, 2, 3, 4, 5, 0)
        MILLRACE_THIRD("32(%[a])", 7, 8, 9, 10, 11, 6) MILLRACE_FIRST("32(%[c])", 7, 8, 9, 10, 11, 6)
        MILLRACE_STEP("928(%[k])", 1, 2, 3, 4, 5, 0) MILLRACE_STEP("928(%[k])", 7, 8, 9, 10, 11, 6)
        MILLRACE_FIRST("64(%[a])", 2, 3, 4, 5, 0, 1) MILLRACE_SECOND("64(%[c])", 2, 3, 4, 5, 0, 1)
        MILLRACE_THIRD("64(%[a])", 8, 9, 10, 11, 6, 7) MILLRACE_FIRST("64(%[c])", 8, 9, 10, 11, 6, 7)
        MILLRACE_STEP("960(%[k])", 2, 3, 4, 5, 0, 1) MILLRACE_STEP("960(%[k])", 8, 9, 10, 11, 6, 7)
        MILLRACE_FIRST("96(%[a])", 3, 4, 5, 0, 1, 2) MILLRACE_SECOND("96(%[c])", 3, 4, 5, 0, 1, 2)
        MILLRACE_THIRD("96(%[a])", 9, 10, 11, 6, 7, 8) MILLRACE_FIRST("96(%[c])", 9, 10, 11, 6, 7, 8)
        MILLRACE_STEP("992(%[k])", 3, 4, 5, 0, 1, 2) MILLRACE_STEP("992(%[k])", 9, 10, 11, 6, 7, 8)
        MILLRACE_FIRST("128(%[a])", 4, 5, 0, 1, 2, 3) MILLRACE_SECOND("128(%[c])", 4, 5, 0, 1, 2, 3)
        MILLRACE_THIRD("128(%[a])", 10, 11, 6, 7, 8, 9) MILLRACE_FIRST("128(%[c])", 10, 11, 6, 7, 8, 9)
        MILLRACE_REDUCE(4, 5, 0, 1, 2, 3) MILLRACE_REDUCE(10, 11, 6, 7, 8, 9)
        MILLRACE_RESULT("r", 5, 0, 1, 2, 3) MILLRACE_RESULT("s", 11, 6, 7, 8, 9)
        : "=m"(r), "=m"(s), "=m"(y)
        : [r] "r"(&r), [s] "r"(&s), [a] "r"(&a), [b] "r"(&b), [c] "r"(&c), [d] "r"(&d), [e] "r"(&e), [y] "r"(&y),
          [k] "r"(&constants), "m"(a), "m"(b), "m"(c), "m"(d), "m"(e), "m"(constants)
        : MILLRACE_YMM);
  }

  /// r = t / R mod p and s = u / R mod p, below 2p, for t and u below 72 p^2 with reductionStart() added to their columns,
  /// which are below 2^62 without it.
  static void reduce(Value& r, Value& s, const Wide& t, const Wide& u) {
    asm(MILLRACE_BEGIN
        MILLRACE_LOAD("0(%[t])", 0) MILLRACE_LOAD("32(%[t])", 1) MILLRACE_LOAD("64(%[t])", 2)
        MILLRACE_LOAD("96(%[t])", 3) MILLRACE_LOAD("128(%[t])", 4) MILLRACE_LOAD("160(%[t])", 5)
        MILLRACE_LOAD("0(%[u])", 6) MILLRACE_LOAD("32(%[u])", 7) MILLRACE_LOAD("64(%[u])", 8)
        MILLRACE_LOAD("96(%[u])", 9) MILLRACE_LOAD("128(%[u])", 10) MILLRACE_LOAD("160(%[u])", 11)
        MILLRACE_STEP("192(%[t])", 0, 1, 2, 3, 4, 5) MILLRACE_STEP("192(%[u])", 6, 7, 8, 9, 10, 11)
        MILLRACE_STEP("224(%[t])", 1, 2, 3, 4, 5, 0) MILLRACE_STEP("224(%[u])", 7, 8, 9, 10, 11, 6)
        MILLRACE_STEP("256(%[t])", 2, 3, 4, 5, 0, 1) MILLRACE_STEP("256(%[u])", 8, 9, 10, 11, 6, 7)
        MILLRACE_STEP("288(%[t])", 3, 4, 5, 0, 1, 2) MILLRACE_STEP("288(%[u])", 9, 10, 11, 6, 7, 8)
        MILLRACE_REDUCE(4, 5, 0, 1, 2, 3) MILLRACE_REDUCE(10, 11, 6, 7, 8, 9)
        MILLRACE_RESULT("r", 5, 0, 1, 2, 3) MILLRACE_RESULT("s", 11, 6, 7, 8, 9)
        : "=m"(r), "=m"(s)
        : [r] "r"(&r), [s] "r"(&s), [t] "r"(&t), [u] "r"(&u), [k] "r"(&constants), "m"(t), "m"(u), "m"(constants)
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
#undef MILLRACE_FIRST_DOUBLES
#undef MILLRACE_SECOND_DOUBLES
#undef MILLRACE_THIRD_DOUBLES
#undef MILLRACE_PRODUCT
#undef MILLRACE_ROW
#undef MILLRACE_FIRST
#undef MILLRACE_SECOND
#undef MILLRACE_THIRD
#undef MILLRACE_STEP
#undef MILLRACE_REDUCE
#undef MILLRACE_LIMB
#undef MILLRACE_RESULT
#undef MILLRACE_YMM

 private:
  static const Constants constants;
};

template <class Field>
constexpr typename Avx2Multiply<Field>::Constants Avx2Multiply<Field>::constants{};

}  // namespace millrace
