pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/poseidon.circom";
include "pointer.circom";
include "select.circom";
include "zero.circom";


// One op from L1 (docs/protocol.md, section 2.2) on the slots' accounts as the ops before it left them. Which outcomes are
// possible follows from the op and the state alone, except that where a deposit may create an account the operator may choose to.
template L1Op(M, depth) {
    signal input slotIndex[M];
    signal input e0;                // below 2^248 on L1
    signal input e1;                // below 2^248 on L1
    signal input e2;                // below 2^248 on L1
    signal input index;             // account touched, 0 if none; bound to a slot
    signal input create;            // 1 bit, checked here
    signal input accountCount;
    signal input keyHashes[M];
    signal input words[M];
    signal output newAccountCount;
    signal output newKeyHashes[M];
    signal output newWords[M];
    signal output result;

    // 248 bits are fewer than r has, so they are unique.
    component bits = Num2Bits(248);
    bits.in <== e0;
    signal isDeposit <== bits.out[0];
    signal isExit <== bits.out[1];
    isDeposit * isExit === 0;
    var token = 0;                  // 16 bits (deposit)
    var amount = 0;                 // 64 bits (deposit)
    var sender = 0;                 // 160 bits
    var exitIndex = 0;              // 32 bits (exit)
    var hi1 = 0;                    // 6 bits: of keyHash (deposit) or Ax (exit)
    var hi2 = 0;                    // 6 bits: of Ay (exit)
    for (var i = 0; i < 6; i++) hi1 += bits.out[2 + i] * (1 << i);
    for (var i = 0; i < 6; i++) hi2 += bits.out[8 + i] * (1 << i);
    for (var i = 0; i < 16; i++) token += bits.out[8 + i] * (1 << i);
    for (var i = 0; i < 64; i++) amount += bits.out[24 + i] * (1 << i);
    for (var i = 0; i < 32; i++) exitIndex += bits.out[14 + i] * (1 << i);
    for (var i = 0; i < 160; i++) sender += bits.out[88 + i] * (1 << i);

    // Outcome: a deposit tops up, creates, or is refused; refused only where the tree is full.
    create * (1 - create) === 0;
    create * (1 - isDeposit) === 0;
    create * (index - accountCount) === 0;
    component noIndex = ZeroTest();
    noIndex.in <== index;
    signal refused <== isDeposit * noIndex.out;
    refused * (accountCount - (1 << depth)) === 0;
    signal active <== isDeposit + isExit - refused;
    signal topUp <== isDeposit - refused - create;
    (1 - active) * index === 0;
    isExit * (index - exitIndex) === 0;
    newAccountCount <== accountCount + create;

    component account = Pointer(M);
    account.index <== index;
    account.active <== active;
    account.slotIndex <== slotIndex;

    // The key. Replace proves that keyHash is the account's before; a top-up needs that of the deposit.
    signal keyHash <-- pointed(M, keyHashes, account.h);
    (1 - active) * keyHash === 0;
    create * keyHash === 0;
    signal depositKeyHash <== e1 + hi1 * (1 << 248);
    topUp * (keyHash - depositKeyHash) === 0;
    signal createdKeyHash <== create * depositKeyHash;
    component named = Replace(M);
    named.in <== keyHashes;
    named.h <== account.h;
    named.change <== createdKeyHash;
    named.new <== keyHash + createdKeyHash;
    newKeyHashes <== named.out;

    component exitKeyHash = Poseidon(3);
    exitKeyHash.inputs[0] <== e1 + hi1 * (1 << 248);
    exitKeyHash.inputs[1] <== e2 + hi2 * (1 << 248);
    exitKeyHash.inputs[2] <== sender;
    component isOwner = ZeroTest();
    isOwner.in <== exitKeyHash.out - keyHash;
    signal exits <== isExit * isOwner.out;

    // The word: token | nonce @ 16 | balance @ 56, unique by the ranges.
    signal oldToken;                // 16 bits
    signal oldNonce;                // 40 bits
    signal oldBalance;              // 64 bits
    var word = pointed(M, words, account.h);
    oldToken <-- word & 0xffff;
    oldNonce <-- (word >> 16) & 0xffffffffff;
    oldBalance <-- word >> 56;
    component oldTokenBits = Num2Bits(16);
    oldTokenBits.in <== oldToken;
    component oldNonceBits = Num2Bits(40);
    oldNonceBits.in <== oldNonce;
    component oldBalanceBits = Num2Bits(64);
    oldBalanceBits.in <== oldBalance;
    signal oldWord <== oldToken + oldNonce * (1 << 16) + oldBalance * (1 << 56);
    (1 - active) * oldWord === 0;
    create * oldWord === 0;
    topUp * (oldToken - token) === 0;

    signal credit <== (topUp + create) * amount;
    signal createdToken <== create * token;
    signal debit <== exits * oldBalance;
    component updated = Replace(M);
    updated.in <== words;
    updated.h <== account.h;
    updated.change <== createdToken + (credit - debit) * (1 << 56);
    updated.new <== oldWord + updated.change;
    newWords <== updated.out;

    // index | token @ 32 | amount @ 48: 32 bits (a slot's index), 16 bits, 64 bits.
    signal resultIndex <== (topUp + create + exits) * index;
    signal refusedToken <== refused * token;
    signal refusedAmount <== refused * amount;
    signal exitToken <== exits * oldToken;
    result <== resultIndex + (refusedToken + exitToken) * (1 << 32) + (refusedAmount + debit) * (1 << 48);
}
