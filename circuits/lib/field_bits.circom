pragma circom 2.1.9;

// The 254 bits, least significant first, of the representative of `in` in 0 .. r - 1.
//
// Numbers of 254 bits reach beyond r, so most field elements have two such representations; this takes the one that is at most r - 1.
// From the top: `equal` is 1 while all bits so far are those of r - 1. A 1 in r - 1 costs a product, as `equal` goes on only with a
// 1 there. A run of zeros costs one constraint: while `equal`, all of the run's bits are 0.
template FieldBits() {
    signal input in;
    signal output out[254];         // 1 bit each
    signal equal[255];              // 1 bit each; equal[i]: bits i .. 253 are those of r - 1
    equal[254] <== 1;
    var value = 0;
    var zeros = 0;                  // sum of the run's bits: at most 254, so 0 only if all are
    for (var i = 253; i >= 0; i--) {
        // Boolean, of the right sum, and at most r - 1: there is one such choice.
        out[i] <-- (in >> i) & 1;
        out[i] * (1 - out[i]) === 0;
        value += out[i] * (1 << i);
        if ((-1 >> i) & 1 == 1) {
            equal[i] <== equal[i + 1] * out[i];
            zeros = 0;
        } else {
            equal[i] <== equal[i + 1];
            zeros += out[i];
            if (i == 0 || (-1 >> (i - 1)) & 1 == 1) equal[i] * zeros === 0;
        }
    }
    in === value;
}
