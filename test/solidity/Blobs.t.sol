// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IGroth16Verifier, ProofPoints} from "../../contracts/interfaces/IGroth16Verifier.sol";
import {IMillrace} from "../../contracts/interfaces/IMillrace.sol";
import {R} from "../../contracts/libraries/Bn254.sol";
import {Batch, L1Entry} from "./support/BatchData.sol";
import {BlobBatch, BlobBatchData, Withdrawal} from "./support/BlobBatchData.sol";
import {RollupFixture} from "./support/RollupFixture.sol";
import {vm} from "./support/Vm.sol";

/// @dev Batches in blobs. Every blob here is the constant polynomial 1, whose commitment is G1's generator and whose proof is
/// the point at infinity at any z; the batches' values are made to add up to it, as only tests with trapdoor keys can.
/// The tests' EVM has no transactions with blobs: in the rollup's code BLOBHASH(0) is replaced by BALANCE(0).
contract BlobsTest is RollupFixture {
    uint256 private constant BLS_R = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;
    bytes private constant GENERATOR =
        hex"97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb";
    bytes private constant INFINITY =
        hex"c00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000";

    /// @dev A call's batches, and the headers that the rollup has to make of them.
    struct Call {
        IMillrace.BlobBatchInput[] inputs;
        IMillrace.BatchHeader[] headers;
    }

    function setUp() public {
        setUpRollup();
        _setBlob(_versionedHash());
    }

    // --------------------------------------------------------------------------------------- what is accepted

    function test_commitsAndProvesBatchesOfOneBlob() public {
        Call memory call = _call(_twoBatches());
        bytes32 parent = headHash;
        IMillrace.BatchHeader memory last = call.headers[1];
        bytes32 hash = keccak256(abi.encode(keccak256(abi.encode(parent, call.headers[0])), last));
        (ProofPoints[] memory proofs, uint256[2][] memory sums) = together(call.headers);
        vm.expectEmit(true, true, true, true, address(rollup));
        emit IMillrace.BatchFinalized(1, rootAfter(1), call.headers[0].payoutsRoot);
        rollup.commitAndProveBlobBatches(_opening(), call.inputs, proofs, sums);
        IMillrace.RollupState memory state = rollup.state();
        vm.assertEq(state.finalizedNumber, 2, "final");
        vm.assertEq(state.l1Finalized, 2, "queue");
        vm.assertEq(state.finalizedHash, hash, "hash");
        vm.assertEq(state.finalizedRoot, rootAfter(2), "root");
        vm.assertEq(rollup.payoutsRoot(1), call.headers[0].payoutsRoot, "payouts");
        vm.assertTrue(rollup.payoutsRoot(1) != 0, "pays out");
        push(call.headers[0]);
        push(last);
        commitAndProve(none(), 0); // calldata goes on after it
    }

    function test_commitsBatchesOfOneBlobAndProvesThemTogether() public {
        commit(none(), 0);
        Call memory call = _call(_twoBatches());
        rollup.commitBlobBatches(headParentHash, head, _opening(), call.inputs);
        vm.assertEq(rollup.state().committedNumber, 3, "committed");
        IMillrace.BatchHeader[] memory three = new IMillrace.BatchHeader[](3);
        (three[0], three[1], three[2]) = (head, call.headers[0], call.headers[1]);
        push(call.headers[0]);
        push(call.headers[1]);
        vm.assertEq(rollup.state().committedHash, headHash, "hash");
        (ProofPoints[] memory proofs, uint256[2][] memory sums) = together(three);
        vm.prank(bob); // anyone may prove
        rollup.proveBatches(three, proofs, sums);
        vm.assertEq(rollup.state().finalizedNumber, 3, "final");
    }

    /// @dev Batches of both shapes in every order, some of which pay out: each has its own limits, length and key.
    function test_takesBatchesOfTwoShapesInOneBlob() public {
        for (uint256 order = 0; order < 8; ++order) {
            BlobBatch[] memory batches = new BlobBatch[](3);
            for (uint256 i = 0; i < 3; ++i) {
                batches[i] = _batchOf((order >> i) & 1 == 1, i == 0 ? 0 : 2);
                if ((order >> (2 - i)) & 1 == 0) batches[i].withdrawals = new Withdrawal[](0);
            }
            Call memory call = _call(batches);
            vm.recordLogs();
            _commitAndProve(call);
            assertFinalized(call.headers, vm.getRecordedLogs());
            vm.assertEq(rollup.state().finalizedHash, headHash, "hash");
        }
        vm.assertEq(rollup.state().l1Finalized, 32, "queue");
    }

    /// @dev What the larger shape before it allows, a batch of the smaller one may not.
    function test_refusesWhatOnlyTheShapeBeforeAllows() public {
        BlobBatch[] memory batches = new BlobBatch[](2);
        (batches[0], batches[1]) = (_batchOf(true, 0), _batchOf(true, 3));
        Call memory call = _call(batches);
        call.inputs[1].shape = BLOB_SHAPE;
        _refuses(call, abi.encodeWithSelector(IMillrace.TooManyL1Ops.selector, 3, 2));
        batches[1].l1 = new L1Entry[](0);
        call = _call(batches);
        call.inputs[1].shape = BLOB_SHAPE;
        _refuses(call, abi.encodeWithSelector(IMillrace.AuxPositionInvalid.selector, 129));
    }

    /// @dev A withdrawal at the last place of its shape, and so many deposits, which are queued here.
    function _batchOf(bool large, uint256 deposits) private returns (BlobBatch memory batch) {
        batch.large = large;
        batch.l1 = new L1Entry[](deposits);
        for (uint256 i = 0; i < deposits; ++i) {
            batch.l1[i] = depositEth(alice, uint64(7 + i));
        }
        batch.withdrawals = new Withdrawal[](1);
        batch.withdrawals[0] = Withdrawal(large ? 129 : 7, bob, 1, 20);
    }

    /// @dev A withdrawal of a batch in a blob is claimed like any other.
    function test_paysOut() public {
        depositEth(alice, 50);
        Batch memory first;
        first.l1 = new L1Entry[](1);
        first.l1[0] = depositEntry(alice, 1, 50);
        commitAndProve(first, 0);
        BlobBatch[] memory batches = new BlobBatch[](1);
        batches[0].withdrawals = new Withdrawal[](1);
        batches[0].withdrawals[0] = Withdrawal(3, bob, 1, 20);
        _commitAndProve(_call(batches));
        rollup.claim(2, 0, bob, 1, 20, new bytes32[](0));
        vm.assertEq(bob.balance, 20 * GWEI, "paid");
    }

    // --------------------------------------------------------------------------------------- proven in part

    /// @dev The values of the batches of a blob vouch for each other: one alone could be anything.
    function test_refusesToProveABlobInPart() public {
        Call memory call = _call(_twoBatches());
        rollup.commitBlobBatches(headParentHash, head, _opening(), call.inputs);
        IMillrace.BatchHeader[] memory one = new IMillrace.BatchHeader[](1);
        one[0] = call.headers[0];
        (ProofPoints[] memory proofs, uint256[2][] memory sums) = together(one);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.BlobProvenInPart.selector, 1));
        rollup.proveBatches(one, proofs, sums);
        (proofs, sums) = together(call.headers);
        rollup.proveBatches(call.headers, proofs, sums);
    }

    /// @dev What a dropped blob left behind does not bind the batches that come in its place.
    function test_provesWhatFollowsADroppedBlob() public {
        Call memory call = _call(_twoBatches());
        rollup.commitBlobBatches(headParentHash, head, _opening(), call.inputs);
        vm.warp(block.timestamp + PROOF_DEADLINE + 1);
        rollup.revertBatches(call.headers[0]);
        BlobBatch[] memory alone_ = new BlobBatch[](1);
        alone_[0] = _twoBatches()[0];
        call = _call(alone_);
        rollup.commitBlobBatches(headParentHash, head, _opening(), call.inputs);
        push(call.headers[0]);
        prove(call.headers[0]);
        Batch memory second;
        second.l1 = new L1Entry[](1);
        second.l1[0] = depositEntry(alice, 1, 8);
        prove(commit(second, 0)); // at the place of a blob's second batch
        vm.assertEq(rollup.state().finalizedNumber, 2, "final");
    }

    // ------------------------------------------------------------------------------------------------ refusals

    function test_onlyTheOperatorCommitsBlobs() public {
        Call memory call = _call(_twoBatches());
        (ProofPoints[] memory proofs, uint256[2][] memory sums) = together(call.headers);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.NotOperator.selector, alice));
        vm.prank(alice);
        rollup.commitBlobBatches(headParentHash, head, _opening(), call.inputs);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.NotOperator.selector, alice));
        vm.prank(alice);
        rollup.commitAndProveBlobBatches(_opening(), call.inputs, proofs, sums);
    }

    function test_refusesNoBlobBatches() public {
        Call memory call;
        _refuses(call, abi.encodePacked(IMillrace.NoBatches.selector));
    }

    function test_refusesATransactionWithoutBlob() public {
        Call memory call = _call(_twoBatches());
        _setBlob(0);
        _refuses(call, abi.encodePacked(IMillrace.NoBlob.selector));
    }

    function test_refusesTheWrongKindOfShape() public {
        Call memory call = _call(_twoBatches());
        call.inputs[1].shape = 0;
        _refuses(call, abi.encodeWithSelector(IMillrace.WrongKindOfShape.selector, 0));
        call.inputs[1].shape = 9;
        _refuses(call, abi.encodeWithSelector(IMillrace.UnknownShape.selector, 9));
        IMillrace.BatchInput[] memory batches = new IMillrace.BatchInput[](1);
        batches[0] = input(none(), BLOB_SHAPE, 1);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.WrongKindOfShape.selector, BLOB_SHAPE));
        rollup.commitBatches(headParentHash, head, batches);
    }

    function test_refusesOtherOpenings() public {
        Call memory call = _call(_twoBatches());
        bytes memory refusal = abi.encodePacked(IMillrace.BlobOpeningInvalid.selector);
        _refusesOpening(bytes.concat(INFINITY, INFINITY), call, refusal); // of another blob
        _refusesOpening(bytes.concat(GENERATOR, GENERATOR), call, refusal); // no proof
        _refusesOpening(bytes.concat(GENERATOR, INFINITY, hex"00"), call, refusal);
        _refusesOpening(GENERATOR, call, refusal);
        _setBlob(bytes32(uint256(_versionedHash()) ^ 1));
        _refuses(call, refusal);
    }

    /// @dev The values have to make up the blob's, each at its place.
    function test_refusesOtherValues() public {
        bytes memory refusal = abi.encodePacked(IMillrace.BlobOpeningInvalid.selector);
        Call memory call = _call(_twoBatches());
        call.inputs[0].y = addmod(call.inputs[0].y, 1, BLS_R);
        _refuses(call, refusal);
        call = _call(_twoBatches());
        call.inputs[1].y = addmod(call.inputs[1].y, 1, BLS_R);
        _refuses(call, refusal);
        call = _call(_twoBatches());
        (call.inputs[0].y, call.inputs[1].y) = (call.inputs[1].y, call.inputs[0].y);
        _refuses(call, refusal);
        call.inputs[1].y = BLS_R; // 0 again
        _refuses(call, abi.encodeWithSelector(IMillrace.BlobValueOutOfRange.selector, 1));
    }

    /// @dev z hashes all that L1 reads of the batches: with another byte of it the values are of another point.
    function test_bindsWhatL1Reads() public {
        bytes memory refusal = abi.encodePacked(IMillrace.BlobOpeningInvalid.selector);
        Call memory call = _call(_twoBatches());
        call.inputs[1].c = addmod(call.inputs[1].c, 1, R);
        _refuses(call, refusal);
        call = _call(_twoBatches());
        call.inputs[1].newRoot ^= 1;
        _refuses(call, refusal);
        call = _call(_twoBatches());
        call.inputs[1].data[call.inputs[1].data.length - 1] ^= 0x01; // the amount of a withdrawal
        _refuses(call, refusal);
        call = _call(_twoBatches());
        call.inputs[0].data[108] ^= 0x01; // the result of a deposit
        _refuses(call, refusal);
    }

    function test_refusesRoots() public {
        Call memory call = _call(_twoBatches());
        call.inputs[1].newRoot = R;
        _refuses(call, abi.encodeWithSelector(IMillrace.RootOutOfRange.selector, R));
        call = _call(_twoBatches());
        call.inputs[0].c = R;
        _refuses(call, abi.encodeWithSelector(IMillrace.CommitmentOutOfRange.selector, R));
    }

    function test_refusesOtherL1Ops() public {
        BlobBatch[] memory batches = _twoBatches();
        batches[0].l1[0].e1 ^= 1;
        _refuses(_call(batches), abi.encodeWithSelector(IMillrace.L1OpMismatch.selector, 0));
        batches = _twoBatches();
        batches[1].l1 = batches[0].l1;
        _refuses(_call(batches), abi.encodeWithSelector(IMillrace.L1OpMismatch.selector, 1));
    }

    function test_refusesToLeaveOverdueL1Ops() public {
        BlobBatch[] memory batches = _twoBatches();
        batches[1].l1 = new L1Entry[](0);
        uint256 queuedAt = block.timestamp;
        vm.warp(queuedAt + DEADLINE + 1);
        _refuses(_call(batches), abi.encodeWithSelector(IMillrace.L1QueueOverdue.selector, 1, queuedAt));
    }

    function test_refusesData() public {
        Call memory call = _call(_twoBatches());
        bytes memory good = call.inputs[0].data;
        for (uint256 length = 0; length < good.length; ++length) {
            bytes memory cut = new bytes(length);
            for (uint256 i = 0; i < length; ++i) {
                cut[i] = good[i];
            }
            call.inputs[0].data = cut;
            try rollup.commitBlobBatches(headParentHash, head, _opening(), call.inputs) {
                vm.assertTrue(false, "accepted");
            } catch (bytes memory reason) {
                // forge-lint: disable-next-line
                vm.assertTrue(bytes4(reason) == IMillrace.DataLength.selector, "length");
            }
        }
        call.inputs[0].data = bytes.concat(good, hex"00");
        _refuses(call, abi.encodeWithSelector(IMillrace.DataLength.selector, good.length, good.length + 1));
        call.inputs[0].data = bytes.concat(hex"0003", new bytes(3 * 107 + 2));
        _refuses(call, abi.encodeWithSelector(IMillrace.TooManyL1Ops.selector, 3, 2));
    }

    function test_refusesWithdrawals() public {
        BlobBatch[] memory batches = new BlobBatch[](1);
        batches[0].withdrawals = new Withdrawal[](2);
        batches[0].withdrawals[0] = Withdrawal(4, bob, 1, 20);
        batches[0].withdrawals[1] = Withdrawal(4, bob, 1, 20); // the same again
        _refusesPosition(batches, 4);
        batches[0].withdrawals[1].position = 3;
        _refusesPosition(batches, 3);
        batches[0].withdrawals[1].position = 8; // of 8 places
        _refusesPosition(batches, 8);
        batches[0].withdrawals[1] = Withdrawal(7, bob, 0, 20);
        _refuses(_call(batches), abi.encodeWithSelector(IMillrace.UnknownToken.selector, 0));
    }

    function _refusesPosition(BlobBatch[] memory batches, uint256 position) private {
        _refuses(_call(batches), abi.encodeWithSelector(IMillrace.AuxPositionInvalid.selector, position));
    }

    /// @dev 14 elements a batch of 8 ops: 293 of them are more than a blob.
    function test_refusesMoreThanABlobHolds() public {
        IMillrace.BlobBatchInput[] memory inputs = new IMillrace.BlobBatchInput[](293);
        for (uint256 i = 0; i < inputs.length; ++i) {
            inputs[i] = IMillrace.BlobBatchInput(BLOB_SHAPE, 1, 1, 0, hex"00000000");
        }
        vm.expectRevert(abi.encodeWithSelector(IMillrace.BlobTooSmall.selector, 293 * 14, 4096));
        rollup.commitAndProveBlobBatches(_opening(), inputs, new ProofPoints[](293), new uint256[2][](1));
    }

    function test_refusesMoreBatchesThanCanWait() public {
        IMillrace.BlobBatchInput[] memory inputs = new IMillrace.BlobBatchInput[](256);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.TooManyUnprovenBatches.selector, 255));
        rollup.commitBlobBatches(headParentHash, head, _opening(), inputs);
    }

    /// @dev Proofs hold for the public inputs that L1 makes and for no others.
    function test_refusesOtherStatements() public {
        Call memory call = _call(_twoBatches());
        for (uint256 i = 0; i < 3; ++i) {
            IMillrace.BatchHeader memory header = call.headers[1];
            (uint256 c, uint256 z, uint256 y) = (header.c, header.z, header.y);
            if (i == 0) header.c = addmod(c, 1, R);
            if (i == 1) header.z = addmod(z, 1, R);
            if (i == 2) header.y = addmod(y, 1, R);
            (ProofPoints[] memory proofs, uint256[2][] memory sums) = together(call.headers);
            vm.expectRevert(abi.encodePacked(IGroth16Verifier.InvalidProof.selector));
            rollup.commitAndProveBlobBatches(_opening(), call.inputs, proofs, sums);
            (header.c, header.z, header.y) = (c, z, y);
        }
        _commitAndProve(call);
    }

    function test_refusesBlobsInExitMode() public {
        Call memory call = _call(_twoBatches());
        vm.warp(block.timestamp + DEADLINE + 1);
        rollup.activateExitMode();
        _refuses(call, abi.encodePacked(IMillrace.ExitModeActive.selector));
    }

    function test_refusesToSkipUnprovenBatches() public {
        Call memory call = _call(_twoBatches());
        commit(none(), 0);
        (ProofPoints[] memory proofs, uint256[2][] memory sums) = together(call.headers);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.UnprovenBatches.selector, 1, 0));
        rollup.commitAndProveBlobBatches(_opening(), call.inputs, proofs, sums);
        bytes32 found = keccak256(abi.encode(headHash, head));
        vm.expectRevert(abi.encodeWithSelector(IMillrace.ParentMismatch.selector, headHash, found));
        rollup.commitBlobBatches(headHash, head, _opening(), call.inputs);
    }

    // ------------------------------------------------------------------------------------------------- helpers

    /// @dev A deposit each, which is queued here if it is not yet; the first pays something back, and both let withdraw.
    function _twoBatches() private returns (BlobBatch[] memory batches) {
        while (rollup.state().l1QueueLength < 2) {
            depositEth(alice, rollup.state().l1QueueLength == 0 ? 7 : 8);
        }
        batches = new BlobBatch[](2);
        for (uint256 i = 0; i < 2; ++i) {
            batches[i].l1 = new L1Entry[](1);
            batches[i].l1[0] = depositEntry(alice, 1, uint64(7 + i));
            batches[i].withdrawals = new Withdrawal[](2);
            batches[i].withdrawals[0] = Withdrawal(uint16(i), bob, 1, uint64(100 + i));
            batches[i].withdrawals[1] = Withdrawal(7, alice, tokenId, uint64(1000 + i));
        }
        batches[0].l1[0].result = (uint256(1) << 32) | (uint256(7) << 48);
    }

    /// @dev The last batch's value is 5, the first one's what is lacking.
    function _call(BlobBatch[] memory batches) private view returns (Call memory call) {
        call.inputs = new IMillrace.BlobBatchInput[](batches.length);
        call.headers = new IMillrace.BatchHeader[](batches.length);
        uint256[4][] memory heads = new uint256[4][](batches.length);
        IMillrace.BatchHeader memory parent = head;
        bytes memory leaves = abi.encodePacked(_versionedHash());
        for (uint256 i = 0; i < batches.length; ++i) {
            IMillrace.BatchHeader memory header = call.headers[i];
            bytes memory data = BlobBatchData.encode(batches[i]);
            header.number = parent.number + 1;
            header.shape = batches[i].large ? LARGE_BLOB_SHAPE : BLOB_SHAPE;
            header.committedAt = uint40(block.timestamp);
            header.l1End = parent.l1End + uint64(batches[i].l1.length);
            header.newRoot = rootAfter(header.number);
            header.payoutsRoot = merge(BlobBatchData.leaves(batches[i]));
            heads[i] = headOf(header.number, parent.newRoot, header.newRoot);
            uint256 c = commitmentOf(header.number);
            call.inputs[i] = IMillrace.BlobBatchInput(header.shape, header.newRoot, c, 5, data);
            bytes32 leaf = keccak256(abi.encode(c, uint256(header.shape), heads[i], keccak256(data)));
            leaves = bytes.concat(leaves, leaf);
            parent = header;
        }
        uint256 z = uint256(keccak256(leaves)) & ((1 << 240) - 1);
        _setFirstValue(call.inputs, z);
        for (uint256 i = 0; i < batches.length; ++i) {
            (uint256 n1, uint256 n2) = batches[i].large ? (3, 130) : (2, 8);
            uint256 v = BlobBatchData.evaluate(batches[i], n1, n2, heads[i], z);
            uint256 y = call.inputs[i].y;
            call.headers[i].c = addmod(call.inputs[i].c, mulmod(z, v, R), R);
            call.headers[i].z = z | ((y >> 248) << 240);
            call.headers[i].y = y & LOW_MASK;
        }
    }

    /// @dev Makes `y_0 + sum z^(o_i) y_i = 1`: a batch of 8 ops has 14 elements, one of 130 has 198.
    function _setFirstValue(IMillrace.BlobBatchInput[] memory inputs, uint256 z) private pure {
        uint256 value = 1;
        uint256 power = 1;
        for (uint256 i = 1; i < inputs.length; ++i) {
            uint256 length = inputs[i - 1].shape == LARGE_BLOB_SHAPE ? 198 : 14;
            for (uint256 j = 0; j < length; ++j) {
                power = mulmod(power, z, BLS_R);
            }
            value = addmod(value, BLS_R - mulmod(power, inputs[i].y, BLS_R), BLS_R);
        }
        if (inputs.length > 0) inputs[0].y = value;
    }

    function _commitAndProve(Call memory call) private {
        (ProofPoints[] memory proofs, uint256[2][] memory sums) = together(call.headers);
        rollup.commitAndProveBlobBatches(_opening(), call.inputs, proofs, sums);
        for (uint256 i = 0; i < call.headers.length; ++i) {
            push(call.headers[i]);
        }
    }

    function _refuses(Call memory call, bytes memory refusal) private {
        _refusesOpening(_opening(), call, refusal);
    }

    function _refusesOpening(bytes memory opening, Call memory call, bytes memory refusal) private {
        vm.expectRevert(refusal);
        rollup.commitBlobBatches{gas: 20_000_000}(headParentHash, head, opening, call.inputs);
        vm.expectRevert(refusal);
        rollup.commitAndProveBlobBatches{gas: 20_000_000}(
            opening, call.inputs, new ProofPoints[](call.inputs.length), new uint256[2][](1)
        );
    }

    function _opening() private pure returns (bytes memory) {
        return bytes.concat(GENERATOR, INFINITY);
    }

    function _versionedHash() private pure returns (bytes32) {
        return bytes32((uint256(sha256(GENERATOR)) & ((1 << 248) - 1)) | (1 << 248));
    }

    function _setBlob(bytes32 versionedHash) private {
        vm.deal(address(0), uint256(versionedHash));
    }

    function deployRollup(bytes memory arguments) internal override returns (address) {
        bytes memory code = vm.getCode("Millrace");
        uint256 found = 0;
        for (uint256 i = 1; i < code.length; ++i) {
            if (code[i] != 0x49 || code[i - 1] != 0x5f) continue; // BLOBHASH after PUSH0
            code[i] = 0x31; // BALANCE
            ++found;
        }
        vm.assertEq(found, 1, "blobhash(0) in the rollup's code");
        return deployer.deployCode(code, arguments);
    }
}
