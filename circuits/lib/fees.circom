pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "pointer.circom";
include "select.circom";
include "zero.circom";

// A batch names up to four fee accounts (docs/protocol.md, section 3). FeeShare adds an op's fee to the accumulator of its
// token, FeeAccounts credits the accumulators after all ops.

// Picks the fee account of the op's token, if there is a fee. Tokens of named accounts differ and are not 0, and an op that
// applies has a token, so g is 1 there and 0 elsewhere.
template FeeShare() {
    signal input fee;               // 58 bits
    signal input token;             // 16 bits
    signal input feeToken[4];
    signal output share[4];         // the fee at its account's place, else 0
    component none = ZeroTest();
    none.in <== fee;
    signal g[4];
    var sum = 0;
    var found = 0;
    for (var f = 0; f < 4; f++) {
        var here = none.out == 0 && found == 0 && feeToken[f] == token;
        g[f] <-- here ? 1 : 0;
        if (here) found = 1;
        g[f] * (token - feeToken[f]) === 0;
        sum += g[f];
        share[f] <== g[f] * fee;
    }
    sum === 1 - none.out;
}

template FeeAccounts(M) {
    signal input slotIndex[M];
    signal input feeIndex[4];       // bound to slots; 0: not named
    signal input feeToken[4];       // 16 bits, checked here
    signal input total[4];          // below 2^64: no more than is held of a token
    signal input words[M];
    signal output newWords[M];

    component isZero[4];
    signal named[4];
    component pointer[4];
    component tokenBits[4];
    component restBits[4];
    component credited[4];
    signal rest[4];
    signal hasToken[4];
    for (var f = 0; f < 4; f++) {
        isZero[f] = ZeroTest();
        isZero[f].in <== feeIndex[f];
        named[f] <== 1 - isZero[f].out;
        (1 - named[f]) * total[f] === 0;
        pointer[f] = Pointer(M);
        pointer[f].index <== feeIndex[f];
        pointer[f].active <== named[f];
        pointer[f].slotIndex <== slotIndex;

        // As with a payee: the token is the word's low 16 bits.
        tokenBits[f] = Num2Bits(16);
        tokenBits[f].in <== feeToken[f];
        hasToken[f] <-- feeToken[f] == 0 ? 0 : 1 / feeToken[f];
        feeToken[f] * hasToken[f] === named[f];
        (1 - named[f]) * hasToken[f] === 0;
        credited[f] = Replace(M);
        if (f == 0) credited[f].in <== words;
        else credited[f].in <== credited[f - 1].out;
        credited[f].h <== pointer[f].h;
        rest[f] <-- pointed(M, credited[f].in, pointer[f].h) >> 16;
        restBits[f] = Num2Bits(104);
        restBits[f].in <== rest[f];
        (1 - named[f]) * rest[f] === 0;
        (1 - named[f]) * feeToken[f] === 0;
        credited[f].change <== total[f] * (1 << 56);
        credited[f].new <== feeToken[f] + rest[f] * (1 << 16) + credited[f].change;
    }
    newWords <== credited[3].out;

    // Named accounts have different tokens: the difference of two has an inverse.
    signal both[6];
    signal inverse[6];
    var pair = 0;
    for (var f = 0; f < 4; f++) {
        for (var g = f + 1; g < 4; g++) {
            both[pair] <== named[f] * named[g];
            inverse[pair] <-- both[pair] == 1 && feeToken[f] != feeToken[g] ? 1 / (feeToken[f] - feeToken[g]) : 0;
            (feeToken[f] - feeToken[g]) * inverse[pair] === both[pair];
            (1 - both[pair]) * inverse[pair] === 0;
            pair++;
        }
    }
}
