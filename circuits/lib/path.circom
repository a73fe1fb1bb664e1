pragma circom 2.1.9;

include "circomlib/circuits/poseidon.circom";
include "tree_shape.circom";

// The tree's levels above the accounts' own nodes, as one path meets them: those of tree_shape.circom that a batch hashes once an
// account, then those that it keeps as a vector.

function pathLevels(depth) { return hashedLevels(depth) + (cachedUpperBits(depth) > 0 ? 2 : 1); }

// log2 of the arity of a level; level 0 is the first above the accounts' nodes.
function pathBits(depth, level) {
    var bits = 0; // circom 2.2.3 cannot return another function's value
    if (level < hashedLevels(depth)) bits = arityBits(depth, level);
    else if (level == hashedLevels(depth)) bits = cachedLowerBits(depth);
    else bits = cachedUpperBits(depth);
    return bits;
}

// Children of all nodes of a path.
function pathChildren(depth) {
    var count = 0;
    for (var level = 0; level < pathLevels(depth); level++) count += 1 << pathBits(depth, level);
    return count;
}

// The element of a vector whose place is a k-bit number, least significant bit first: each bit halves what is left.
// 2^k - 1 constraints. The bits must be boolean: the caller takes them from Num2Bits.
template At(k) {
    signal input bits[k];           // 1 bit each
    signal input in[1 << k];
    signal output out;
    signal left[(1 << k) - 1];      // what is left after each bit, one after the other
    var from = 0;
    var size = 1 << k;
    for (var i = 0; i < k; i++) {
        size = size \ 2;
        for (var j = 0; j < size; j++) {
            if (i == 0) left[j] <== in[2 * j] + bits[i] * (in[2 * j + 1] - in[2 * j]);
            else left[from + size * 2 + j] <== left[from + 2 * j] + bits[i] * (left[from + 2 * j + 1] - left[from + 2 * j]);
        }
        if (i > 0) from += size * 2;
    }
    out <== left[(1 << k) - 2];
}

// Hash of a node whose child at the place is the one that was computed from below.
template PathNode(k) {
    signal input bits[k];           // 1 bit each
    signal input children[1 << k];
    signal input own;
    signal output hash;
    component at = At(k);
    component node = Poseidon(1 << k);
    at.bits <== bits;
    at.in <== children;
    at.out === own;
    node.inputs <== children;
    hash <== node.out;
}

// Root of the tree in which the account at the index has this key hash and word. `bottom` and `children` are the path's nodes, whole:
// the path's own element of each is checked.
template PathRoot(depth) {
    var LEVELS = pathLevels(depth);
    signal input indexBits[depth];  // 1 bit each
    signal input keyHash;
    signal input word;
    signal input bottom[8];         // keyHash_0, word_0, ..., keyHash_3, word_3
    signal input children[pathChildren(depth)];
    signal output root;

    component ownKeyHash = At(2);
    component ownWord = At(2);
    component leaf = Poseidon(8);
    for (var i = 0; i < 2; i++) {
        ownKeyHash.bits[i] <== indexBits[i];
        ownWord.bits[i] <== indexBits[i];
    }
    for (var i = 0; i < 4; i++) {
        ownKeyHash.in[i] <== bottom[2 * i];
        ownWord.in[i] <== bottom[2 * i + 1];
    }
    leaf.inputs <== bottom;
    ownKeyHash.out === keyHash;
    ownWord.out === word;

    component nodes[LEVELS];
    var bit = 2;
    var child = 0;
    for (var level = 0; level < LEVELS; level++) {
        var bits = pathBits(depth, level);
        nodes[level] = PathNode(bits);
        for (var i = 0; i < bits; i++) nodes[level].bits[i] <== indexBits[bit + i];
        for (var i = 0; i < (1 << bits); i++) nodes[level].children[i] <== children[child + i];
        if (level == 0) nodes[level].own <== leaf.out;
        else nodes[level].own <== nodes[level - 1].hash;
        bit += bits;
        child += 1 << bits;
    }
    root <== nodes[LEVELS - 1].hash;
}
