pragma circom 2.1.9;

include "babyjubjub.circom";
include "base_windows.circom";
include "order.circom";

// One digit d of 1, 3, .., 15 or their negatives, and d times the point of window j.
//
// The prover gives u, which is that of one of the eight points for positive digits: a product of eight factors is 0. The curve's
// equation then leaves two v, those of d and -d. As d / v depends on u alone, it is a polynomial in u.
template BaseWindow(j) {
    signal input s;                 // only a hint: its bits 4 j .. 4 j + 3, times 2, less 15, are the digit
    signal output out[2];           // Montgomery form
    signal output digit;            // odd, from -15 to 15

    var table[62][25] = baseWindows();
    var roots[8];
    var c[8];
    for (var m = 0; m < 8; m++) {
        roots[m] = table[j][m];
        c[m] = table[j][16 + m];
    }
    // 2 bits - 15 = 2 m + 1 or -(2 m + 1).
    var bits = (s >> (4 * j)) & 15;
    var positive = (bits >> 3) & 1;
    var m = positive == 1 ? bits - 8 : 7 - bits;
    out[0] <-- table[j][m];
    out[1] <-- (2 * positive - 1) * table[j][8 + m];
    signal uu <== out[0] * out[0];
    // Two halves of the product, each of degree 4 in u.
    signal half[2];
    var e[2][4];                    // half[k] = u^4 - e[k][3] u^3 + e[k][2] u^2 - e[k][1] u + e[k][0]
    for (var k = 0; k < 2; k++) {
        var s1 = roots[4 * k] + roots[4 * k + 1];
        var s2 = roots[4 * k + 2] + roots[4 * k + 3];
        var p1 = roots[4 * k] * roots[4 * k + 1];
        var p2 = roots[4 * k + 2] * roots[4 * k + 3];
        half[k] <== (uu - s1 * out[0] + p1) * (uu - s2 * out[0] + p2);
        e[k] = [p1 * p2, s1 * p2 + s2 * p1, p1 + p2 + s1 * s2, s1 + s2];
    }
    half[0] * half[1] === 0;
    var u3 = (half[0] - half[1] - (e[0][2] - e[1][2]) * uu + (e[0][1] - e[1][1]) * out[0] - e[0][0] + e[1][0]) * table[j][24];
    var u4 = half[0] + e[0][3] * u3 - e[0][2] * uu + e[0][1] * out[0] - e[0][0];
    out[1] * out[1] === u3 + montgomeryA() * uu + out[0];
    signal upper <== u4 * (c[4] + c[5] * out[0] + c[6] * uu + c[7] * u3);
    digit <== out[1] * (c[0] + c[1] * out[0] + c[2] * uu + c[3] * u3 + upper);
}

// s B8, for s below l.
//
// s = s' + 2^248 m with m of three bits, and 2 s' - (2^248 - 1) = sum of d_j 16^j over 62 windows with odd digits. So with H = B8 / 2, that
// is 1/2 modulo l times B8,
//     s B8 = sum of d_j 16^j H + (m 2^248 B8 + (2^248 - 1) H).
// Windows are added in Montgomery form, and no addition meets its exceptional case: the sum of windows 0 .. j - 1 is an odd multiple of
// H, at most 16^j - 1 times; window j adds an odd multiple of 16^j H, at most 15 16^j. Sum and difference of the two multiples are not 0
// and at most 16^(j + 1) - 1 <= 2^248 - 1 < l. So the points are neither equal nor opposite, nor is the sum the identity. What stands in
// brackets is added in Edwards form, which has no exceptional case.
template BaseTimes() {
    signal input s;                 // below l, checked here
    signal output out[2];           // Edwards form

    var WINDOWS = 62;
    var LIMB = 28;                  // 7 windows
    var LIMBS = 9;
    var l = subgroupOrder();
    component window[WINDOWS];
    component sum[WINDOWS - 1];
    var limbs[LIMBS];
    for (var k = 0; k < LIMBS; k++) limbs[k] = 0;
    for (var j = 0; j < WINDOWS; j++) {
        window[j] = BaseWindow(j);
        window[j].s <== s;
        limbs[j \ 7] += (window[j].digit + 15) / 2 * (1 << (4 * (j % 7)));
        if (j > 0) {
            sum[j - 1] = MontgomeryAdd();
            if (j == 1) sum[j - 1].p <== window[0].out;
            else sum[j - 1].p <== sum[j - 2].out;
            sum[j - 1].q <== window[j].out;
        }
    }

    // m, and the point that belongs to it: a polynomial in its bits.
    signal top[3];                  // 1 bit each
    for (var i = 0; i < 3; i++) {
        top[i] <-- (s >> (4 * WINDOWS + i)) & 1;
        top[i] * (1 - top[i]) === 0;
        limbs[LIMBS - 1] += top[i] * (1 << (24 + i));
    }
    signal top01 <== top[0] * top[1];
    signal top02 <== top[0] * top[2];
    signal top12 <== top[1] * top[2];
    signal top012 <== top01 * top[2];
    var T[8][2] = baseTop();
    var point[2];
    for (var c = 0; c < 2; c++) {
        point[c] = T[0][c] + top[0] * (T[1][c] - T[0][c]) + top[1] * (T[2][c] - T[0][c]) + top[2] * (T[4][c] - T[0][c])
            + top01 * (T[3][c] - T[1][c] - T[2][c] + T[0][c]) + top02 * (T[5][c] - T[1][c] - T[4][c] + T[0][c])
            + top12 * (T[6][c] - T[2][c] - T[4][c] + T[0][c])
            + top012 * (T[7][c] - T[6][c] - T[5][c] - T[3][c] + T[4][c] + T[2][c] + T[1][c] - T[0][c]);
    }
    // The sum is no multiple of l times H, and of odd order: v is not 0.
    component edwards = ToEdwards();
    edwards.in <== sum[WINDOWS - 2].out;
    component total = EdwardsAdd();
    total.p <== edwards.out;
    total.q <== point;
    out <== total.out;

    // s is what the digits make, and below l.
    var value = 0;
    component range = Order(LIMBS, LIMB);
    range.below <== 1;
    range.above <== 0;
    for (var k = 0; k < LIMBS; k++) {
        value += limbs[k] * (1 << (k * LIMB));
        range.number[k] <== limbs[k];
        range.bound[k] <== (l >> (k * LIMB)) & ((1 << LIMB) - 1);
    }
    s === value;
}
