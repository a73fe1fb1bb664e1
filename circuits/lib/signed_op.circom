pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/poseidon.circom";
include "fee_code.circom";
include "pointer.circom";
include "select.circom";
include "signature.circom";

// One signed op (docs/protocol.md, section 2.1) on the slots' accounts as the ops before it left them.
//
// Packing of a word: token | nonce @ 16 | balance @ 56. The payer's word before is token + nonce 2^16 + (balance + amount + fee) 2^56, with
// ranges checked for token (16), nonce (40) and the *new* balance (64). As the balance is on top, token and nonce are the
// word's low bits and the sum is the old balance: it is below 2^66, so nothing wraps, and a payer who has too little would need a
// negative new balance.
// The payee's word before is token + rest 2^16 with rest < 2^104: the token is its low 16 bits. Adding amount 2^56 cannot carry
// out of the 64 bits of the balance, since the contract holds less than 2^64 units of each token.
template SignedOp(M) {
    signal input domain;
    signal input slotIndex[M];
    signal input type;              // 2 bits, checked here
    signal input from;              // an index, bound to a slot
    signal input to;                // an index, bound to a slot
    signal input amount;            // 64 bits, checked here
    signal input feeCode;           // 12 bits, checked here
    signal input keyHashLo;         // L1's element is below 2^248
    signal input keyHashHi;         // 6 bits, checked here
    signal input ax;
    signal input ay;
    signal input owner;             // L1's element is below 2^160
    signal input r8x;
    signal input r8y;
    signal input s;
    signal input accountCount;
    signal input keyHashes[M];
    signal input words[M];

    signal output newAccountCount;
    signal output newKeyHashes[M];
    signal output newWords[M];
    signal output token;            // 16 bits; 0 for a no-op
    signal output fee;              // 58 bits; 0 for a no-op
    signal output toField;          // what the op data carry as to' (index, 6 bits, or token)
    signal output aux;
    signal output isWithdraw;       // 1 bit
    signal output amountBit[64];    // of the amount, lowest first

    // Type: 0 no-op, 1 Transfer, 2 TransferToNew, 3 Withdraw.
    component typeBits = Num2Bits(2);
    typeBits.in <== type;
    isWithdraw <== typeBits.out[0] * typeBits.out[1];
    signal isTransfer <== typeBits.out[0] - isWithdraw;
    signal isNew <== typeBits.out[1] - isWithdraw;
    signal hasTo <== isTransfer + isNew;
    signal active <== hasTo + isWithdraw;

    // Fields that a type does not use are zero.
    (1 - active) * from === 0;
    (1 - active) * amount === 0;
    (1 - active) * feeCode === 0;
    (1 - active) * owner === 0;
    (1 - hasTo) * to === 0;
    (1 - isNew) * keyHashLo === 0;
    (1 - isNew) * keyHashHi === 0;

    component amountBits = Num2Bits(64);
    amountBits.in <== amount;
    amountBit <== amountBits.out;
    component hiBits = Num2Bits(6);
    hiBits.in <== keyHashHi;
    component feeOf = FeeCode();
    feeOf.code <== feeCode;
    fee <== feeOf.fee;

    // The payer: key and word.
    component payer = Pointer(M);
    payer.index <== from;
    payer.active <== active;
    payer.slotIndex <== slotIndex;
    component payerKey = Poseidon(3);
    payerKey.inputs[0] <== ax;
    payerKey.inputs[1] <== ay;
    payerKey.inputs[2] <== owner;
    signal keyTerms[M];
    var payerKeyHash = 0;
    for (var j = 0; j < M; j++) {
        keyTerms[j] <== payer.h[j] * keyHashes[j];
        payerKeyHash += keyTerms[j];
    }
    active * (payerKey.out - payerKeyHash) === 0;

    signal nonce;                   // 40 bits
    signal newBalance;              // 64 bits
    var word = pointed(M, words, payer.h);
    token <-- word & 0xffff;
    nonce <-- (word >> 16) & 0xffffffffff;
    // A payer who has too little gives a negative number, which has no 64 bits.
    newBalance <-- (word >> 56) - amount - fee;
    component tokenBits = Num2Bits(16);
    tokenBits.in <== token;
    component nonceBits = Num2Bits(40);
    nonceBits.in <== nonce;
    component balanceBits = Num2Bits(64);
    balanceBits.in <== newBalance;
    signal nonceLeft <-- nonce == 1099511627775 ? 0 : 1 / (1099511627775 - nonce);
    (1099511627775 - nonce) * nonceLeft === 1;
    signal oldWord <== token + nonce * (1 << 16) + (newBalance + amount + fee) * (1 << 56);
    (1 - active) * oldWord === 0;
    component paid = Replace(M);
    paid.in <== words;
    paid.h <== payer.h;
    paid.change <== active * (1 << 16) - (amount + fee) * (1 << 56);
    paid.new <== oldWord + paid.change;

    // The payee: an account of the same token, or the next one to be created.
    isNew * (to - accountCount) === 0;
    newAccountCount <== accountCount + isNew;
    component payee = Pointer(M);
    payee.index <== to;
    payee.active <== hasTo;
    payee.slotIndex <== slotIndex;

    signal rest;                    // 104 bits; 0 unless Transfer
    var payeeWord = pointed(M, paid.out, payee.h);
    rest <-- isTransfer * (payeeWord >> 16);
    component restBits = Num2Bits(104);
    restBits.in <== rest;
    (1 - isTransfer) * rest === 0;
    signal oldPayeeToken <== isTransfer * token;
    signal newToken <== isNew * token;
    signal credit <== hasTo * amount;
    component credited = Replace(M);
    credited.in <== paid.out;
    credited.h <== payee.h;
    credited.change <== newToken + credit * (1 << 56);
    credited.new <== oldPayeeToken + rest * (1 << 16) + credited.change;
    newWords <== credited.out;

    signal toKeyHash <== keyHashLo + keyHashHi * (1 << 248);
    signal payeeKeyHash <-- pointed(M, keyHashes, payee.h);
    // Only an account without a key is created; for the other types toKeyHash is 0 and nothing changes.
    isNew * payeeKeyHash === 0;
    (1 - hasTo) * payeeKeyHash === 0;
    component named = Replace(M);
    named.in <== keyHashes;
    named.h <== payee.h;
    named.change <== toKeyHash;
    named.new <== payeeKeyHash + toKeyHash;
    newKeyHashes <== named.out;

    // The signature. `from` has at most 32 bits, since it is a slot's index.
    signal transferTo <== isTransfer * to;
    component message = Poseidon(3);
    message.inputs[0] <== domain;
    message.inputs[1] <== type + from * (1 << 2) + nonce * (1 << 34) + token * (1 << 74) + amount * (1 << 90) + feeCode * (1 << 154);
    message.inputs[2] <== transferTo + toKeyHash;
    component signature = Signature();
    signature.enabled <== active;
    signature.ax <== ax;
    signature.ay <== ay;
    signature.r8x <== r8x;
    signature.r8y <== r8y;
    signature.s <== s;
    signature.message <== message.out;

    signal withdrawnToken <== isWithdraw * token;
    toField <== transferTo + keyHashHi + withdrawnToken;
    signal payoutOwner <== isWithdraw * owner;
    aux <== keyHashLo + payoutOwner;
}
