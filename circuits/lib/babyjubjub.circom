pragma circom 2.1.9;

// BabyJubJub, in two forms. Twisted Edwards: a x^2 + y^2 = 1 + d x^2 y^2 with a = 168700, d = 168696; a is a square and d is not,
// so its addition has no exceptional case. Montgomery: v^2 = u^3 + 168698 u^2 + u; additions there are cheaper, but exist only
// for points with different u. The group has 8 l points.

function edwardsA() { return 168700; }
function edwardsD() { return 168696; }
function montgomeryA() { return 168698; }

// l, the order of the subgroup.
function subgroupOrder() {
    return 2736030358979909402780800718157159386076813972158567259200215660948447373041;
}

// The generator of the subgroup that signatures use: x, y.
function base8() {
    return [
        5299619240641551281634865583518297030282874472190772894086521144482721001553,
        16950150798460657717958625567821834550301663161624707787222815936182638968203
    ];
}

template OnCurve() {
    signal input x;
    signal input y;
    signal xx <== x * x;
    signal yy <== y * y;
    edwardsD() * xx * yy === edwardsA() * xx + yy - 1;
}

// Complete: both points on the curve.
template EdwardsAdd() {
    signal input p[2];
    signal input q[2];
    signal output out[2];
    signal beta <== p[0] * q[1];
    signal gamma <== p[1] * q[0];
    signal delta <== (p[1] - edwardsA() * p[0]) * (q[0] + q[1]);
    signal tau <== beta * gamma;
    // The denominators are never 0, so the quotients are fixed.
    out[0] <-- (beta + gamma) / (1 + edwardsD() * tau);
    (1 + edwardsD() * tau) * out[0] === beta + gamma;
    out[1] <-- (delta + edwardsA() * beta - gamma) / (1 - edwardsD() * tau);
    (1 - edwardsD() * tau) * out[1] === delta + edwardsA() * beta - gamma;
}

// Complete. With t = x y, the equation of the curve gives y^2 = 1 + d t^2 - a x^2, so y^2 - a x^2 and the denominators are linear in
// t^2 and x^2.
template EdwardsDouble() {
    signal input p[2];
    signal output out[2];
    signal t <== p[0] * p[1];
    signal tt <== t * t;
    signal xx <== p[0] * p[0];
    // The denominators are never 0, so the quotients are fixed.
    out[0] <-- 2 * t / (1 + edwardsD() * tt);
    (1 + edwardsD() * tt) * out[0] === 2 * t;
    out[1] <-- (1 + edwardsD() * tt - 2 * edwardsA() * xx) / (1 - edwardsD() * tt);
    (1 - edwardsD() * tt) * out[1] === 1 + edwardsD() * tt - 2 * edwardsA() * xx;
}

// u = (1 + y) / (1 - y), v = u / x. The identity (y = 1) has no solution: it is refused.
// Not for (0, -1), where v would be free.
template ToMontgomery() {
    signal input in[2];
    signal output out[2];
    // Fixed, since 1 - y is not 0 and x is 0 only for (0, 1) and (0, -1).
    out[0] <-- (1 + in[1]) / (1 - in[1]);
    out[0] * (1 - in[1]) === 1 + in[1];
    out[1] <-- out[0] / in[0];
    out[1] * in[0] === out[0];
}

// x = u / v, y = (u - 1) / (u + 1). Not for (0, 0), the point of order 2, the only one with v = 0.
template ToEdwards() {
    signal input in[2];
    signal output out[2];
    // Fixed: v is not 0, and u is not -1 on the curve, as v^2 would be d, which is no square.
    out[0] <-- in[0] / in[1];
    out[0] * in[1] === in[0];
    out[1] <-- (in[0] - 1) / (in[0] + 1);
    out[1] * (in[0] + 1) === in[0] - 1;
}

// p + q for points with different u.
template MontgomeryAdd() {
    signal input p[2];
    signal input q[2];
    signal output out[2];
    // Fixed, since the two u differ: the caller's argument.
    signal slope <-- (q[1] - p[1]) / (q[0] - p[0]);
    slope * (q[0] - p[0]) === q[1] - p[1];
    out[0] <== slope * slope - montgomeryA() - p[0] - q[0];
    out[1] <== slope * (p[0] - out[0]) - p[1];
}

// 2p for a point with v != 0.
template MontgomeryDouble() {
    signal input p[2];
    signal output out[2];
    signal uu <== p[0] * p[0];
    // Fixed, since v is not 0: the caller's argument.
    signal slope <-- (3 * uu + 2 * montgomeryA() * p[0] + 1) / (2 * p[1]);
    slope * 2 * p[1] === 3 * uu + 2 * montgomeryA() * p[0] + 1;
    out[0] <== slope * slope - montgomeryA() - 2 * p[0];
    out[1] <== slope * (p[0] - out[0]) - p[1];
}

// 2p + q as (p + q) + p without the v of p + q. p and q have different u, and so have p + q and p.
template MontgomeryDoubleAdd() {
    signal input p[2];
    signal input q[2];
    signal output out[2];
    // Both slopes are fixed, since the u differ: the caller's argument.
    signal slope <-- (q[1] - p[1]) / (q[0] - p[0]);
    slope * (q[0] - p[0]) === q[1] - p[1];
    signal sumU <== slope * slope - montgomeryA() - p[0] - q[0];
    // The second slope is (v of p + q - v of p) / (sumU - u of p), where v of p + q = slope (u of p - sumU) - v of p.
    signal second <-- 2 * p[1] / (p[0] - sumU) - slope;
    (slope + second) * (p[0] - sumU) === 2 * p[1];
    out[0] <== second * second - montgomeryA() - p[0] - sumU;
    out[1] <== second * (p[0] - out[0]) - p[1];
}
