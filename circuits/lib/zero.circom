pragma circom 2.1.9;

// Whether `in` is 0. As circomlib's IsZero, but no prover has a choice in any signal: where `in` is 0, so is `inverse`.
template ZeroTest() {
    signal input in;
    signal output out;              // 1 bit
    // in != 0: in * out = 0 gives out = 0, and then in * inverse = 1. in = 0: out = 1, and the last line gives inverse = 0.
    signal inverse <-- in != 0 ? 1 / in : 0;
    out <== 1 - in * inverse;
    in * out === 0;
    inverse * out === 0;
}
