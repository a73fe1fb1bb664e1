// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IGroth16Verifier, Proof, ProofPoints} from "../../contracts/interfaces/IGroth16Verifier.sol";
import {IMillrace} from "../../contracts/interfaces/IMillrace.sol";
import {R} from "../../contracts/libraries/Bn254.sol";
import {Batch, L1Entry, Op} from "./support/BatchData.sol";
import {RollupFixture} from "./support/RollupFixture.sol";
import {TrapdoorKey} from "./support/TrapdoorKey.sol";
import {bound, vm} from "./support/Vm.sol";

contract BatchesTest is RollupFixture {
    function setUp() public {
        setUpRollup();
    }

    // ---------------------------------------------------------------------------------------- what works

    function test_genesis() public view {
        IMillrace.RollupState memory state = rollup.state();
        vm.assertEq(state.finalizedRoot, GENESIS_ROOT, "root");
        vm.assertEq(state.committedHash, headHash, "committed");
        vm.assertEq(state.finalizedHash, headHash, "finalized");
        bytes memory tag = abi.encode("Millrace v1", block.chainid, address(rollup));
        vm.assertEq(rollup.domain(), uint256(keccak256(tag)) & LOW_MASK, "domain");
    }

    function test_commitsThenProves() public {
        Batch memory batch = withL1(depositEth(alice, 5));
        IMillrace.BatchHeader memory expected = headerOf(batch, 0, head);
        vm.expectEmit(true, true, true, true, address(rollup));
        emit IMillrace.BatchCommitted(1, keccak256(abi.encode(headHash, expected)), headHash, expected);
        commit(batch, 0);
        IMillrace.RollupState memory state = rollup.state();
        vm.assertEq(state.committedHash, headHash, "committed hash");
        vm.assertEq(state.committedNumber, 1, "committed");
        vm.assertEq(state.finalizedNumber, 0, "not final yet");
        vm.assertEq(state.l1Committed, 1, "queue");
        vm.assertEq(state.l1Finalized, 0, "queue, final");
        vm.assertEq(state.finalizedRoot, GENESIS_ROOT, "root before");

        vm.warp(block.timestamp + 100);
        (IMillrace.BatchHeader[] memory headers, ProofPoints[] memory proofs, uint256[2][] memory sums) =
            _one(head);
        vm.expectEmit(true, true, true, true, address(rollup));
        emit IMillrace.BatchFinalized(1, rootAfter(1), 0);
        vm.prank(bob); // anyone may prove
        rollup.proveBatches(headers, proofs, sums);
        state = rollup.state();
        vm.assertEq(state.finalizedNumber, 1, "final");
        vm.assertEq(state.l1Finalized, 1, "queue, final");
        vm.assertEq(state.finalizedRoot, rootAfter(1), "root after");
        vm.assertEq(state.finalizedHash, headHash, "final hash");
    }

    /// @dev Batches with as many ops of each kind as the fuzzer likes: the rollup's z, y, payouts and header
    /// hash are those of the fixture, or the proofs would not hold.
    /// hardhat-config: fuzz.runs = 12
    function testFuzz_finalizesWhatIsProven(uint256 seed) public {
        for (uint256 i = 0; i < 3; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            uint8 shape = uint8(random & 1);
            Batch memory batch = _randomBatch(random, shape);
            IMillrace.BatchHeader memory header;
            if (random & 2 == 0) {
                header = commitAndProve(batch, shape);
            } else {
                header = commit(batch, shape);
                prove(header);
            }
            vm.assertEq(rollup.payoutsRoot(header.number), header.payoutsRoot, "payouts");
        }
        vm.assertEq(rollup.state().finalizedRoot, rootAfter(3), "root");
        vm.assertEq(rollup.state().committedHash, headHash, "hash");
    }

    /// @dev Several batches of two shapes in each call, committed by twos, proven one and three.
    function test_finalizesManyOfDifferentShapes() public {
        IMillrace.BatchHeader[] memory headers = new IMillrace.BatchHeader[](4);
        for (uint8 i = 0; i < 4; ++i) {
            headers[i] = commit(withOp(withdrawal(bob, 1, 5 + i)), (i / 2) % 2);
        }
        prove(headers[0]);
        IMillrace.BatchHeader[] memory rest = new IMillrace.BatchHeader[](3);
        (rest[0], rest[1], rest[2]) = (headers[1], headers[2], headers[3]);
        (ProofPoints[] memory proofs, uint256[2][] memory sums) = together(rest);
        rollup.proveBatches(rest, proofs, sums);
        vm.assertEq(rollup.state().finalizedNumber, 4, "final");

        IMillrace.BatchInput[] memory batches = new IMillrace.BatchInput[](3);
        for (uint8 i = 0; i < 3; ++i) {
            Batch memory batch = withOp(withdrawal(bob, 1, 50 + i));
            rest[i] = headerOf(batch, i % 2, head);
            batches[i] = input(batch, i % 2, rest[i].number);
            push(rest[i]);
        }
        (proofs, sums) = together(rest);
        vm.expectEmit(true, true, true, true, address(rollup));
        emit IMillrace.BatchFinalized(5, rootAfter(5), payoutsRootOf(withOp(withdrawal(bob, 1, 50))));
        rollup.commitAndProveBatches(batches, proofs, sums);
        vm.assertEq(rollup.state().finalizedNumber, 7, "final");
        vm.assertEq(rollup.state().finalizedHash, headHash, "hash");
        commit(none(), 0); // the last of a call can be a parent
    }

    /// @dev Whichever batches of a call pay something out: those have an event, and the last one has one, in order.
    function test_tellsOfBatchesThatPayOutAndOfTheLast() public {
        for (uint256 paying = 0; paying < 8; ++paying) {
            _finalizesThree(paying, true);
            _finalizesThree(paying, false);
        }
    }

    /// @param paying bit i: the batch at place i pays something out
    /// @param inOneCall committed and proven in one call
    function _finalizesThree(uint256 paying, bool inOneCall) private {
        (IMillrace.BatchHeader memory parent, bytes32 grandparentHash) = (head, headParentHash);
        IMillrace.BatchHeader[] memory headers = new IMillrace.BatchHeader[](3);
        IMillrace.BatchInput[] memory batches = new IMillrace.BatchInput[](3);
        for (uint256 i = 0; i < 3; ++i) {
            Batch memory batch = (paying >> i) & 1 == 1 ? withOp(withdrawal(bob, 1, 5)) : none();
            headers[i] = headerOf(batch, 0, head);
            batches[i] = input(batch, 0, headers[i].number);
            push(headers[i]);
        }
        (ProofPoints[] memory proofs, uint256[2][] memory sums) = together(headers);
        if (!inOneCall) rollup.commitBatches(grandparentHash, parent, batches);
        vm.recordLogs();
        if (inOneCall) rollup.commitAndProveBatches(batches, proofs, sums);
        else rollup.proveBatches(headers, proofs, sums);
        assertFinalized(headers, vm.getRecordedLogs());
    }

    /// @dev What follows a good batch in a call is held to its own shape, and to nothing of the one before.
    function test_refusesWhatOnlyTheBatchBeforeMay() public {
        _refusesSecond(none(), BLOB_SHAPE, abi.encodeWithSelector(IMillrace.WrongKindOfShape.selector, BLOB_SHAPE));
        _refusesSecond(none(), SHAPES, abi.encodeWithSelector(IMillrace.UnknownShape.selector, SHAPES));
        Batch memory batch;
        batch.ops = new Op[](5);
        _refusesSecond(batch, 0, abi.encodeWithSelector(IMillrace.TooManyOps.selector, 5, 4));
        batch = none();
        batch.l1 = new L1Entry[](3);
        _refusesSecond(batch, 0, abi.encodeWithSelector(IMillrace.TooManyL1Ops.selector, 3, 2));
        batch.l1 = new L1Entry[](1);
        batch.l1[0] = depositEth(alice, 5);
        IMillrace.BatchInput[] memory both = new IMillrace.BatchInput[](2);
        both[0] = input(batch, 1, head.number + 1);
        both[1] = input(batch, 1, head.number + 2); // the same op again
        vm.expectRevert(abi.encodeWithSelector(IMillrace.L1QueueExhausted.selector, 1));
        rollup.commitBatches(headParentHash, head, both);
        depositEth(alice, 6);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.L1OpMismatch.selector, 1));
        rollup.commitBatches(headParentHash, head, both);
    }

    /// @dev Behind a batch of the larger shape.
    function _refusesSecond(Batch memory second, uint8 shape, bytes memory refusal) private {
        IMillrace.BatchInput[] memory batches = new IMillrace.BatchInput[](2);
        batches[0] = input(none(), 1, head.number + 1);
        batches[1] = input(second, shape, head.number + 2);
        vm.expectRevert(refusal);
        rollup.commitBatches(headParentHash, head, batches);
        vm.expectRevert(refusal);
        rollup.commitAndProveBatches(batches, new ProofPoints[](2), new uint256[2][](1));
    }

    /// @dev The ring of hashes goes round; at most 255 batches wait for their proofs.
    function test_keepsTheHashesOf255Batches() public {
        for (uint256 i = 0; i < 3; ++i) {
            commitAndProve(none(), 0);
        }
        IMillrace.BatchHeader memory first = commit(none(), 0);
        for (uint256 i = 0; i < 254; ++i) {
            commit(none(), 0);
        }
        IMillrace.BatchInput[] memory one = new IMillrace.BatchInput[](1);
        one[0] = input(none(), 0, head.number + 1);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.TooManyUnprovenBatches.selector, 255));
        rollup.commitBatches(headParentHash, head, one);
        prove(first);
        commit(none(), 0);
        vm.assertEq(rollup.state().committedNumber, 259, "committed");
    }

    // ------------------------------------------------------------------------------------ who, and in what order

    function test_onlyTheOperatorCommits() public {
        IMillrace.BatchInput[] memory batches = new IMillrace.BatchInput[](1);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.NotOperator.selector, alice));
        vm.prank(alice);
        rollup.commitBatches(0, head, batches);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.NotOperator.selector, alice));
        vm.prank(alice);
        rollup.commitAndProveBatches(batches, new ProofPoints[](1), new uint256[2][](1));
    }

    function test_refusesNoBatches() public {
        vm.expectRevert(abi.encodePacked(IMillrace.NoBatches.selector));
        rollup.commitBatches(0, head, new IMillrace.BatchInput[](0));
        vm.expectRevert(abi.encodePacked(IMillrace.NoBatches.selector));
        rollup.commitAndProveBatches(new IMillrace.BatchInput[](0), new ProofPoints[](0), new uint256[2][](0));
        vm.expectRevert(abi.encodePacked(IMillrace.NoBatches.selector));
        rollup.proveBatches(new IMillrace.BatchHeader[](0), new ProofPoints[](0), new uint256[2][](0));
    }

    function test_refusesAnotherParent() public {
        commit(none(), 0);
        IMillrace.BatchInput[] memory batches = new IMillrace.BatchInput[](1);
        batches[0] = input(none(), 0, 2);
        IMillrace.BatchHeader memory other = head;
        other.newRoot ^= 1;
        bytes32 found = keccak256(abi.encode(headParentHash, other));
        vm.expectRevert(abi.encodeWithSelector(IMillrace.ParentMismatch.selector, headHash, found));
        rollup.commitBatches(headParentHash, other, batches);
        found = keccak256(abi.encode(headHash, head));
        vm.expectRevert(abi.encodeWithSelector(IMillrace.ParentMismatch.selector, headHash, found));
        rollup.commitBatches(headHash, head, batches);
    }

    function test_refusesToSkipUnprovenBatches() public {
        commit(none(), 0);
        IMillrace.BatchHeader memory header = headerOf(none(), 0, head);
        IMillrace.BatchInput[] memory batches = new IMillrace.BatchInput[](1);
        batches[0] = input(none(), 0, 2);
        (ProofPoints[] memory proofs, uint256[2][] memory sums) = alone(proofOf(header));
        vm.expectRevert(abi.encodeWithSelector(IMillrace.UnprovenBatches.selector, 1, 0));
        rollup.commitAndProveBatches(batches, proofs, sums);
    }

    function test_provesOnlyWhatIsCommittedNext() public {
        bytes32 genesisHash = headHash;
        _refusesHeader(headerOf(none(), 0, head), genesisHash); // nothing is committed
        IMillrace.BatchHeader memory first = commit(none(), 0);
        IMillrace.BatchHeader memory second = commit(none(), 0);
        _refusesHeader(second, genesisHash); // not the next one

        first.newRoot ^= 1;
        _refusesHeader(first, genesisHash);
        first.newRoot ^= 1;
        first.payoutsRoot = bytes32(uint256(1));
        _refusesHeader(first, genesisHash);
        first.payoutsRoot = 0;
        first.l1End = 1;
        _refusesHeader(first, genesisHash);
        first.l1End = 0;
        first.number = 257; // the place of batch 1 in the ring
        _refusesHeader(first, genesisHash);
        first.number = 1;
        prove(first);
        _refusesHeader(first, headParentHash); // twice
        prove(second);
    }

    /// @dev Bits above a field's: the hash is of all bits, so such a header is none that was committed.
    function test_refusesHeadersWithBitsAboveAField() public {
        bytes32 genesisHash = headHash;
        (IMillrace.BatchHeader[] memory headers, ProofPoints[] memory proofs, uint256[2][] memory sums) =
            _one(commit(none(), 1));
        bytes memory call = abi.encodeCall(rollup.proveBatches, (headers, proofs, sums));
        uint256 headerAt = 4 + 32 * 4; // after three offsets and the list's length
        uint8[4] memory bits = [64, 8, 40, 64];
        for (uint256 i = 0; i < 4; ++i) {
            _flip(call, headerAt + 32 * i, 1 << bits[i]);
            bytes memory header = new bytes(288);
            for (uint256 j = 0; j < 288; ++j) {
                header[j] = call[headerAt + j];
            }
            bytes32 found = keccak256(bytes.concat(genesisHash, header));
            (bool done, bytes memory reason) = address(rollup).call(call);
            vm.assertTrue(!done, "taken");
            bytes memory refusal = abi.encodeWithSelector(IMillrace.NotCommitted.selector, 1, found);
            vm.assertEq(keccak256(reason), keccak256(refusal), "reason");
            _flip(call, headerAt + 32 * i, 1 << bits[i]);
        }
        (bool proven,) = address(rollup).call(call);
        vm.assertTrue(proven, "the header as it was");
    }

    function _flip(bytes memory data, uint256 place, uint256 bits) private pure {
        assembly ("memory-safe") {
            let ptr := add(add(data, 32), place)
            mstore(ptr, xor(mload(ptr), bits))
        }
    }

    /// @param finalizedHash the hash that the rollup chains the header to
    function _refusesHeader(IMillrace.BatchHeader memory header, bytes32 finalizedHash) private {
        (IMillrace.BatchHeader[] memory headers, ProofPoints[] memory proofs, uint256[2][] memory sums) =
            _one(header);
        bytes32 found = keccak256(abi.encode(finalizedHash, header));
        vm.expectRevert(abi.encodeWithSelector(IMillrace.NotCommitted.selector, header.number, found));
        rollup.proveBatches(headers, proofs, sums);
    }

    // ---------------------------------------------------------------------------------------------- proofs

    function test_refusesWrongNumberOfProofs() public {
        IMillrace.BatchInput[] memory batches = new IMillrace.BatchInput[](1);
        batches[0] = input(none(), 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.ProofCountMismatch.selector, 1, 0));
        rollup.commitAndProveBatches(batches, new ProofPoints[](0), new uint256[2][](1));
        vm.expectRevert(abi.encodeWithSelector(IMillrace.ProofCountMismatch.selector, 1, 2));
        rollup.commitAndProveBatches(batches, new ProofPoints[](2), new uint256[2][](1));
        commit(none(), 0);
        IMillrace.BatchHeader[] memory headers = new IMillrace.BatchHeader[](1);
        headers[0] = head;
        vm.expectRevert(abi.encodeWithSelector(IMillrace.ProofCountMismatch.selector, 1, 2));
        rollup.proveBatches(headers, new ProofPoints[](2), new uint256[2][](1));
    }

    function test_refusesWrongNumberOfSums() public {
        commit(none(), 0);
        (IMillrace.BatchHeader[] memory headers, ProofPoints[] memory proofs,) = _one(head);
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.SumCountMismatch.selector, 1, 0));
        rollup.proveBatches(headers, proofs, new uint256[2][](0));
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.SumCountMismatch.selector, 1, 2));
        rollup.proveBatches(headers, proofs, new uint256[2][](2));
    }

    /// @dev The proof of a batch holds for no batch with another byte, root, commitment or shape.
    function test_refusesProofOfAnotherBatch() public {
        Batch memory batch = withOp(Op(1, 2, 3, 4, 5, 0));
        Proof memory proof = proofOf(headerOf(batch, 0, head));
        IMillrace.BatchInput memory good = input(batch, 0, 1);
        for (uint256 i = 0; i < good.data.length; ++i) {
            IMillrace.BatchInput memory bad = input(batch, 0, 1);
            bad.data[i] ^= 0x01;
            _refuses(bad, proof);
        }
        IMillrace.BatchInput memory other = input(batch, 0, 1);
        other.newRoot ^= 1;
        _refuses(other, proof);
        other = input(batch, 0, 1);
        other.c ^= 1;
        _refuses(other, proof);
        _refuses(input(batch, 1, 1), proof);
        _refuses(good, TrapdoorKey.prove(99, [uint256(1), 2, 3], 1));
    }

    /// @dev The same batch with the same proof as the next one: the number and the roots have changed.
    function test_refusesReplayAsAnotherBatch() public {
        IMillrace.BatchHeader memory header = commitAndProve(none(), 0);
        _refuses(input(none(), 0, 1), proofOf(header));
    }

    function test_refusesReplayOnAnotherRollupAndChain() public {
        Proof memory proof = proofOf(headerOf(none(), 0, head));
        uint256 id = block.chainid;
        uint256 domain = rollup.domain();
        vm.chainId(id + 1);
        vm.assertTrue(rollup.domain() != domain, "domain of another chain");
        _refuses(input(none(), 0, 1), proof);
        vm.chainId(id);
        setUpRollup(); // another contract with the same state
        vm.assertTrue(rollup.domain() != domain, "domain of another contract");
        _refuses(input(none(), 0, 1), proof);
    }

    function _refuses(IMillrace.BatchInput memory batch, Proof memory proof) private {
        (ProofPoints[] memory proofs, uint256[2][] memory sums) = alone(proof);
        IMillrace.BatchInput[] memory batches = new IMillrace.BatchInput[](1);
        batches[0] = batch;
        try rollup.commitAndProveBatches(batches, proofs, sums) {
            vm.assertTrue(false, "accepted");
        } catch (bytes memory) {}
        vm.assertEq(rollup.state().finalizedRoot, head.newRoot, "root");
    }

    // ------------------------------------------------------------------------------------------ batch inputs

    function test_batchInputRefusals() public {
        IMillrace.BatchInput memory batch = input(none(), SHAPES, 1);
        _refusesWith(batch, abi.encodeWithSelector(IMillrace.UnknownShape.selector, SHAPES));
        batch = input(none(), 0, 1);
        batch.newRoot = R;
        _refusesWith(batch, abi.encodeWithSelector(IMillrace.RootOutOfRange.selector, R));
        batch.newRoot = 1;
        batch.c = R;
        _refusesWith(batch, abi.encodeWithSelector(IMillrace.CommitmentOutOfRange.selector, R));
    }

    function test_constructorNeverTakesNonsense() public {
        IMillrace.ShapeConfig[] memory shapes = new IMillrace.ShapeConfig[](1);
        shapes[0] = rollup.shapes(0);
        _refusesDeadlines(shapes);
        _refusesConstruction(address(0), 0, 8, shapes, 1, abi.encodePacked(IMillrace.ZeroOperator.selector));
        bytes memory refusal = abi.encodeWithSelector(IMillrace.RootOutOfRange.selector, R);
        _refusesConstruction(alice, R, 8, shapes, 1, refusal);
        refusal = abi.encodeWithSelector(IMillrace.DepthOutOfRange.selector, 0);
        _refusesConstruction(alice, 0, 0, shapes, 1, refusal);
        refusal = abi.encodeWithSelector(IMillrace.DepthOutOfRange.selector, 33);
        _refusesConstruction(alice, 0, 33, shapes, 1, refusal);
        _refusesConstruction(alice, 0, 8, shapes, 0, abi.encodePacked(IMillrace.ZeroDeadline.selector));
        refusal = abi.encodePacked(IMillrace.NoShapes.selector);
        _refusesConstruction(alice, 0, 8, new IMillrace.ShapeConfig[](0), 1, refusal);
        _refusesConstruction(alice, 0, 8, new IMillrace.ShapeConfig[](257), 1, refusal);
        shapes[0].n1 = 0;
        refusal = abi.encodeWithSelector(IMillrace.ShapeOutOfRange.selector, 0);
        _refusesConstruction(alice, 0, 8, shapes, 1, refusal);
        shapes[0].n1 = 65536;
        _refusesConstruction(alice, 0, 8, shapes, 1, refusal);
        shapes[0].n1 = 1;
        shapes[0].n2 = 65536;
        _refusesConstruction(alice, 0, 8, shapes, 1, refusal);
        shapes[0].verifier = alice;
        refusal = abi.encodeWithSelector(IMillrace.NotAContract.selector, alice);
        _refusesConstruction(alice, 0, 8, shapes, 1, refusal);
    }

    function _refusesConstruction(
        address operator,
        uint256 root,
        uint8 depth,
        IMillrace.ShapeConfig[] memory shapes,
        uint40 deadline,
        bytes memory refusal
    ) private {
        address exitVerifier = rollup.exitVerifier();
        vm.expectRevert(refusal);
        deployer.deploy("Millrace", abi.encode(operator, root, depth, shapes, deadline, 1, exitVerifier));
    }

    function _refusesDeadlines(IMillrace.ShapeConfig[] memory shapes) private {
        bytes memory arguments = abi.encode(alice, 0, 8, shapes, 1, 0, rollup.exitVerifier());
        vm.expectRevert(abi.encodePacked(IMillrace.ZeroDeadline.selector));
        deployer.deploy("Millrace", arguments);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.NotAContract.selector, alice));
        deployer.deploy("Millrace", abi.encode(alice, 0, 8, shapes, 1, 1, alice));
    }

    function _refusesWith(IMillrace.BatchInput memory batch, bytes memory refusal) private {
        IMillrace.BatchInput[] memory batches = new IMillrace.BatchInput[](1);
        batches[0] = batch;
        vm.expectRevert(refusal);
        rollup.commitBatches(headParentHash, head, batches);
        vm.expectRevert(refusal);
        rollup.commitAndProveBatches(batches, new ProofPoints[](1), new uint256[2][](1));
    }

    // -------------------------------------------------------------------------------------------- randomness

    function _randomBatch(uint256 random, uint8 shape) private returns (Batch memory batch) {
        batch.fees = [uint32(random >> 8), uint32(random >> 40), uint32(random >> 72), uint32(random >> 104)];
        batch.l1 = new L1Entry[]((random >> 4) % 3);
        for (uint256 i = 0; i < batch.l1.length; ++i) {
            uint256 value = uint256(keccak256(abi.encode(random, "l1", i)));
            batch.l1[i] = value & 1 == 0
                ? depositEth(address(uint160(value)), uint64(bound(value, 1, 2 ** 60)))
                : forcedExit(address(uint160(value)), uint8(value >> 8), value % R, mulmod(value, 3, R));
            if (value & 2 == 0) batch.l1[i].result = uint112(value >> 30); // a payout
        }
        uint256 limit = rollup.shapes(shape).n2;
        batch.ops = new Op[]((random >> 16) % (limit + 1));
        for (uint256 i = 0; i < batch.ops.length; ++i) {
            uint256 value = uint256(keccak256(abi.encode(random, "op", i)));
            uint256 opType = value % 4;
            uint256 aux = opType < 2 ? 0 : opType == 2 ? value >> 8 : uint160(value);
            batch.ops[i] =
                Op(opType, uint24(value >> 10), uint24(value >> 34), uint64(value >> 58), uint16(value >> 122) & 0xfff, aux);
        }
    }
}
