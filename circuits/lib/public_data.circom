pragma circom 2.1.9;

include "circomlib/circuits/poseidon.circom";

// C: chain of Poseidon over 15 elements a call, the last block filled up with zeros.
template DataHash(L) {
    signal input d[L];              // field elements
    signal output out;              // a field element
    var BLOCKS = (L + 14) \ 15;
    component block[BLOCKS];
    for (var b = 0; b < BLOCKS; b++) {
        block[b] = Poseidon(16);
        if (b == 0) block[b].inputs[0] <== 0;
        else block[b].inputs[0] <== block[b - 1].out;
        for (var i = 0; i < 15; i++) {
            if (15 * b + i < L) block[b].inputs[i + 1] <== d[15 * b + i];
            else block[b].inputs[i + 1] <== 0;
        }
    }
    out <== block[BLOCKS - 1].out;
}

// y = sum of d_i z^i, by Horner.
template Evaluation(L) {
    signal input d[L];              // field elements
    signal input z;                 // a field element
    signal output y;                // a field element
    signal sum[L];                  // field elements
    sum[L - 1] <== d[L - 1];
    for (var i = L - 2; i >= 0; i--) sum[i] <== sum[i + 1] * z + d[i];
    y <== sum[0];
}
