pragma circom 2.1.9;

// Points to the slot that holds the account `index`, if `active`.
//
// h_j * (index - slotIndex_j) = 0 for all j, and sum h = active. Slot indexes are strictly rising (SlotIndexes), so at most one
// slot has this index and every other h_j is 0: the remaining one is `active`. Hence h is one-hot for active = 1, the slot has exactly this
// index (so `index` has its range), and h is all zero for active = 0, whatever `index` is.
template Pointer(M) {
    signal input index;             // a field element; where active, the index of a slot follows
    signal input active;            // 1 bit, ensured by the caller
    signal input slotIndex[M];      // strictly rising
    signal output h[M];             // 1 bit each
    var sum = 0;
    for (var j = 0; j < M; j++) {
        h[j] <-- slotIndex[j] == index ? active : 0;
        h[j] * (index - slotIndex[j]) === 0;
        sum += h[j];
    }
    sum === active;
}

// The value where h points, computed without a constraint: a hint for a witness that is then checked by Replace.
function pointed(M, values, h) {
    var value = 0;
    for (var j = 0; j < M; j++) value += h[j] * values[j];
    return value;
}
