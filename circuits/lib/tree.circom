pragma circom 2.1.9;

include "circomlib/circuits/poseidon.circom";
include "node.circom";
include "select.circom";
include "tree_shape.circom";

// Root of the tree over the kept subtree roots.
template CachedRoot(depth) {
    var lower = 1 << cachedLowerBits(depth);
    var upper = 1 << cachedUpperBits(depth);
    signal input subtrees[lower * upper];
    signal output root;

    component nodes[upper];
    for (var n = 0; n < upper; n++) {
        nodes[n] = Poseidon(lower);
        for (var i = 0; i < lower; i++) nodes[n].inputs[i] <== subtrees[n * lower + i];
    }
    if (upper == 1) {
        root <== nodes[0].out;
    } else {
        component top = Poseidon(upper);
        for (var n = 0; n < upper; n++) top.inputs[n] <== nodes[n].out;
        root <== top.out;
    }
}

// Opens one account against the subtree roots as they are and writes its new value: the subtree roots after it.
// That the old value is in the tree follows from the old hashes meeting the kept subtree root at `index`.
template AccountUpdate(depth) {
    var LEVELS = hashedLevels(depth);
    var CACHED = 1 << cachedBits(depth);
    signal input indexBits[depth];
    signal input bottom[8];                         // hints only
    signal input siblings[siblingCount(depth)];     // hints only
    signal input oldKeyHash;
    signal input oldWord;
    signal input newKeyHash;
    signal input newWord;
    signal input subtrees[CACHED];
    signal output out[CACHED];

    component atBottom = OneHot(2);
    atBottom.bits[0] <== indexBits[0];
    atBottom.bits[1] <== indexBits[1];
    component leaf = Node(8, 2);
    leaf.elements <== bottom;
    leaf.at <== atBottom.out;
    leaf.old <== [oldKeyHash, oldWord];
    leaf.new <== [newKeyHash, newWord];

    component at[LEVELS];
    component nodes[LEVELS];
    var bit = 2;
    var child = 0;
    for (var level = 0; level < LEVELS; level++) {
        var bits = arityBits(depth, level);
        at[level] = OneHot(bits);
        for (var i = 0; i < bits; i++) at[level].bits[i] <== indexBits[bit + i];
        nodes[level] = Node(1 << bits, 1);
        nodes[level].at <== at[level].out;
        for (var i = 0; i < (1 << bits); i++) nodes[level].elements[i] <== siblings[child + i];
        if (level == 0) {
            nodes[level].old[0] <== leaf.oldHash;
            nodes[level].new[0] <== leaf.newHash;
        } else {
            nodes[level].old[0] <== nodes[level - 1].oldHash;
            nodes[level].new[0] <== nodes[level - 1].newHash;
        }
        bit += bits;
        child += 1 << bits;
    }

    component atTop = OneHot(cachedBits(depth));
    for (var i = 0; i < cachedBits(depth); i++) atTop.bits[i] <== indexBits[bit + i];
    component top = Replace(CACHED);
    top.in <== subtrees;
    top.h <== atTop.out;
    top.new <== nodes[LEVELS - 1].newHash;
    top.change <== nodes[LEVELS - 1].newHash - nodes[LEVELS - 1].oldHash;
    out <== top.out;
}
