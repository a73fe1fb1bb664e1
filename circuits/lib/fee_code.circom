pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";

// A fee of 12 bits: mantissa (8 bits, low) * 10^exponent (4 bits, high), at most 255 * 10^15 < 2^58.
template FeeCode() {
    signal input code;              // checked to be 12 bits
    signal output fee;              // 58 bits
    component bits = Num2Bits(12);
    bits.in <== code;
    var mantissa = 0;
    for (var i = 0; i < 8; i++) mantissa += bits.out[i] * (1 << i);
    signal low <== (1 + 9 * bits.out[8]) * (1 + 99 * bits.out[9]);  // 10 bits
    signal high <== (1 + 9999 * bits.out[10]) * (1 + 99999999 * bits.out[11]);  // 40 bits
    signal power <== low * high;    // 50 bits: at most 10^15
    fee <== mantissa * power;
}
