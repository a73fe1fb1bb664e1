pragma circom 2.1.9;

include "circomlib/circuits/poseidon.circom";

// Poseidon begins by adding a constant to each input and raising the sum to the fifth power. x -> x^5 permutes the field, as 5 does
// not divide r - 1, so the outputs of these first S-boxes determine the inputs and can stand for them: who knows outputs that hash to
// a value knows inputs that do.

// Partial rounds of P_n.
function partialRounds(n) {
    var ROUNDS[16] = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68];
    return ROUNDS[n - 1];
}

// P_n of the inputs whose first S-boxes have these outputs, as circomlib's PoseidonEx goes on from there. With the inputs it
// would cost 3 n constraints more.
template PoseidonOfSboxes(n) {
    signal input sboxes[n];
    signal output out;

    var t = n + 1;
    var PARTIAL = partialRounds(n);
    var C[t * 8 + PARTIAL] = POSEIDON_C(t);
    var S[PARTIAL * (t * 2 - 1)] = POSEIDON_S(t);
    var M[t][t] = POSEIDON_M(t);
    var P[t][t] = POSEIDON_P(t);

    component constants[7];         // of full round i + 1, added to the S-boxes' outputs of full round i
    component mix[7];
    component sbox[8][t];           // sbox[0] is given
    component partialSbox[PARTIAL];
    component partialMix[PARTIAL];

    for (var round = 0; round < 7; round++) {
        if (round == 4) {
            for (var k = 0; k < PARTIAL; k++) {
                partialSbox[k] = Sigma();
                partialMix[k] = MixS(t, S, k);
                for (var j = 0; j < t; j++) {
                    var state;
                    if (k == 0) state = mix[3].out[j];
                    else state = partialMix[k - 1].out[j];
                    if (j == 0) {
                        partialSbox[k].in <== state;
                        partialMix[k].in[0] <== partialSbox[k].out + C[5 * t + k];
                    } else {
                        partialMix[k].in[j] <== state;
                    }
                }
            }
            for (var j = 0; j < t; j++) {
                sbox[4][j] = Sigma();
                sbox[4][j].in <== partialMix[PARTIAL - 1].out[j];
            }
        }
        constants[round] = Ark(t, C, (round + 1) * t + (round < 4 ? 0 : PARTIAL));
        for (var j = 0; j < t; j++) {
            if (round > 0) constants[round].in[j] <== sbox[round][j].out;
            else if (j == 0) constants[round].in[j] <== C[0] ** 5;
            else constants[round].in[j] <== sboxes[j - 1];
        }
        if (round == 3) mix[round] = Mix(t, P);
        else mix[round] = Mix(t, M);
        mix[round].in <== constants[round].out;
        if (round != 3) {
            for (var j = 0; j < t; j++) {
                sbox[round + 1][j] = Sigma();
                sbox[round + 1][j].in <== mix[round].out[j];
            }
        }
    }
    component last = MixLast(t, M, 0);
    for (var j = 0; j < t; j++) last.in[j] <== sbox[7][j].out;
    out <== last.out;
}
