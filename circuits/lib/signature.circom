pragma circom 2.1.9;

include "circomlib/circuits/babyjub.circom";
include "circomlib/circuits/eddsaposeidon.circom";

// EdDSA-Poseidon, if `enabled`: A and R8 on the curve, 8A not the identity, S below the subgroup's order, S B8 = R8 + h 8A.
// Where it is not enabled, all inputs but `enabled` are to be 0; the base point then stands for A and the identity for R8, so that
// the checks that are always on hold.
template Signature() {
    signal input enabled;           // 1 bit, ensured by the caller
    signal input ax;
    signal input ay;
    signal input r8x;
    signal input r8y;
    signal input s;
    signal input message;
    component verifier = EdDSAPoseidonVerifier();
    verifier.enabled <== enabled;
    verifier.Ax <== ax + (1 - enabled) * 5299619240641551281634865583518297030282874472190772894086521144482721001553;
    verifier.Ay <== ay + (1 - enabled) * 16950150798460657717958625567821834550301663161624707787222815936182638968203;
    verifier.R8x <== r8x;
    verifier.R8y <== r8y + 1 - enabled;
    verifier.S <== s;
    verifier.M <== message;
    component keyOnCurve = BabyCheck();
    keyOnCurve.x <== verifier.Ax;
    keyOnCurve.y <== verifier.Ay;
    component nonceOnCurve = BabyCheck();
    nonceOnCurve.x <== verifier.R8x;
    nonceOnCurve.y <== verifier.R8y;
}
