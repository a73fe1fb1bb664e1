pragma circom 2.1.9;

include "blob_evaluation.circom";
include "public_data.circom";

// The limbs of an element of op data, from the fields of its ops, whose ranges the caller ensures. A field at bit k goes to limb k div 31, shifted by
// k mod 31, where it may stick out; the amount goes by its bits. Limbs 0 and 4 get below 2^48, the others below 2^33.
template OpLimbs(depth) {
    var W = depth <= 24 ? 24 : 32;
    var P = depth <= 24 ? 2 : 1;
    signal input from[P];           // W bits
    signal input toField[P];        // W bits
    signal input amountBit[P][64];
    signal input feeCode[P];        // 12 bits
    signal output limbs[8];
    var sums[8] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (var k = 0; k < P; k++) {
        var start = 124 * k;
        sums[start \ 31] += from[k];
        sums[(start + W) \ 31] += toField[k] * (1 << ((start + W) % 31));
        for (var i = 0; i < 64; i++) {
            var at = start + 2 * W + i;
            sums[at \ 31] += amountBit[k][i] * (1 << (at % 31));
        }
        var feeAt = start + 2 * W + 64;
        sums[feeAt \ 31] += feeCode[k] * (1 << (feeAt % 31));
    }
    for (var i = 0; i < 8; i++) limbs[i] <== sums[i];
}

// Binds the data vector to what L1 sees of a batch in a blob (docs/protocol.md, section 3.5).
//
// L1 evaluates the elements v that it reads itself, modulo r; the others, b, are coefficients of the blob's polynomial, whose value is known modulo the order q
// of BLS12-381's groups. Both at one z of 240 bits. docs/circuits.md says why C + z V binds C and the value V of v at once.
template BlobBinding(N2, N1, depth) {
    var P = depth <= 24 ? 2 : 1;
    var TYPES = 5 + 4 * N1;
    var OPS = TYPES + (N2 + 123) \ 124;
    var AUX = OPS + (N2 + P - 1) \ P;
    var L = AUX + N2;
    var HEAD = 4;
    var VISIBLE = HEAD + 4 * N1 + 2 * N2;
    var HIDDEN = 1 + L - TYPES;

    signal input c;                 // hash of d
    signal input d[L];
    signal input type[N2];          // 2 bits
    signal input from[N2];          // an index
    signal input toField[N2];       // an index, 16 or 6 bits
    signal input amountBit[N2][64];
    signal input feeCode[N2];       // 12 bits
    signal input feeIndex[4];       // indexes
    signal input isWithdraw[N2];    // 1 bit
    signal input zy;                // z, 240 bits, and hi(y), 7 bits, checked in BlobEvaluation
    signal input yLo;               // below 2^248 on L1
    signal output a;                // c + z V

    // b, as limbs.
    component blob = BlobEvaluation(HIDDEN);
    blob.zy <== zy;
    blob.yLo <== yLo;
    // Fee account f is at bit 32 f, so at bit f of limb f.
    for (var k = 0; k < 8; k++) blob.b[0][k] <== k < 4 ? feeIndex[k] * (1 << k) : 0;
    for (var e = 0; e < OPS - TYPES; e++) {
        var limbs[8] = [0, 0, 0, 0, 0, 0, 0, 0];
        for (var i = 124 * e; i < N2 && i < 124 * (e + 1); i++) {
            var at = 2 * (i - 124 * e);
            limbs[at \ 31] += type[i] * (1 << (at % 31));
        }
        for (var k = 0; k < 8; k++) blob.b[1 + e][k] <== limbs[k];
    }
    component ops[AUX - OPS];
    for (var e = 0; e < AUX - OPS; e++) {
        ops[e] = OpLimbs(depth);
        for (var k = 0; k < P; k++) {
            var i = P * e + k;
            ops[e].from[k] <== i < N2 ? from[i] : 0;
            ops[e].toField[k] <== i < N2 ? toField[i] : 0;
            for (var bit = 0; bit < 64; bit++) ops[e].amountBit[k][bit] <== i < N2 ? amountBit[i][bit] : 0;
            ops[e].feeCode[k] <== i < N2 ? feeCode[i] : 0;
        }
        blob.b[1 + OPS - TYPES + e] <== ops[e].limbs;
    }
    component aux[N2];
    for (var i = 0; i < N2; i++) {
        aux[i] = ElementLimbs();
        aux[i].in <== d[AUX + i];
        blob.b[1 + AUX - TYPES + i] <== aux[i].limbs;
    }

    // v.
    component visible = Evaluation(VISIBLE);
    visible.z <== blob.z;
    for (var i = 0; i < HEAD; i++) visible.d[i] <== d[i];
    for (var i = 0; i < 4 * N1; i++) visible.d[HEAD + i] <== d[5 + i];
    for (var i = 0; i < N2; i++) {
        var amount = 0;
        for (var bit = 0; bit < 64; bit++) amount += amountBit[i][bit] * (1 << bit);
        // Of a withdrawal, the auxiliary value is the owner and to' the token.
        visible.d[HEAD + 4 * N1 + 2 * i] <== isWithdraw[i] * d[AUX + i];
        visible.d[HEAD + 4 * N1 + 2 * i + 1] <== isWithdraw[i] * (toField[i] + amount * (1 << 16));
    }
    a <== c + blob.z * visible.y;
}
