pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";

// The field of a blob's elements: integers modulo q, the order of BLS12-381's groups, in 255 bits.
//
// A number is 8 limbs, sum of limb_i 2^(31 i): limbs 0 .. 6 of 31 bits, limb 7 of 38. So it is some representative below 2^255 of its
// class, not always the one below q. A product of two numbers is a polynomial in X = 2^31 with 15 coefficients. Coefficients,
// and sums of them with the weights used here, are integers far below r / 2, so equations between them hold over the integers.

// q as limbs.
function blsModulus() {
    return [1, 2147483646, 2147053563, 502079511, 438141013, 1731920129, 1734300172, 248954202516];
}

// Quotient and remainder by q of sum in_i 2^(31 i), in_i >= 0 integers of at most 200 bits whose sum is below 2^372: [quotient, remainder's low 155 bits, high 100].
// Long division in base 2^31, the remainder in two halves. The quotient's next digit is that of the upper halves, or one more.
function blsDivide(in, length) {
    var LOW = 155;
    var Q_LOW = 9318228814270958977256985476041191572195246081;
    var Q_HIGH = 1148098614975502017355130274049;
    var digits[12];
    var carry = 0;
    for (var i = 0; i < 12; i++) {
        if (i < length) carry += in[i];
        digits[i] = carry & 0x7fffffff;
        carry = carry >> 31;
    }
    var quotient = 0;
    var low = 0;
    var high = 0;
    for (var i = 11; i >= 0; i--) {
        low = (low << 31) + digits[i];
        high = (high << 31) + (low >> LOW);
        low = low & ((1 << LOW) - 1);
        var digit = high \ (Q_HIGH + 1);
        for (var again = 0; again < 2; again++) {
            var taken = digit * Q_LOW;
            var borrow = taken > low ? (taken - low + (1 << LOW) - 1) >> LOW : 0;
            low += (borrow << LOW) - taken;
            high -= borrow + digit * Q_HIGH;
            quotient += digit;
            digit = (high > Q_HIGH || (high == Q_HIGH && low >= Q_LOW)) ? 1 : 0;
        }
        if (i > 0) quotient = quotient << 31;
    }
    return [quotient, low, high];
}

// The limbs of a remainder of blsDivide.
function blsLimbs(low, high) {
    var limbs[8];
    for (var i = 0; i < 5; i++) limbs[i] = (low >> (31 * i)) & 0x7fffffff;
    for (var i = 0; i < 2; i++) limbs[5 + i] = (high >> (31 * i)) & 0x7fffffff;
    limbs[7] = high >> 62;
    return limbs;
}

// fold[k] = limbs of 2^(31 (8 + k)) mod q, k < 7.
function blsFold() {
    var fold[7][8];
    var limbs[8] = [0, 0, 0, 0, 0, 0, 0, 1 << 31];
    for (var k = 0; k < 7; k++) {
        var division[3] = blsDivide(limbs, 8);
        fold[k] = blsLimbs(division[1], division[2]);
        // Times 2^31: one limb up. The highest has 38 + 31 bits then.
        limbs = fold[k];
        var top = limbs[7] * (1 << 31);
        for (var i = 7; i > 0; i--) limbs[i] = limbs[i - 1];
        limbs[0] = 0;
        limbs[7] += top;
    }
    return fold;
}

// weights[k][x] : coefficient k of the polynomial of degree 14 that has value 1 at the point x - 7 and 0 at the other points -7 .. 7.
function interpolationWeights() {
    var weights[15][15];
    for (var x = 0; x < 15; x++) {
        var polynomial[15];
        for (var k = 0; k < 15; k++) polynomial[k] = 0;
        polynomial[0] = 1;
        var divisor = 1;
        for (var other = 0; other < 15; other++) {
            if (other != x) {
                for (var k = 14; k > 0; k--) polynomial[k] = polynomial[k - 1] - polynomial[k] * (other - 7);
                polynomial[0] = -polynomial[0] * (other - 7);
                divisor *= x - other;
            }
        }
        for (var k = 0; k < 15; k++) weights[k][x] = polynomial[k] / divisor;
    }
    return weights;
}

// The product of two polynomials of 8 coefficients, as its values at the points -7 .. 7: it has degree 14, so 15 values are the
// polynomial (Toom and Cook). 15 constraints instead of 64. Nothing is bounded here.
template LimbProduct() {
    signal input a[8];
    signal input b[8];
    signal output values[15];
    for (var x = 0; x < 15; x++) {
        var valueA = 0;
        var valueB = 0;
        for (var i = 7; i >= 0; i--) {
            valueA = valueA * (x - 7) + a[i];
            valueB = valueB * (x - 7) + b[i];
        }
        values[x] <== valueA * valueB;
    }
}

// The coefficients of the polynomial with these values: linear, so free.
template Coefficients() {
    signal input values[15];
    signal output out[15];
    var weights[15][15] = interpolationWeights();
    for (var k = 0; k < 15; k++) {
        var coefficient = 0;
        for (var x = 0; x < 15; x++) coefficient += weights[k][x] * values[x];
        out[k] <== coefficient;
    }
}

// Largest values of the limbs of a number.
function blsLimbMax() {
    var m = (1 << 31) - 1;
    return [m, m, m, m, m, m, m, (1 << 38) - 1];
}

