pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "bls_field.circom";

// An element of at most 248 bits as 8 limbs of 31 bits.
template ElementLimbs() {
    signal input in;                // 248 bits, checked here; fewer than r has, so they are unique
    signal output limbs[8];
    component bits = Num2Bits(248);
    bits.in <== in;
    for (var i = 0; i < 8; i++) {
        var limb = 0;
        for (var k = 0; k < 31; k++) limb += bits.out[31 * i + k] * (1 << k);
        limbs[i] <== limb;
    }
}

// Largest limbs of an element: those at bits 0 and 124 hold the two indexes of an op, 48 bits, others at most 35.
function elementMax() {
    var m = (1 << 35) - 1;
    var wide = (1 << 48) - 1;
    return [wide, m, m, m, wide, m, m, m];
}

// Elements of a block, the smallest number whose square is at least n.
function blockLength(n) {
    var length = 1;
    while (length * length < n) length++;
    return length;
}

// y = sum b_i z^i mod q for i < n, where q is the order of BLS12-381's groups: the value of a part of a blob's polynomial.
//
// Baby steps and giant steps (Paterson and Stockmeyer): the powers 1, z, .., z^B are computed once; a block of B elements is a sum of products
// with the first B of them, and Horner's rule goes from block to block with z^B. Only powers and blocks are reduced modulo q, lazily: to some
// number of 255 bits. About 2 sqrt(n) reductions of 400 constraints, and 15 for each element but the first of a block.
template BlobEvaluation(n) {
    signal input b[n][8];           // element i is sum b_ik 2^(31 k), limbs as elementMax says, ensured by the caller
    signal input zy;                // z, 240 bits, and hi(y), 7 bits; both checked here
    signal input yLo;               // lo(y), below 2^248 on L1
    signal output z;
    var B = blockLength(n);
    var BLOCKS = (n + B - 1) \ B;

    component bits = Num2Bits(247);
    bits.in <== zy;
    var point = 0;
    for (var i = 0; i < 240; i++) point += bits.out[i] * (1 << i);
    z <== point;

    // The powers, from 1 on.
    component powerProducts[B + 1];
    component powerCoefficients[B + 1];
    component powers[B + 1];
    signal power[B + 1][8];
    var none[15];
    for (var k = 0; k < 15; k++) none[k] = 0;
    var numberMax[8] = blsLimbMax();
    var powerMax[15] = maxWithProduct(none, numberMax, numberMax);
    for (var i = 0; i < 8; i++) {
        var limb = 0;
        for (var k = 31 * i; k < 31 * i + 31 && k < 240; k++) limb += bits.out[k] * (1 << (k - 31 * i));
        power[0][i] <== i == 0 ? 1 : 0;
        power[1][i] <== limb;
    }
    for (var k = 2; k <= B; k++) {
        powerProducts[k] = LimbProduct();
        powerProducts[k].a <== power[k - 1];
        powerProducts[k].b <== power[1];
        powerCoefficients[k] = Coefficients();
        powerCoefficients[k].values <== powerProducts[k].values;
        powers[k] = BlsReduce(powerMax);
        powers[k].in <== powerCoefficients[k].out;
        power[k] <== powers[k].out;
    }

    // The blocks, from the last to the first. A block's first element stands for itself.
    var blockMax[15] = powerMax;
    var element[8] = elementMax();
    for (var i = 0; i < 8; i++) blockMax[i] += element[i];
    for (var j = 1; j < B; j++) blockMax = maxWithProduct(blockMax, element, numberMax);
    component products[n];
    component steps[BLOCKS];
    component coefficients[BLOCKS];
    component reduced[BLOCKS];
    signal sums[BLOCKS][15];        // a block's coefficients and what comes from the blocks above it
    for (var t = BLOCKS - 1; t >= 0; t--) {
        var values[15];
        for (var x = 0; x < 15; x++) values[x] = 0;
        for (var j = 1; j < B && B * t + j < n; j++) {
            products[B * t + j] = LimbProduct();
            products[B * t + j].a <== b[B * t + j];
            products[B * t + j].b <== power[j];
            for (var x = 0; x < 15; x++) values[x] += products[B * t + j].values[x];
        }
        if (t < BLOCKS - 1) {
            steps[t] = LimbProduct();
            steps[t].a <== reduced[t + 1].out;
            steps[t].b <== power[B];
            for (var x = 0; x < 15; x++) values[x] += steps[t].values[x];
        }
        coefficients[t] = Coefficients();
        for (var x = 0; x < 15; x++) coefficients[t].values[x] <== values[x];
        for (var k = 0; k < 15; k++) sums[t][k] <== coefficients[t].out[k] + (k < 8 ? b[B * t][k] : 0);
        if (t > 0) {
            reduced[t] = BlsReduce(blockMax);
            reduced[t].in <== sums[t];
        }
    }

    // The value: lo(y) as one limb of 248 bits, and hi(y) at bit 248, that is bit 31 of limb 7.
    component fold = BlsFold();
    fold.in <== sums[0];
    signal quotient;
    var division[3] = blsDivide(fold.out, 8);
    quotient <-- division[0];
    var yHi = 0;
    for (var i = 240; i < 247; i++) yHi += bits.out[i] * (1 << (i - 240));
    var valueMax[8] = [(1 << 248) - 1, 0, 0, 0, 0, 0, 0, 127 << 31];
    component value = BlsCongruence(foldedMax(blockMax), valueMax);
    value.in <== fold.out;
    value.quotient <== quotient;
    for (var i = 0; i < 8; i++) value.remainder[i] <== i == 0 ? yLo : (i == 7 ? yHi * (1 << 31) : 0);
}
