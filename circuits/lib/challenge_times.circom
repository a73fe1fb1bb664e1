pragma circom 2.1.9;

include "babyjubjub.circom";

// Digits -1, 0, 1 (non-adjacent form, least significant first) of 8 l, the order of the curve.
function curveOrderDigits() {
    var l = subgroupOrder();
    var digits[255];
    var carry = 0;
    for (var i = 0; i < 255; i++) {
        // Bits i and i + 1 of 8 l, which is itself too large for a field element.
        var bit = carry;
        var next = 0;
        if (i >= 3) bit += (l >> (i - 3)) & 1;
        if (i >= 2) next = (l >> (i - 2)) & 1;
        digits[i] = 0;
        if (bit == 1) digits[i] = 1 - 2 * next;
        carry = 0;
        if (bit == 2 || (bit == 1 && next == 1)) carry = 1;
    }
    return digits;
}

// h Q for a number h of 254 bits below r and a point Q of order l.
//
// The ladder goes from the top and, for each bit h_i, takes P to 2 P + t_i Q with an odd digit t_i = 2 h_i - 1 + 2 e_i. Doubling and
// adding at once is the cheapest step there is in Montgomery form, but it has exceptional cases. With e_i = 0 and leading zeros in h,
// P would stay at Q, and 2 Q + Q is such a case. So the ladder adds the order of the curve on the way: e_i are the digits of E = 8 l.
//
// Let k_i be the multiple of Q that P is after bit i; at the beginning k_254 = 1 + 2 e_254 = 3. Then
//     k_i = 2 floor(h / 2^i) + 1 + 2 (e_i + 2 e_(i+1) + ...)          (odd)
// e_253 = 0, as e_254 = 1 has no neighbour: k_253 is 5 or 7. From there k_(i-1) >= 2 k_i - 3 > k_i. And
//     k_5 <= 2 h / 32 + 1 + 2 (E / 32 + 1) <= (r - 1 + 8 l) / 16 + 3 < l,      since 8 l - r is more than 2^154.
// So 3 <= k_i < l for i >= 5, k_i > |t| for the digit that comes next, and k_i + |t| < l. Hence in each step down to bit 5 P is
// neither t Q nor -t Q, and 2 P + t Q is not the identity: both additions have points with different u.
// Bits 4 to 1 are done in Edwards form, without exceptional cases. Then k_1 = h - h_0 + 1 + E; E Q is the identity, and the last
// addition, of (h_0 - 1) Q, gives h Q.
template ChallengeTimes() {
    signal input bits[254];         // 1 bit each, of a number below r
    signal input q[2];              // Edwards form, order l
    signal output out[2];           // Edwards form

    var LAST_MONTGOMERY = 5;
    var e[255] = curveOrderDigits();
    assert(e[254] == 1 && e[253] == 0 && e[0] == 0);

    component one = ToMontgomery();
    one.in <== q;
    // Odd order: v is not 0, and 2 Q is neither Q nor -Q.
    component two = MontgomeryDouble();
    two.p <== one.out;
    component three = MontgomeryAdd();
    three.p <== two.out;
    three.q <== one.out;

    component step[254];
    for (var i = 253; i >= LAST_MONTGOMERY; i--) {
        step[i] = MontgomeryDoubleAdd();
        if (i == 253) step[i].p <== three.out;
        else step[i].p <== step[i + 1].out;
        if (e[i] == 0) {            // -Q or Q
            step[i].q[0] <== one.out[0];
            step[i].q[1] <== (2 * bits[i] - 1) * one.out[1];
        } else if (e[i] == 1) {     // Q or 3 Q
            step[i].q[0] <== one.out[0] + bits[i] * (three.out[0] - one.out[0]);
            step[i].q[1] <== one.out[1] + bits[i] * (three.out[1] - one.out[1]);
        } else {                    // -3 Q or -Q
            step[i].q[0] <== three.out[0] + bits[i] * (one.out[0] - three.out[0]);
            step[i].q[1] <== -three.out[1] - bits[i] * (one.out[1] - three.out[1]);
        }
    }

    component edwards = ToEdwards();
    edwards.in <== step[LAST_MONTGOMERY].out;
    component threeEdwards = ToEdwards();
    threeEdwards.in <== three.out;
    component twice[LAST_MONTGOMERY];
    component sum[LAST_MONTGOMERY];
    for (var i = LAST_MONTGOMERY - 1; i >= 1; i--) {
        twice[i] = EdwardsDouble();
        if (i == LAST_MONTGOMERY - 1) twice[i].p <== edwards.out;
        else twice[i].p <== sum[i + 1].out;
        sum[i] = EdwardsAdd();
        sum[i].p <== twice[i].out;
        assert(e[i] == 0 || e[i] == 1);
        if (e[i] == 0) {
            sum[i].q[0] <== (2 * bits[i] - 1) * q[0];
            sum[i].q[1] <== q[1];
        } else {
            sum[i].q[0] <== q[0] + bits[i] * (threeEdwards.out[0] - q[0]);
            sum[i].q[1] <== q[1] + bits[i] * (threeEdwards.out[1] - q[1]);
        }
    }
    // -Q for h_0 = 0, the identity for h_0 = 1.
    sum[0] = EdwardsAdd();
    sum[0].p <== sum[1].out;
    sum[0].q[0] <== (bits[0] - 1) * q[0];
    sum[0].q[1] <== q[1] + bits[0] * (1 - q[1]);
    out <== sum[0].out;
}
