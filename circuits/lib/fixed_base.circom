pragma circom 2.1.9;

include "babyjubjub.circom";

// Multiples of the base point in Montgomery form: table[j][m] = (2m + 1) 8^j B8.
function baseTable(windows) {
    var a = montgomeryA();
    var base[2] = base8();
    var u = (1 + base[1]) / (1 - base[1]);
    var v = u / base[0];
    var table[84][4][2];
    for (var j = 0; j < windows; j++) {
        var slope = (3 * u * u + 2 * a * u + 1) / (2 * v);
        var twiceU = slope * slope - a - 2 * u;
        var twiceV = slope * (u - twiceU) - v;
        table[j][0][0] = u;
        table[j][0][1] = v;
        for (var m = 1; m < 4; m++) {
            slope = (twiceV - table[j][m - 1][1]) / (twiceU - table[j][m - 1][0]);
            table[j][m][0] = slope * slope - a - table[j][m - 1][0] - twiceU;
            table[j][m][1] = slope * (table[j][m - 1][0] - table[j][m][0]) - table[j][m - 1][1];
        }
        for (var k = 0; k < 3; k++) {
            slope = (3 * u * u + 2 * a * u + 1) / (2 * v);
            var nextU = slope * slope - a - 2 * u;
            v = slope * (u - nextU) - v;
            u = nextU;
        }
    }
    return table;
}

// w B8 for an odd w that the prover chooses: w = sum of digit_j 8^j over 84 windows, digits odd, from -7 to 7, the last from -3 to 3.
// Any residue mod l is some such w, as they are all the odd numbers between -2^251 and 2^251, and l is below 2^251.
// Hence a prover who can fill in this gadget knows an s below l with out = s B8, and for every s below l there is a way to fill it in.
//
// No addition in Montgomery form meets its exceptional case. The sum of windows 0 .. j-1 is an odd number below 8^j in absolute value,
// window j adds an odd multiple of 8^j, at most 7 times: sum and difference of the two are not 0 and at most 8^(j+1) - 1, which
// is below l for j <= 82, since 8^83 = 2^249. So the two points are neither equal nor opposite. The last window is added
// in Edwards form, which has no exceptional case.
template BaseTimes() {
    signal input scalar;            // only a hint: no constraint holds it, see above
    signal output out[2];           // Edwards form

    var WINDOWS = 84;
    var l = subgroupOrder();
    var table[WINDOWS][4][2] = baseTable(WINDOWS);
    // A scalar that is not below l is refused here as a matter of form; s and s + l make the same point.
    assert(scalar \ l == 0);
    // w = scalar or scalar - l, the odd one of the two, and (w + 2^251 - 1) / 2, whose bits b_i give w = sum of (2 b_i - 1) 2^i.
    var w = scalar % 2 == 1 ? scalar : scalar - l;
    var bits = (w + (1 << 251) - 1) \ 2;

    signal positive[WINDOWS];       // 1 bit: sign of the digit
    signal low[WINDOWS];            // 1 bit
    signal high[WINDOWS - 1];       // 1 bit: absolute value of the digit = 1 + 2 low + 4 high
    signal both[WINDOWS - 1];
    signal point[WINDOWS - 1][2];
    component sum[WINDOWS - 2];
    for (var j = 0; j < WINDOWS - 1; j++) {
        // Any three bits are a digit: a choice of w.
        positive[j] <-- (bits >> (3 * j + 2)) & 1;
        low[j] <-- ((bits >> (3 * j)) & 1) == positive[j] ? 1 : 0;
        high[j] <-- ((bits >> (3 * j + 1)) & 1) == positive[j] ? 1 : 0;
        positive[j] * (1 - positive[j]) === 0;
        low[j] * (1 - low[j]) === 0;
        high[j] * (1 - high[j]) === 0;
        both[j] <== low[j] * high[j];
        var value[2];
        for (var c = 0; c < 2; c++) {
            value[c] = table[j][0][c] + low[j] * (table[j][1][c] - table[j][0][c]) + high[j] * (table[j][2][c] - table[j][0][c])
                + both[j] * (table[j][0][c] - table[j][1][c] - table[j][2][c] + table[j][3][c]);
        }
        point[j][0] <== value[0];
        point[j][1] <== (2 * positive[j] - 1) * value[1];
        if (j > 0) {
            sum[j - 1] = MontgomeryAdd();
            if (j == 1) sum[j - 1].p <== point[0];
            else sum[j - 1].p <== sum[j - 2].out;
            sum[j - 1].q <== point[j];
        }
    }

    // The last window: digit 1 or 3, or their negatives.
    var LAST = WINDOWS - 1;
    positive[LAST] <-- (bits >> 250) & 1;
    low[LAST] <-- ((bits >> 249) & 1) == positive[LAST] ? 1 : 0;
    positive[LAST] * (1 - positive[LAST]) === 0;
    low[LAST] * (1 - low[LAST]) === 0;
    var x[2];
    var y[2];
    for (var m = 0; m < 2; m++) {
        x[m] = table[LAST][m][0] / table[LAST][m][1];
        y[m] = (table[LAST][m][0] - 1) / (table[LAST][m][0] + 1);
    }
    component edwards = ToEdwards();
    edwards.in <== sum[WINDOWS - 3].out;
    component total = EdwardsAdd();
    total.p <== edwards.out;
    total.q[0] <== (2 * positive[LAST] - 1) * (x[0] + low[LAST] * (x[1] - x[0]));
    total.q[1] <== y[0] + low[LAST] * (y[1] - y[0]);
    out <== total.out;
}
