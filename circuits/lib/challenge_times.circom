pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "babyjubjub.circom";
include "order.circom";

// h Q, where h is the representative below r of a field element, and Q a point of order l.
//
// The ladder. It needs no bits of h, but an odd number W with W = h modulo l and
//     W = 3 * 2^251 + sum of s_i 2^i over i = 0 .. 250, each s_i being 1 or -1.        (any odd number from 2^252 to 2^253)
// P begins as 3 Q, and each s_i from the top takes it to 2 P + s_i Q. After s_i it is k_i Q, k_251 = 3, k_i = 2 k_(i+1) + s_i, k_0 = W. A step in
// Montgomery form computes (P + s_i Q) + P, which has exceptional cases. Down to i = 3 it meets none:
// k_(i+1) is odd, at least 3, and k_i <= k_3 <= 2^250 - 1 < l. So k_(i+1) is neither 1 nor -1 modulo l (the first sum: P and s_i Q have
// different u); and 2 k_(i+1) + s_i = k_i is not 0 modulo l, nor is s_i (the second sum: k_(i+1) + s_i is not +-k_(i+1)).
// The last three steps are made in Edwards form, which has no exceptional case.
//
// The signs. s_i Q has the u of Q and v_i = s_i v. The prover gives v_i, and (v_i - v) (v_i + v) = 0 leaves it these two values; v is
// not 0, since the order of Q is odd. So sums of s_i 2^i are sums of v_i 2^i divided by v: one constraint for many signs. In the
// last three steps the same is done with x, which is not 0 either.
//
// W and h. With four bits e, q0, q1, q2 and q = q0 + 2 q1 + 4 q2 the circuit proves, modulo r,
//     h = I,   I = W - (3 + e - q) l.
// I is congruent to W modulo l, so it remains to show that I as an integer is in 0 .. r - 1. W is between 2^252 and 2^253, l between
// 2^252 / 2.65 and 2^252 / 2.64, and r between 7.99 l and 8 l. Thus
//     q = 2 .. 5:   I > 2^252 - 2 l > 0   and   I < 2^253 + 2 l < 7.3 l < r;
//     q = 0, 1:     I < 2^253 < r, and W >= (3 + e) l is checked, so I >= q l >= 0;
//     q = 6, 7:     I > W > 0, and W < r + (e - 4) l is checked, so I < r + (q - 7) l <= r.
// For every h there is such a choice (below); where there are several, all give the same point.
template ChallengeTimes() {
    signal input h;                 // any field element
    signal input q[2];              // Edwards form, order l
    signal output out[2];           // Edwards form

    var l = subgroupOrder();
    var BITS = 251;
    var TAIL = 3;                   // steps in Edwards form
    var LIMB = 28;
    var LIMBS = 9;

    // A choice: q = h \ l, but 7 for the few h from r - l on; then t is from 3 l - (8 l - r) to 4 l, and W = t or t + l is odd.
    var t = h \ l;
    if (t == 6 && h - 6 * l >= -7 * l) t = 7;
    signal qBits[3];                // 1 bit each
    for (var i = 0; i < 3; i++) {
        qBits[i] <-- (t >> i) & 1;
        qBits[i] * (1 - qBits[i]) === 0;
    }
    t = h - t * l + 3 * l;
    signal e <-- 1 - (t & 1);       // 1 bit
    e * (1 - e) === 0;
    // Bits b_i with s_i = 2 b_i - 1.
    var bits = (t + e * l - 1 - (1 << 252)) \ 2;

    component one = ToMontgomery();
    one.in <== q;
    // Odd order: v is not 0, and 2 Q is neither Q nor -Q.
    component two = MontgomeryDouble();
    two.p <== one.out;
    component three = MontgomeryAdd();
    three.p <== two.out;
    three.q <== one.out;

    signal sv[BITS - TAIL];         // s_i v for i = TAIL .. BITS - 1
    component step[BITS - TAIL];
    for (var i = BITS - 1; i >= TAIL; i--) {
        sv[i - TAIL] <-- (2 * ((bits >> i) & 1) - 1) * one.out[1];
        (sv[i - TAIL] - one.out[1]) * (sv[i - TAIL] + one.out[1]) === 0;
        step[i - TAIL] = MontgomeryDoubleAdd();
        if (i == BITS - 1) step[i - TAIL].p <== three.out;
        else step[i - TAIL].p <== step[i + 1 - TAIL].out;
        step[i - TAIL].q[0] <== one.out[0];
        step[i - TAIL].q[1] <== sv[i - TAIL];
    }
    // k_3 Q, and k_3 is not 0 modulo the odd l: v is not 0.
    component edwards = ToEdwards();
    edwards.in <== step[0].out;
    signal sx[TAIL];                // s_i x for i = 0 .. TAIL - 1
    component twice[TAIL];
    component sum[TAIL];
    for (var i = TAIL - 1; i >= 0; i--) {
        sx[i] <-- (2 * ((bits >> i) & 1) - 1) * q[0];
        (sx[i] - q[0]) * (sx[i] + q[0]) === 0;
        twice[i] = EdwardsDouble();
        if (i == TAIL - 1) twice[i].p <== edwards.out;
        else twice[i].p <== sum[i + 1].out;
        sum[i] = EdwardsAdd();
        sum[i].p <== twice[i].out;
        sum[i].q <== [sx[i], q[1]];
    }
    out <== sum[0].out;

    // B = sum of b_i 2^i in limbs: W = 2 B + 1 + 2^252.
    signal limbs[LIMBS];            // LIMB bits each: sums of b_i 2^j
    signal tail;                    // from -7 to 7: sum of s_i 2^i over the tail
    tail <-- 2 * (bits & 7) - 7;
    tail * q[0] === sx[0] + 2 * sx[1] + 4 * sx[2];
    var B = 0;
    for (var k = 0; k < LIMBS; k++) {
        var first = k == 0 ? TAIL : k * LIMB;
        var end = k == LIMBS - 1 ? BITS : (k + 1) * LIMB;
        var signed = 0;
        var length = 1 << (end - k * LIMB);
        for (var i = first; i < end; i++) signed += (1 << (i - k * LIMB)) * sv[i - TAIL];
        limbs[k] <-- (bits >> (k * LIMB)) & (length - 1);
        // Twice the limb is the sum of s_i 2^j, plus 2^j for each.
        (2 * limbs[k] - (length - 1) - (k == 0 ? tail : 0)) * one.out[1] === signed;
        B += limbs[k] * (1 << (k * LIMB));
    }
    h === 2 * B + 1 + (1 << 252) - (3 + e - qBits[0] - 2 * qBits[1] - 4 * qBits[2]) * l;

    // W >= (3 + e) l, that is B > (3 l - 1 - 2^252) / 2 - 1 or (4 l - 2^252) / 2 - 1; and W < r + (e - 4) l, that is
    // B < (r - 4 l - 1 - 2^252) / 2 or (r - 3 l - 2^252) / 2.
    signal high <== qBits[1] * qBits[2];                    // q = 6, 7
    signal low <== 1 - qBits[1] - qBits[2] + high;          // q = 0, 1
    signal highE <== high * e;
    signal lowE <== low * e;
    var low0 = (3 * l - 1 - (1 << 252)) \ 2 - 1;
    var low1 = (4 * l - (1 << 252)) \ 2 - 1;
    var high0 = (-4 * l - 1 - (1 << 252)) \ 2;
    var high1 = (-3 * l - (1 << 252)) \ 2;
    component range = Order(LIMBS, LIMB);
    range.number <== limbs;
    range.below <== high;
    range.above <== low;
    for (var k = 0; k < LIMBS; k++) {
        var m = (1 << LIMB) - 1;
        var at = k * LIMB;
        range.bound[k] <== (low - lowE) * ((low0 >> at) & m) + lowE * ((low1 >> at) & m)
            + (high - highE) * ((high0 >> at) & m) + highE * ((high1 >> at) & m)
            + (k == LIMBS - 1 ? (1 - low - high) * (1 << LIMB) : 0);
    }
}
