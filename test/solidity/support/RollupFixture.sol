// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Proof, ProofPoints, VerifyingKey} from "../../../contracts/interfaces/IGroth16Verifier.sol";
import {IMillrace} from "../../../contracts/interfaces/IMillrace.sol";
import {R} from "../../../contracts/libraries/Bn254.sol";
import {TestToken} from "../../../contracts/test/TestToken.sol";
import {Aggregation} from "./Aggregation.sol";
import {Batch, BatchData, L1Entry, Op} from "./BatchData.sol";
import {Deployer} from "./Deployer.sol";
import {TrapdoorKey} from "./TrapdoorKey.sol";
import {Log, vm} from "./Vm.sol";

/// @dev A rollup with two shapes for calldata and two for blobs, whose keys' secrets are known. The test contract is the operator. It keeps
/// the headers of its batches and makes their proofs; what the circuit would refuse it can prove too.
abstract contract RollupFixture {
    uint256 internal constant LOW_MASK = (1 << 248) - 1;
    uint8 internal constant DEPTH = 8;
    uint8 internal constant BLOB_SHAPE = 2;
    uint8 internal constant LARGE_BLOB_SHAPE = 3;
    uint8 internal constant SHAPES = 4;
    uint40 internal constant DEADLINE = 1 days;
    uint40 internal constant PROOF_DEADLINE = 6 hours;
    uint256 internal constant EXIT_ALPHA = 77;
    uint256 internal constant GENESIS_ROOT = R - 1;
    uint256 internal constant KEY_HASH = R - 2;
    /// @dev Wei in a unit of ETH.
    uint256 internal constant GWEI = 10 ** 9;

    Deployer internal deployer = new Deployer();
    IMillrace internal rollup;
    TestToken internal token;
    uint16 internal tokenId;
    address internal alice = address(0xa11ce);
    address internal bob = address(0xb0b);

    /// @dev Header hash and header of the newest batch, and of the one before.
    IMillrace.BatchHeader internal head;
    bytes32 internal headHash;
    bytes32 internal headParentHash;

    function setUpRollup() internal {
        vm.warp(1_000_000);
        IMillrace.ShapeConfig[] memory shapes = new IMillrace.ShapeConfig[](SHAPES);
        shapes[0] = IMillrace.ShapeConfig(_verifierOf(alpha(0)), 4, 2, 8, false);
        shapes[1] = IMillrace.ShapeConfig(_verifierOf(alpha(1)), 130, 3, 40, false);
        shapes[BLOB_SHAPE] = IMillrace.ShapeConfig(_verifierOf(alpha(BLOB_SHAPE)), 8, 2, 16, true);
        shapes[LARGE_BLOB_SHAPE] = IMillrace.ShapeConfig(_verifierOf(alpha(LARGE_BLOB_SHAPE)), 130, 3, 40, true);
        rollup = IMillrace(
            deployRollup(
                abi.encode(
                    address(this), GENESIS_ROOT, DEPTH, shapes, DEADLINE, PROOF_DEADLINE, _verifierOf(EXIT_ALPHA)
                )
            )
        );
        token = new TestToken("Test", "TEST", 6);
        tokenId = rollup.registerToken(address(token), 2);
        head.newRoot = GENESIS_ROOT;
        headHash = keccak256(abi.encode(bytes32(0), head));
    }

    function deployRollup(bytes memory arguments) internal virtual returns (address) {
        return deployer.deploy("Millrace", arguments);
    }

    function _verifierOf(uint256 alpha_) private returns (address) {
        return deployer.deploy("Groth16Verifier", abi.encode(TrapdoorKey.key(alpha_)));
    }

    // ------------------------------------------------------------------------------------------------ L1

    function depositEth(address from, uint64 units) internal returns (L1Entry memory entry) {
        vm.deal(from, from.balance + uint256(units) * GWEI);
        vm.prank(from);
        rollup.deposit{value: uint256(units) * GWEI}(1, uint256(units) * GWEI, KEY_HASH);
        return depositEntry(from, 1, units);
    }

    function depositToken(address from, uint64 units) internal returns (L1Entry memory entry) {
        uint256 amount = uint256(units) * 100;
        token.mint(from, amount);
        vm.prank(from);
        token.approve(address(rollup), amount);
        vm.prank(from);
        rollup.deposit(tokenId, amount, KEY_HASH);
        return depositEntry(from, tokenId, units);
    }

    function depositEntry(address from, uint16 id, uint64 units) internal pure returns (L1Entry memory entry) {
        entry.e0 = 1 | ((KEY_HASH >> 248) << 2) | (uint256(id) << 8) | (uint256(units) << 24)
            | (uint256(uint160(from)) << 88);
        entry.e1 = KEY_HASH & LOW_MASK;
        entry.result = 1; // topped up account 1
    }

    function forcedExit(address from, uint32 index, uint256 ax, uint256 ay) internal returns (L1Entry memory entry) {
        vm.prank(from);
        rollup.requestForcedExit(index, ax, ay);
        entry.e0 = 2 | ((ax >> 248) << 2) | ((ay >> 248) << 8) | (uint256(index) << 14) | (uint256(uint160(from)) << 88);
        entry.e1 = ax & LOW_MASK;
        entry.e2 = ay & LOW_MASK;
    }

    // ------------------------------------------------------------------------------------------- batches

    function none() internal pure returns (Batch memory batch) {}

    function withL1(L1Entry memory entry) internal pure returns (Batch memory batch) {
        batch.l1 = new L1Entry[](1);
        batch.l1[0] = entry;
    }

    function withOp(Op memory op) internal pure returns (Batch memory batch) {
        batch.ops = new Op[](1);
        batch.ops[0] = op;
    }

    function withdrawal(address owner, uint16 id, uint64 units) internal pure returns (Op memory) {
        return Op(BatchData.WITHDRAW, 7, id, units, 3, uint160(owner));
    }

    /// @dev The root that the test's batches lead to.
    function rootAfter(uint64 number) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("root", number))) % R;
    }

    /// @dev `C`, which to L1 is any field element.
    function commitmentOf(uint64 number) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode("C", number))) % R;
    }

    function input(Batch memory batch, uint8 shape, uint64 number) internal pure returns (IMillrace.BatchInput memory) {
        return IMillrace.BatchInput(shape, rootAfter(number), commitmentOf(number), BatchData.encode(batch));
    }

    /// @dev The header that the rollup has to make of the batch on top of `parent`.
    function headerOf(Batch memory batch, uint8 shape, IMillrace.BatchHeader memory parent)
        internal
        view
        returns (IMillrace.BatchHeader memory header)
    {
        IMillrace.ShapeConfig memory config = rollup.shapes(shape);
        header.number = parent.number + 1;
        header.shape = shape;
        header.committedAt = uint40(block.timestamp);
        header.l1End = parent.l1End + uint64(batch.l1.length);
        header.newRoot = rootAfter(header.number);
        header.c = commitmentOf(header.number);
        uint256[4] memory first = headOf(header.number, parent.newRoot, header.newRoot);
        bytes32 dataHash = keccak256(BatchData.encode(batch));
        header.z = uint256(
            keccak256(
                abi.encode(header.c, uint256(shape), first[0], first[1], first[2], first[3], dataHash)
            )
        ) % R;
        header.y = BatchData.evaluate(batch, config.n1, config.n2, first, header.z);
        header.payoutsRoot = payoutsRootOf(batch);
    }

    /// @dev `d_0 .. d_3`.
    function headOf(uint64 number, uint256 oldRoot, uint256 newRoot) internal view returns (uint256[4] memory) {
        return [
            rollup.domain(),
            uint256(number) | ((oldRoot >> 248) << 64) | ((newRoot >> 248) << 70),
            oldRoot & LOW_MASK,
            newRoot & LOW_MASK
        ];
    }

    function proofOf(IMillrace.BatchHeader memory header) internal view returns (Proof memory) {
        return TrapdoorKey.prove(alpha(header.shape), [header.c, header.z, header.y], header.number);
    }

    function alpha(uint8 shape) internal pure returns (uint256) {
        return 5 + uint256(shape);
    }

    function commit(Batch memory batch, uint8 shape) internal returns (IMillrace.BatchHeader memory header) {
        header = headerOf(batch, shape, head);
        IMillrace.BatchInput[] memory batches = new IMillrace.BatchInput[](1);
        batches[0] = input(batch, shape, header.number);
        rollup.commitBatches(headParentHash, head, batches);
        push(header);
    }

    function prove(IMillrace.BatchHeader memory header) internal {
        (IMillrace.BatchHeader[] memory headers, ProofPoints[] memory proofs, uint256[2][] memory sums) = _one(header);
        rollup.proveBatches(headers, proofs, sums);
    }

    function commitAndProve(Batch memory batch, uint8 shape) internal returns (IMillrace.BatchHeader memory header) {
        header = headerOf(batch, shape, head);
        IMillrace.BatchInput[] memory batches = new IMillrace.BatchInput[](1);
        batches[0] = input(batch, shape, header.number);
        (ProofPoints[] memory proofs, uint256[2][] memory sums) = alone(proofOf(header));
        rollup.commitAndProveBatches(batches, proofs, sums);
        push(header);
    }

    /// @dev Notes that the rollup committed this header.
    function push(IMillrace.BatchHeader memory header) internal {
        headParentHash = headHash;
        headHash = keccak256(abi.encode(headHash, header));
        head = header;
    }

    /// @dev Of the batches of a call, those that pay something out and the last one have their event, in order.
    function assertFinalized(IMillrace.BatchHeader[] memory headers, Log[] memory logs) internal pure {
        uint256 next = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IMillrace.BatchFinalized.selector) continue;
            while (next + 1 < headers.length && headers[next].payoutsRoot == 0) {
                ++next;
            }
            vm.assertTrue(next < headers.length, "one event too many");
            vm.assertEq(uint256(logs[i].topics[1]), headers[next].number, "number");
            bytes memory data = abi.encode(headers[next].newRoot, headers[next].payoutsRoot);
            vm.assertEq(keccak256(logs[i].data), keccak256(data), "root and payouts");
            ++next;
        }
        vm.assertEq(next, headers.length, "the last one");
    }

    /// @dev Drops all unproven batches. `oldest` is the header of the first of them.
    /// @param finalHead header of the newest finalized batch, `finalParentHash` its parent's hash
    function revertTo(
        IMillrace.BatchHeader memory oldest,
        IMillrace.BatchHeader memory finalHead,
        bytes32 finalParentHash
    ) internal {
        rollup.revertBatches(oldest);
        headParentHash = finalParentHash;
        headHash = keccak256(abi.encode(finalParentHash, finalHead));
        head = finalHead;
    }

    // ---------------------------------------------------------------------------------------------- exits

    /// @dev A proof of the exit circuit, of an account that the test says is there.
    function exitProof(uint256 root, uint32 index, address owner, uint16 id, uint64 units)
        internal
        view
        returns (Proof memory)
    {
        uint256 holding = uint256(uint160(owner)) | (uint256(id) << 160) | (uint256(units) << 176);
        return TrapdoorKey.prove(EXIT_ALPHA, [root, index, holding], index);
    }

    function exitOf(uint32 index, address owner, uint16 id, uint64 units) internal {
        rollup.exit(index, owner, id, units, exitProof(rollup.state().finalizedRoot, index, owner, id, units));
    }

    function refund(uint256 id, L1Entry memory entry) internal {
        rollup.refundDeposit(id, entry.e0, entry.e1, entry.e2);
    }

    function _one(IMillrace.BatchHeader memory header)
        internal
        view
        returns (IMillrace.BatchHeader[] memory headers, ProofPoints[] memory proofs, uint256[2][] memory sums)
    {
        headers = new IMillrace.BatchHeader[](1);
        headers[0] = header;
        (proofs, sums) = alone(proofOf(header));
    }

    /// @dev A single proof as the rollup takes it.
    function alone(Proof memory proof) internal pure returns (ProofPoints[] memory proofs, uint256[2][] memory sums) {
        (proofs, sums) = (new ProofPoints[](1), new uint256[2][](1));
        (proofs[0], sums[0]) = (ProofPoints(proof.a, proof.b), proof.c);
    }

    function proofsOf(IMillrace.BatchHeader[] memory headers) internal view returns (Proof[] memory whole) {
        whole = new Proof[](headers.length);
        for (uint256 i = 0; i < headers.length; ++i) {
            whole[i] = proofOf(headers[i]);
        }
    }

    /// @dev The proofs of these headers as the rollup takes them.
    function together(IMillrace.BatchHeader[] memory headers)
        internal
        view
        returns (ProofPoints[] memory proofs, uint256[2][] memory sums)
    {
        return together(headers, proofsOf(headers));
    }

    function together(IMillrace.BatchHeader[] memory headers, Proof[] memory whole)
        internal
        view
        returns (ProofPoints[] memory proofs, uint256[2][] memory sums)
    {
        uint256[SHAPES] memory places; // of a shape's key, plus 1
        uint256 used = 0;
        uint256[4][] memory statements = new uint256[4][](headers.length);
        for (uint256 i = 0; i < headers.length; ++i) {
            IMillrace.BatchHeader memory header = headers[i];
            if (places[header.shape] == 0) places[header.shape] = ++used;
            statements[i] = [places[header.shape] - 1, header.c, header.z, header.y];
        }
        VerifyingKey[] memory keys = new VerifyingKey[](used);
        for (uint8 shape = 0; shape < SHAPES; ++shape) {
            if (places[shape] != 0) keys[places[shape] - 1] = TrapdoorKey.key(alpha(shape));
        }
        return Aggregation.aggregate(keys, statements, whole);
    }

    // -------------------------------------------------------------------------------------------- payouts

    function leafOf(uint256 index, address owner, uint256 id, uint256 units) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(index, owner, id, units))));
    }

    function leavesOf(Batch memory batch) internal pure returns (bytes32[] memory leaves) {
        bytes32[] memory room = new bytes32[](batch.l1.length + batch.ops.length);
        uint256 count = 0;
        for (uint256 i = 0; i < batch.l1.length; ++i) {
            uint256 result = batch.l1[i].result;
            if (result >> 48 == 0) continue;
            room[count] =
                leafOf(count, address(uint160(batch.l1[i].e0 >> 88)), (result >> 32) & 0xffff, result >> 48);
            ++count;
        }
        for (uint256 i = 0; i < batch.ops.length; ++i) {
            Op memory op = batch.ops[i];
            if (op.opType != BatchData.WITHDRAW) continue;
            room[count] = leafOf(count, address(uint160(op.aux)), op.to, op.amount);
            ++count;
        }
        leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = room[i];
        }
    }

    function payoutsRootOf(Batch memory batch) internal pure returns (bytes32) {
        return merge(leavesOf(batch));
    }

    function merge(bytes32[] memory leaves) internal pure returns (bytes32) {
        return leaves.length == 0 ? bytes32(0) : _subtree(leaves, 0, leaves.length);
    }

    /// @dev Siblings of payout `index`, from the bottom.
    function payoutProof(Batch memory batch, uint256 index) internal pure returns (bytes32[] memory proof) {
        bytes32[] memory leaves = leavesOf(batch);
        return _siblings(leaves, 0, leaves.length, index);
    }

    /// @dev The tree from the top: the left half holds the largest power of two below the number of leaves.
    function _subtree(bytes32[] memory leaves, uint256 from, uint256 to) private pure returns (bytes32) {
        if (to - from == 1) return leaves[from];
        uint256 middle = from + _leftSize(to - from);
        return _pair(_subtree(leaves, from, middle), _subtree(leaves, middle, to));
    }

    function _siblings(bytes32[] memory leaves, uint256 from, uint256 to, uint256 index)
        private
        pure
        returns (bytes32[] memory proof)
    {
        if (to - from == 1) return proof;
        uint256 middle = from + _leftSize(to - from);
        bool left = index < middle;
        bytes32[] memory below = _siblings(leaves, left ? from : middle, left ? middle : to, index);
        proof = new bytes32[](below.length + 1);
        for (uint256 i = 0; i < below.length; ++i) {
            proof[i] = below[i];
        }
        proof[below.length] = left ? _subtree(leaves, middle, to) : _subtree(leaves, from, middle);
    }

    function _leftSize(uint256 count) private pure returns (uint256 size) {
        size = 1;
        while (size * 2 < count) {
            size *= 2;
        }
    }

    function _pair(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(bytes.concat(a, b)) : keccak256(bytes.concat(b, a));
    }
}
