pragma circom 2.1.9;

include "poseidon_sboxes.circom";
include "select.circom";

// The hash of a node before and after one of its children changes, or two next to each other.
//
// n elements in places of `width`: place p holds elements width p .. width p + width - 1. Only the outputs of the elements' first S-boxes
// are in constraints; both hashes share those of the elements that stay, and the hash binds them as it would bind the elements.
// For the place that changes the S-box outputs of its old elements are computed, and Replace proves that they are there: equal
// outputs mean equal elements.
template Node(n, width) {
    signal input elements[n];       // before: hints only
    signal input at[n \ width];     // one-hot
    signal input old[width];
    signal input new[width];
    signal output oldHash;
    signal output newHash;

    var PLACES = n \ width;
    // C[i + 1] is what Poseidon adds to element i at first.
    var C[(n + 1) * 8 + partialRounds(n)] = POSEIDON_C(n + 1);
    // Any values: they stand for elements that hash to oldHash.
    signal sboxes[n];
    for (var i = 0; i < n; i++) {
        sboxes[i] <-- (elements[i] + C[i + 1]) ** 5;
    }

    component before = PoseidonOfSboxes(n);
    component after = PoseidonOfSboxes(n);
    before.sboxes <== sboxes;
    component oldSbox[width];
    component newSbox[width];
    component replaced[width];
    for (var w = 0; w < width; w++) {
        // The constant depends on the place, so it is selected with it.
        var constant = 0;
        for (var p = 0; p < PLACES; p++) constant += at[p] * C[width * p + w + 1];
        oldSbox[w] = Sigma();
        oldSbox[w].in <== old[w] + constant;
        newSbox[w] = Sigma();
        newSbox[w].in <== new[w] + constant;
        replaced[w] = Replace(PLACES);
        replaced[w].h <== at;
        replaced[w].new <== newSbox[w].out;
        replaced[w].change <== newSbox[w].out - oldSbox[w].out;
        for (var p = 0; p < PLACES; p++) replaced[w].in[p] <== sboxes[width * p + w];
        for (var p = 0; p < PLACES; p++) after.sboxes[width * p + w] <== replaced[w].out[p];
    }
    oldHash <== before.out;
    newHash <== after.out;
}
