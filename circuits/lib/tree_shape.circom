pragma circom 2.1.9;

// The account tree's levels by depth (docs/protocol.md, section 1). From the bottom: one level of 4 accounts; levels whose
// nodes are hashed once an account; the top levels, which the circuit keeps as one vector of subtree roots.
// protocol/tree.ts has the same table.
//
//   depth  bottom  hashed once an account   kept as a vector
//   8      4       8                        8
//   11     4       8 8                      8
//   24     4       8 8 8 8 8                16 8
//   32     4       8 8 8 8 8 16 8           16 16

function hashedLevels(depth) {
    assert(depth == 8 || depth == 11 || depth == 24 || depth == 32);
    if (depth == 8) return 1;
    if (depth == 11) return 2;
    if (depth == 24) return 5;
    return 7;
}

// log2 of the arity of a level that is hashed once an account; level 0 is the first above the bottom.
function arityBits(depth, level) {
    if (depth == 32 && level == 5) return 4;
    return 3;
}

// log2 of the number of subtree roots kept, and of the arities of the one or two levels above them.
function cachedBits(depth) { return cachedLowerBits(depth) + cachedUpperBits(depth); }
function cachedLowerBits(depth) { return depth >= 24 ? 4 : 3; }
function cachedUpperBits(depth) {
    if (depth == 24) return 3;
    if (depth == 32) return 4;
    return 0;
}

// Children of all nodes that are hashed once an account.
function siblingCount(depth) {
    var count = 0;
    for (var level = 0; level < hashedLevels(depth); level++) count += 1 << arityBits(depth, level);
    return count;
}
