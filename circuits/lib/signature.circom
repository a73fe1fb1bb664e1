pragma circom 2.1.9;

include "circomlib/circuits/poseidon.circom";
include "babyjubjub.circom";
include "base_times.circom";
include "challenge_times.circom";

// EdDSA-Poseidon as circomlibjs signPoseidon makes it, if `enabled`: A and R8 are on the curve, 8A is not the identity, S is below l,
// and S B8 = R8 + h 8A, where h = P_5(R8, A, message) as an integer below r.
//
// Where it is not enabled, all inputs but `enabled` are to be 0; the base point then stands for A and the identity for R8, so that
// the checks that are always on hold.
template Signature() {
    signal input enabled;           // 1 bit, ensured by the caller
    signal input ax;
    signal input ay;
    signal input r8x;
    signal input r8y;
    signal input s;                 // below l, checked here
    signal input message;

    var base[2] = base8();
    signal a[2];
    a[0] <== ax + (1 - enabled) * base[0];
    a[1] <== ay + (1 - enabled) * base[1];
    signal r8[2];
    r8[0] <== r8x;
    r8[1] <== r8y + 1 - enabled;
    component keyOnCurve = OnCurve();
    keyOnCurve.x <== a[0];
    keyOnCurve.y <== a[1];
    component nonceOnCurve = OnCurve();
    nonceOnCurve.x <== r8[0];
    nonceOnCurve.y <== r8[1];

    component hash = Poseidon(5);
    hash.inputs[0] <== r8[0];
    hash.inputs[1] <== r8[1];
    hash.inputs[2] <== a[0];
    hash.inputs[3] <== a[1];
    hash.inputs[4] <== message;

    // 8A is the identity or has order l. The identity has no Montgomery form: the ladder refuses it.
    component twice[3];
    for (var i = 0; i < 3; i++) {
        twice[i] = EdwardsDouble();
        if (i == 0) twice[i].p <== a;
        else twice[i].p <== twice[i - 1].out;
    }
    component product = ChallengeTimes();
    product.h <== hash.out;
    product.q <== twice[2].out;
    component right = EdwardsAdd();
    right.p <== r8;
    right.q <== product.out;

    component left = BaseTimes();
    left.s <== s;
    enabled * (left.out[0] - right.out[0]) === 0;
    enabled * (left.out[1] - right.out[1]) === 0;
}
