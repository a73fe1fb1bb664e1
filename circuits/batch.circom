pragma circom 2.1.9;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/poseidon.circom";
include "lib/blob_binding.circom";
include "lib/fees.circom";
include "lib/l1_op.circom";
include "lib/public_data.circom";
include "lib/signed_op.circom";
include "lib/slots.circom";
include "lib/tree.circom";

// A batch: up to N1 ops from L1, then up to N2 signed ops, then the fees, on at most M accounts of a tree with `depth` index bits.
// docs/protocol.md defines it. BLOB tells where its data are: 0 in calldata, 1 in a blob. The public inputs C, z, y have
// another meaning there (BlobBinding); all else is the same.
//
// Every touched account is opened once, against the old tree, into a slot; ops read and write slots; every slot is closed once, into
// the new tree. Opening and closing go slot by slot: slot j's path is opened in the tree that slots 0 .. j-1 have been closed into. As the
// slots' indexes differ, none of those changed slot j's account, so what is opened is the account before the batch.
template Batch(N2, N1, M, depth, BLOB) {
    var CACHED = 1 << cachedBits(depth);
    var W = depth <= 24 ? 24 : 32;
    var P = depth <= 24 ? 2 : 1;
    var TYPES = 5 + 4 * N1;
    var OPS = TYPES + (N2 + 123) \ 124;
    var AUX = OPS + (N2 + P - 1) \ P;
    var L = AUX + N2;

    signal input C;
    signal input z;
    signal input y;
    signal input domain;            // below 2^248 on L1
    signal input batchNumber;       // 64 bits, checked here
    signal input oldRootLo;         // below 2^248 on L1
    signal input oldRootHi;         // 6 bits, checked here
    signal input newRootLo;         // below 2^248 on L1
    signal input newRootHi;         // 6 bits, checked here
    signal input oldAccountCount;
    signal input slotIndex[M];
    signal input slotKeyHash[M];
    signal input slotWord[M];
    signal input bottom[M][8];      // hints only, see Node
    signal input siblings[M][siblingCount(depth)];  // hints only
    signal input top[CACHED];
    signal input l1E0[N1];
    signal input l1E1[N1];
    signal input l1E2[N1];
    signal input l1Index[N1];
    signal input l1Create[N1];
    signal input opType[N2];
    signal input opFrom[N2];
    signal input opTo[N2];
    signal input opAmount[N2];
    signal input opFeeCode[N2];
    signal input opKeyHashLo[N2];
    signal input opKeyHashHi[N2];
    signal input opAx[N2];
    signal input opAy[N2];
    signal input opOwner[N2];
    signal input opR8x[N2];
    signal input opR8y[N2];
    signal input opS[N2];           // below l, checked in Signature
    signal input feeIndex[4];

    component numberBits = Num2Bits(64);
    numberBits.in <== batchNumber;
    component oldHiBits = Num2Bits(6);
    oldHiBits.in <== oldRootHi;
    component newHiBits = Num2Bits(6);
    newHiBits.in <== newRootHi;

    component indexes = SlotIndexes(M, depth);
    indexes.slotIndex <== slotIndex;

    // Ops from L1.
    component l1[N1];
    for (var t = 0; t < N1; t++) {
        l1[t] = L1Op(M, depth);
        l1[t].slotIndex <== slotIndex;
        l1[t].e0 <== l1E0[t];
        l1[t].e1 <== l1E1[t];
        l1[t].e2 <== l1E2[t];
        l1[t].index <== l1Index[t];
        l1[t].create <== l1Create[t];
        if (t == 0) {
            l1[t].accountCount <== oldAccountCount;
            l1[t].keyHashes <== slotKeyHash;
            l1[t].words <== slotWord;
        } else {
            l1[t].accountCount <== l1[t - 1].newAccountCount;
            l1[t].keyHashes <== l1[t - 1].newKeyHashes;
            l1[t].words <== l1[t - 1].newWords;
        }
    }

    // Signed ops.
    component ops[N2];
    for (var i = 0; i < N2; i++) {
        ops[i] = SignedOp(M);
        ops[i].domain <== domain;
        ops[i].slotIndex <== slotIndex;
        ops[i].type <== opType[i];
        ops[i].from <== opFrom[i];
        ops[i].to <== opTo[i];
        ops[i].amount <== opAmount[i];
        ops[i].feeCode <== opFeeCode[i];
        ops[i].keyHashLo <== opKeyHashLo[i];
        ops[i].keyHashHi <== opKeyHashHi[i];
        ops[i].ax <== opAx[i];
        ops[i].ay <== opAy[i];
        ops[i].owner <== opOwner[i];
        ops[i].r8x <== opR8x[i];
        ops[i].r8y <== opR8y[i];
        ops[i].s <== opS[i];
        if (i == 0) {
            ops[i].accountCount <== l1[N1 - 1].newAccountCount;
            ops[i].keyHashes <== l1[N1 - 1].newKeyHashes;
            ops[i].words <== l1[N1 - 1].newWords;
        } else {
            ops[i].accountCount <== ops[i - 1].newAccountCount;
            ops[i].keyHashes <== ops[i - 1].newKeyHashes;
            ops[i].words <== ops[i - 1].newWords;
        }
    }

    // Fees. Tokens do not change once an account exists, so the last words tell those of the fee accounts.
    component fees = FeeAccounts(M);
    component shares[N2];
    signal feeToken[4];
    var totals[4] = [0, 0, 0, 0];
    for (var f = 0; f < 4; f++) {
        var word = 0;
        for (var j = 0; j < M; j++) {
            if (slotIndex[j] == feeIndex[f] && feeIndex[f] != 0) { word = ops[N2 - 1].newWords[j]; }
        }
        feeToken[f] <-- word & 0xffff;
    }
    for (var i = 0; i < N2; i++) {
        shares[i] = FeeShare();
        shares[i].fee <== ops[i].fee;
        shares[i].token <== ops[i].token;
        shares[i].feeToken <== feeToken;
        for (var f = 0; f < 4; f++) totals[f] += shares[i].share[f];
    }
    fees.slotIndex <== slotIndex;
    fees.feeIndex <== feeIndex;
    fees.feeToken <== feeToken;
    for (var f = 0; f < 4; f++) fees.total[f] <== totals[f];
    fees.words <== ops[N2 - 1].newWords;

    // Opening and closing, and the roots.
    component slots[M];
    for (var j = 0; j < M; j++) {
        slots[j] = AccountUpdate(depth);
        slots[j].indexBits <== indexes.bits[j];
        slots[j].bottom <== bottom[j];
        slots[j].siblings <== siblings[j];
        slots[j].oldKeyHash <== slotKeyHash[j];
        slots[j].oldWord <== slotWord[j];
        slots[j].newKeyHash <== ops[N2 - 1].newKeyHashes[j];
        slots[j].newWord <== fees.newWords[j];
        if (j == 0) slots[j].subtrees <== top;
        else slots[j].subtrees <== slots[j - 1].out;
    }
    component oldTree = CachedRoot(depth);
    oldTree.subtrees <== top;
    component newTree = CachedRoot(depth);
    newTree.subtrees <== slots[M - 1].out;
    component oldRoot = Poseidon(2);
    oldRoot.inputs[0] <== oldTree.root;
    oldRoot.inputs[1] <== oldAccountCount;
    component newRoot = Poseidon(2);
    newRoot.inputs[0] <== newTree.root;
    newRoot.inputs[1] <== ops[N2 - 1].newAccountCount;
    oldRoot.out === oldRootLo + oldRootHi * (1 << 248);
    newRoot.out === newRootLo + newRootHi * (1 << 248);

    // The public-data vector.
    signal d[L];
    d[0] <== domain;
    d[1] <== batchNumber + oldRootHi * (1 << 64) + newRootHi * (1 << 70);
    d[2] <== oldRootLo;
    d[3] <== newRootLo;
    d[4] <== feeIndex[0] + feeIndex[1] * (1 << 32) + feeIndex[2] * (1 << 64) + feeIndex[3] * (1 << 96);
    for (var t = 0; t < N1; t++) {
        d[5 + 4 * t] <== l1E0[t];
        d[6 + 4 * t] <== l1E1[t];
        d[7 + 4 * t] <== l1E2[t];
        d[8 + 4 * t] <== l1[t].result;
    }
    for (var e = 0; e < OPS - TYPES; e++) {
        var packed = 0;
        for (var i = 124 * e; i < N2 && i < 124 * (e + 1); i++) packed += opType[i] * (1 << (2 * (i - 124 * e)));
        d[TYPES + e] <== packed;
    }
    for (var e = 0; e < AUX - OPS; e++) {
        var packed = 0;
        for (var k = 0; k < P && P * e + k < N2; k++) {
            var i = P * e + k;
            packed += (opFrom[i] + ops[i].toField * (1 << W) + opAmount[i] * (1 << (2 * W)) + opFeeCode[i] * (1 << (2 * W + 64))) * (1 << (124 * k));
        }
        d[OPS + e] <== packed;
    }
    for (var i = 0; i < N2; i++) d[AUX + i] <== ops[i].aux;

    component hash = DataHash(L);
    hash.d <== d;
    if (BLOB) {
        component binding = BlobBinding(N2, N1, depth);
        binding.c <== hash.out;
        binding.d <== d;
        binding.type <== opType;
        binding.from <== opFrom;
        binding.feeCode <== opFeeCode;
        binding.feeIndex <== feeIndex;
        for (var i = 0; i < N2; i++) {
            binding.toField[i] <== ops[i].toField;
            binding.amountBit[i] <== ops[i].amountBit;
            binding.isWithdraw[i] <== ops[i].isWithdraw;
        }
        binding.zy <== z;
        binding.yLo <== y;
        C === binding.a;
    } else {
        C === hash.out;
        component evaluation = Evaluation(L);
        evaluation.d <== d;
        evaluation.z <== z;
        y === evaluation.y;
    }
}
