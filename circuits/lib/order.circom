pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";

// Compares two numbers of n limbs, least significant first: number < bound if `below`, number > bound if `above`, nothing if neither.
//
// The prover names the limb that decides: the limbs above it are equal, and its own differ in the right way. That is the highest limb
// in which the two differ, so there is no choice. It costs 3 n - 3 + `bits` constraints; a comparison bit by bit costs more than half
// as many as there are bits. If neither is asked for, the caller gives a bound whose top limb is not the number's.
template Order(n, bits) {
    signal input number[n];         // `bits` bits each, ensured by the caller
    signal input bound[n];          // `bits` bits each; up to 2^`bits` if neither is asked for
    signal input below;             // 1 bit, ensured by the caller; not both 1
    signal input above;             // 1 bit, ensured by the caller

    // The highest limb that differs.
    var at = 0;
    for (var i = 1; i < n; i++) {
        if (number[i] != bound[i]) { at = i; }
    }
    signal passed[n + 1];           // 1 bit each: 1 for the limbs above the one that decides
    signal difference[n];           // of the limb that decides, else 0: as passed[i] times the difference of limb i is 0
    passed[n] <== 1;
    passed[0] <== 0;
    var decided = 0;
    for (var i = n - 1; i >= 0; i--) {
        if (i > 0) {
            // 0, or the one above.
            passed[i] <-- i > at ? 1 : 0;
            passed[i] * (passed[i + 1] - passed[i]) === 0;
            passed[i] * (number[i] - bound[i]) === 0;
        }
        difference[i] <== passed[i + 1] * (number[i] - bound[i]);
        decided += difference[i];
    }
    // number - bound - 1 or bound - number - 1 has `bits` bits, so it is not negative: as both limbs are small, it cannot wrap.
    component distance = Num2Bits(bits);
    distance.in <== (above - below) * decided - above - below;
}
