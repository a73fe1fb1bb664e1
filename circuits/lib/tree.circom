pragma circom 2.1.9;

include "circomlib/circuits/poseidon.circom";
include "select.circom";
include "tree_shape.circom";

// One account of a bottom node replaced: the node's hash before and after.
template BottomNode() {
    signal input elements[8];       // keyHash_0, word_0, ..., keyHash_3, word_3
    signal input at[4];             // one-hot
    signal input oldKeyHash;
    signal input oldWord;
    signal input newKeyHash;
    signal input newWord;
    signal output oldHash;
    signal output newHash;

    component keyHashes = Replace(4);
    component words = Replace(4);
    keyHashes.new <== newKeyHash;
    keyHashes.change <== newKeyHash - oldKeyHash;
    words.new <== newWord;
    words.change <== newWord - oldWord;
    component before = Poseidon(8);
    component after = Poseidon(8);
    keyHashes.h <== at;
    words.h <== at;
    for (var i = 0; i < 4; i++) {
        keyHashes.in[i] <== elements[2 * i];
        words.in[i] <== elements[2 * i + 1];
    }
    for (var i = 0; i < 4; i++) {
        before.inputs[2 * i] <== elements[2 * i];
        before.inputs[2 * i + 1] <== elements[2 * i + 1];
        after.inputs[2 * i] <== keyHashes.out[i];
        after.inputs[2 * i + 1] <== words.out[i];
    }
    oldHash <== before.out;
    newHash <== after.out;
}

// One child of a node replaced: the node's hash before and after.
template Node(arity) {
    signal input children[arity];   // before
    signal input at[arity];         // one-hot
    signal input old;
    signal input new;
    signal output oldHash;
    signal output newHash;

    component replaced = Replace(arity);
    replaced.new <== new;
    replaced.change <== new - old;
    component before = Poseidon(arity);
    component after = Poseidon(arity);
    replaced.h <== at;
    replaced.in <== children;
    before.inputs <== children;
    after.inputs <== replaced.out;
    oldHash <== before.out;
    newHash <== after.out;
}

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
    signal input bottom[8];
    signal input siblings[siblingCount(depth)];
    signal input oldKeyHash;
    signal input oldWord;
    signal input newKeyHash;
    signal input newWord;
    signal input subtrees[CACHED];
    signal output out[CACHED];

    component atBottom = OneHot(2);
    atBottom.bits[0] <== indexBits[0];
    atBottom.bits[1] <== indexBits[1];
    component leaf = BottomNode();
    leaf.elements <== bottom;
    leaf.at <== atBottom.out;
    leaf.oldKeyHash <== oldKeyHash;
    leaf.oldWord <== oldWord;
    leaf.newKeyHash <== newKeyHash;
    leaf.newWord <== newWord;

    component at[LEVELS];
    component nodes[LEVELS];
    var bit = 2;
    var child = 0;
    for (var level = 0; level < LEVELS; level++) {
        var bits = arityBits(depth, level);
        at[level] = OneHot(bits);
        for (var i = 0; i < bits; i++) at[level].bits[i] <== indexBits[bit + i];
        nodes[level] = Node(1 << bits);
        nodes[level].at <== at[level].out;
        for (var i = 0; i < (1 << bits); i++) nodes[level].children[i] <== siblings[child + i];
        if (level == 0) {
            nodes[level].old <== leaf.oldHash;
            nodes[level].new <== leaf.newHash;
        } else {
            nodes[level].old <== nodes[level - 1].oldHash;
            nodes[level].new <== nodes[level - 1].newHash;
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
