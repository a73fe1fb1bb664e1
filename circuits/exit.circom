pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/poseidon.circom";
include "lib/path.circom";

// In the state with this root, the account at this index is held by this L1 owner and has this token and balance.
// docs/protocol.md, section 4, defines the statement; L1 takes it where the rollup is in exit mode.
//
// Why nobody proves it of an account that is not there. `holding` fixes owner, token and balance: their widths sum up to 240 bits, so
// there is one such triple. `root` fixes the tree's root and with it, level by level, every node on the path of `index`, or else two
// inputs of Poseidon with one hash are known; the bits of `index` are unique. So the leaf's key hash and word are those of the state.
// The key hash fixes ax, ay and the owner by the same argument. The word is below 2^120 and its parts have checked widths, so token
// and balance are the account's. A leaf without an account has key hash 0, of which nobody knows the three inputs.
//
// No hints, and no signature: whoever knows the public key may prove it, since L1 pays nobody but the owner.
template Exit(depth) {
    signal input root;              // public; state root, below r
    signal input index;             // public; depth bits, checked here
    signal input holding;           // public; owner | token @ 160 | balance @ 176, 240 bits, checked here
    signal input owner;             // 160 bits, checked here
    signal input token;             // 16 bits, checked here
    signal input balance;           // 64 bits, checked here
    signal input nonce;             // 40 bits, checked here
    signal input ax;                // a field element, bound by the key hash
    signal input ay;                // a field element, bound by the key hash
    signal input accountCount;      // a field element, bound by the root
    signal input bottom[8];         // field elements, bound by the root
    signal input children[pathChildren(depth)]; // field elements, bound by the root

    component ownerBits = Num2Bits(160);
    component tokenBits = Num2Bits(16);
    component balanceBits = Num2Bits(64);
    component nonceBits = Num2Bits(40);
    component indexBits = Num2Bits(depth);
    ownerBits.in <== owner;
    tokenBits.in <== token;
    balanceBits.in <== balance;
    nonceBits.in <== nonce;
    indexBits.in <== index;
    holding === owner + token * (1 << 160) + balance * (1 << 176);

    component keyHash = Poseidon(3);
    keyHash.inputs[0] <== ax;
    keyHash.inputs[1] <== ay;
    keyHash.inputs[2] <== owner;

    component path = PathRoot(depth);
    path.indexBits <== indexBits.out;
    path.keyHash <== keyHash.out;
    path.word <== token + nonce * (1 << 16) + balance * (1 << 56);
    path.bottom <== bottom;
    path.children <== children;

    component stateRoot = Poseidon(2);
    stateRoot.inputs[0] <== path.root;
    stateRoot.inputs[1] <== accountCount;
    root === stateRoot.out;
}
