pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";

// Ranges of the slots' indexes, and that they strictly rise: slotIndex_{j+1} - slotIndex_j - 1 has `depth` bits. Both indexes are
// below 2^depth, so a difference that does not rise is a negative number above r - 2^depth and has no such bits.
template SlotIndexes(M, depth) {
    signal input slotIndex[M];      // `depth` bits each, checked here
    signal output bits[M][depth];   // least significant first
    component toBits[M];
    component rises[M];
    for (var j = 0; j < M; j++) {
        toBits[j] = Num2Bits(depth);
        toBits[j].in <== slotIndex[j];
        bits[j] <== toBits[j].out;
        if (j > 0) {
            rises[j] = Num2Bits(depth);
            rises[j].in <== slotIndex[j] - slotIndex[j - 1] - 1;
        }
    }
}