// Largest coefficients of a sum whose largest ones are max[15] and of the product of numbers with largest limbs a and b.
function maxWithProduct(max, a, b) {
    var out[15] = max;
    for (var i = 0; i < 8; i++) {
        for (var j = 0; j < 8; j++) out[i + j] += a[i] * b[j];
    }
    return out;
}

// Largest limbs of what BlsFold makes of coefficients up to max[15].
function foldedMax(max) {
    var fold[7][8] = blsFold();
    var out[8];
    for (var i = 0; i < 8; i++) {
        out[i] = max[i];
        for (var k = 0; k < 7; k++) out[i] += max[8 + k] * fold[k][i];
    }
    return out;
}

// Number of bits of a non-negative number below 2^253.
function bitLength(number) {
    var bits = 0;
    while (number > 0) {
        bits++;
        number = number >> 1;
    }
    return bits;
}

// floor of sum in_i 2^(31 i), i < 4, by 2^124, or up to 4 more.
function above124(in) {
    return (in[3] >> 31) + (in[2] >> 62) + (in[1] >> 93) + (in[0] >> 124) + 4;
}

// Bits of the quotient by q of a number with limbs up to folded[8], whatever the limbs. q >= q_7 2^217.
function quotientBits(folded) {
    var q[8] = blsModulus();
    var top = 8;
    for (var i = 0; i < 8; i++) top += folded[i] >> (31 * (7 - i));
    return bitLength(top \ q[7]);
}

// Folds X^8 .. X^14 of a sum of products: each is replaced by the number 2^(31 k) mod q. Linear, so free.
template BlsFold() {
    signal input in[15];
    signal output out[8];
    var fold[7][8] = blsFold();
    for (var i = 0; i < 8; i++) {
        var limb = in[i];
        for (var k = 0; k < 7; k++) limb += in[8 + k] * fold[k][i];
        out[i] <== limb;
    }
}

// Proves sum in_i 2^(31 i) = quotient q + sum remainder_i 2^(31 i) over the integers, for 0 <= in_i <= inMax_i and 0 <= remainder_i <= remainderMax_i,
// which the caller ensures; the quotient's range is checked here.
//
// With E_i = in_i - quotient q_i - remainder_i, the sum of E_i 2^(31 i) is to be 0. It is proven to be 0
//   modulo 2^124: E_0 + E_1 2^31 + E_2 2^62 + E_3 2^93 = carry 2^124, an equation of integers, since both sides are below 2^252 < r / 2;
//   modulo r: that is what a linear constraint says.
// Its absolute value is below 2^376 < 2^124 r (the assertions below), so it is 0.
template BlsCongruence(inMax, remainderMax) {
    signal input in[8];
    signal input quotient;
    signal input remainder[8];
    var q[8] = blsModulus();
    var QUOTIENT_BITS = quotientBits(inMax);
    var takenMax[8];
    for (var i = 0; i < 8; i++) takenMax[i] = ((1 << QUOTIENT_BITS) - 1) * q[i] + remainderMax[i];
    var up = above124(inMax);
    var down = above124(takenMax);
    var CARRY_BITS = 1 + bitLength(up > down ? up : down);
    assert(CARRY_BITS + 124 < 252);
    for (var i = 0; i < 4; i++) {
        assert(bitLength(inMax[i]) + 31 * i < 250);
        assert(bitLength(takenMax[i]) + 31 * i < 250);
    }
    // in: limbs below 2^158, the highest at bit 217. quotient q: below 2^(120 + 255). remainder: below 2^256.
    for (var i = 0; i < 8; i++) assert(bitLength(inMax[i]) <= 158);
    assert(QUOTIENT_BITS <= 120);

    component quotientRange = Num2Bits(QUOTIENT_BITS);
    quotientRange.in <== quotient;
    var low = 0;
    var all = 0;
    for (var i = 0; i < 8; i++) {
        var e = in[i] - quotient * q[i] - remainder[i];
        if (i < 4) low += e * (1 << (31 * i));
        all += e * (1 << (31 * i));
    }
    signal carry <== low / (1 << 124);
    component carryRange = Num2Bits(CARRY_BITS);    // -2^(CARRY_BITS - 1) <= carry < 2^(CARRY_BITS - 1)
    carryRange.in <== carry + (1 << (CARRY_BITS - 1));
    all === 0;
}

// A number of the field that is congruent to a sum of products with coefficients 0 <= in_k <= inMax_k.
template BlsReduce(inMax) {
    signal input in[15];
    signal output out[8];           // 31 bits, the last 38, checked here
    component fold = BlsFold();
    fold.in <== in;
    signal quotient;
    var division[3] = blsDivide(fold.out, 8);
    var limbs[8] = blsLimbs(division[1], division[2]);
    quotient <-- division[0];
    component range[8];
    for (var i = 0; i < 8; i++) {
        out[i] <-- limbs[i];
        range[i] = Num2Bits(i == 7 ? 38 : 31);
        range[i].in <== out[i];
    }
    component congruence = BlsCongruence(foldedMax(inMax), blsLimbMax());
    congruence.in <== fold.out;
    congruence.quotient <== quotient;
    congruence.remainder <== out;
}
