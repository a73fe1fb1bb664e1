// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {ProofPoints} from "../../contracts/interfaces/IGroth16Verifier.sol";
import {IMillrace} from "../../contracts/interfaces/IMillrace.sol";
import {Batch, L1Entry} from "./support/BatchData.sol";
import {RollupFixture} from "./support/RollupFixture.sol";
import {vm} from "./support/Vm.sol";

contract L1QueueTest is RollupFixture {
    function setUp() public {
        setUpRollup();
    }

    function test_consumesInOrder() public {
        L1Entry memory first = depositEth(alice, 5);
        L1Entry memory second = depositEth(bob, 6);
        L1Entry memory third = forcedExit(bob, 3, 4, 5);
        _refuses(withL1(second), abi.encodeWithSelector(IMillrace.L1OpMismatch.selector, 0));
        _refuses(_two(second, first), abi.encodeWithSelector(IMillrace.L1OpMismatch.selector, 0));
        _refuses(_two(first, third), abi.encodeWithSelector(IMillrace.L1OpMismatch.selector, 1));
        commit(_two(first, second), 0);
        _refuses(withL1(second), abi.encodeWithSelector(IMillrace.L1OpMismatch.selector, 2));
        _refuses(_two(third, third), abi.encodeWithSelector(IMillrace.L1QueueExhausted.selector, 3));
        commit(withL1(third), 0);
        _refuses(withL1(third), abi.encodeWithSelector(IMillrace.L1QueueExhausted.selector, 3));
        vm.assertEq(rollup.state().l1Committed, 3, "all");
    }

    /// @dev Every element of an op counts.
    function test_refusesChangedOps() public {
        L1Entry memory entry = forcedExit(alice, 3, 4, 5);
        for (uint256 i = 0; i < 3; ++i) {
            L1Entry memory changed = L1Entry(entry.e0, entry.e1, entry.e2, entry.result);
            if (i == 0) changed.e0 ^= 1 << 88;
            if (i == 1) changed.e1 ^= 1;
            if (i == 2) changed.e2 ^= 1 << 247;
            _refuses(withL1(changed), abi.encodeWithSelector(IMillrace.L1OpMismatch.selector, 0));
        }
    }

    /// @dev Two equal deposits are two ops: the id is part of the hash.
    function test_equalOpsAreTwo() public {
        L1Entry memory entry = depositEth(alice, 5);
        depositEth(alice, 5);
        (, uint216 first) = rollup.l1Queue(0);
        (, uint216 second) = rollup.l1Queue(1);
        vm.assertTrue(first != second, "hashes differ");
        commit(withL1(entry), 0);
        commit(withL1(entry), 0);
    }

    function test_overdueOpsComeFirst() public {
        uint40 queued = uint40(block.timestamp);
        L1Entry memory first = depositEth(alice, 5);
        vm.warp(queued + DEADLINE);
        commit(none(), 0); // the deadline itself is in time
        vm.warp(queued + DEADLINE + 1);
        _refuses(none(), abi.encodeWithSelector(IMillrace.L1QueueOverdue.selector, 0, queued));
        commit(withL1(first), 0);
        commit(none(), 0);
    }

    /// @dev A flood of ops cannot keep the operator from committing: full batches may leave overdue ops behind.
    function test_fullBatchMayLeaveOverdueOps() public {
        uint40 queued = uint40(block.timestamp);
        L1Entry[] memory entries = new L1Entry[](4);
        for (uint64 i = 0; i < 4; ++i) {
            entries[i] = depositEth(alice, 5 + i);
        }
        vm.warp(queued + DEADLINE + 1);
        _refuses(withL1(entries[0]), abi.encodeWithSelector(IMillrace.L1QueueOverdue.selector, 1, queued));
        commit(_two(entries[0], entries[1]), 0); // N1 is 2
        commit(_two(entries[2], entries[3]), 1); // N1 is 3, but nothing is left
    }

    /// @dev In one call too: a full batch does not excuse the next one.
    function test_batchAfterAFullOneMayNot() public {
        uint40 queued = uint40(block.timestamp);
        L1Entry memory first = depositEth(alice, 5);
        L1Entry memory second = depositEth(alice, 6);
        L1Entry memory third = depositEth(alice, 7);
        IMillrace.BatchInput[] memory batches = new IMillrace.BatchInput[](2);
        batches[0] = input(_two(first, second), 0, head.number + 1);
        batches[1] = input(none(), 0, head.number + 2);
        vm.warp(queued + DEADLINE + 1);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.L1QueueOverdue.selector, 2, queued));
        rollup.commitBatches(headParentHash, head, batches);
        batches[1] = input(withL1(third), 0, head.number + 2);
        rollup.commitBatches(headParentHash, head, batches);
    }

    /// @dev The first batch finds that the op that it leaves is in time; the second one consumes it, and leaves none.
    function test_batchesOfACallBeforeTheDeadline() public {
        uint40 queued = uint40(block.timestamp);
        L1Entry memory first = depositEth(alice, 5);
        vm.warp(queued + 1);
        depositEth(alice, 6);
        IMillrace.BatchInput[] memory batches = new IMillrace.BatchInput[](3);
        batches[0] = input(none(), 0, head.number + 1);
        batches[1] = input(withL1(first), 0, head.number + 2);
        batches[2] = input(none(), 0, head.number + 3);
        vm.warp(queued + DEADLINE + 1);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.L1QueueOverdue.selector, 0, queued));
        rollup.commitBatches(headParentHash, head, batches);
        vm.warp(queued + DEADLINE);
        rollup.commitBatches(headParentHash, head, batches);
        vm.assertEq(rollup.state().l1Committed, 1, "the second waits");
    }

    function _two(L1Entry memory first, L1Entry memory second) private pure returns (Batch memory batch) {
        batch.l1 = new L1Entry[](2);
        (batch.l1[0], batch.l1[1]) = (first, second);
    }

    function _refuses(Batch memory batch, bytes memory refusal) private {
        IMillrace.BatchInput[] memory batches = new IMillrace.BatchInput[](1);
        batches[0] = input(batch, 0, head.number + 1);
        vm.expectRevert(refusal);
        rollup.commitBatches(headParentHash, head, batches);
        if (rollup.state().finalizedNumber != head.number) return;
        vm.expectRevert(refusal);
        rollup.commitAndProveBatches(batches, new ProofPoints[](1), new uint256[2][](1));
    }
}
