// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IGroth16Verifier, Proof, ProofPoints} from "../../contracts/interfaces/IGroth16Verifier.sol";
import {IMillrace} from "../../contracts/interfaces/IMillrace.sol";
import {R} from "../../contracts/libraries/Bn254.sol";
import {BlocklistingToken, FalseReturningToken} from "../../contracts/test/HostileTokens.sol";
import {Batch, L1Entry, Op} from "./support/BatchData.sol";
import {Receiver} from "./support/Receiver.sol";
import {RollupFixture} from "./support/RollupFixture.sol";
import {TrapdoorKey} from "./support/TrapdoorKey.sol";
import {bound, vm} from "./support/Vm.sol";

/// @dev Reverting, exit mode, exits and refunds.
contract ExitModeTest is RollupFixture {
    IMillrace.BatchHeader private genesis;

    function setUp() public {
        setUpRollup();
        genesis = head;
    }

    // -------------------------------------------------------------------------------------------- activation

    /// @dev Never while the operator keeps to the deadlines: an op that is committed in time does not count.
    function test_notWhileTheOperatorDoesItsDuty() public {
        _refusesActivation(); // an empty queue
        uint256 queued = block.timestamp;
        L1Entry memory entry = depositEth(alice, 5);
        _refusesActivation();
        vm.warp(queued + DEADLINE);
        _refusesActivation(); // the deadline itself is in time
        IMillrace.BatchHeader memory header = commit(withL1(entry), 0);
        vm.warp(queued + DEADLINE + PROOF_DEADLINE);
        _refusesActivation();
        uint256 deadline = queued + DEADLINE + PROOF_DEADLINE;
        vm.expectRevert(abi.encodeWithSelector(IMillrace.ProofNotOverdue.selector, 1, deadline));
        rollup.revertBatches(header);
        prove(header);
        vm.warp(deadline + 365 days);
        _refusesActivation(); // nothing waits
    }

    function test_anyoneActivatesOnceAnOpIsOverdue() public {
        IMillrace.BatchHeader memory first = commitAndProve(withL1(depositEth(alice, 5)), 0);
        forcedExit(alice, 1, 2, 3);
        vm.warp(block.timestamp + DEADLINE + 1);
        vm.expectEmit(true, true, true, true, address(rollup));
        emit IMillrace.ExitModeActivated(1, first.newRoot, 1);
        vm.prank(bob);
        rollup.activateExitMode();
        vm.assertTrue(rollup.state().exitMode, "on");
    }

    /// @dev Full batches may leave overdue ops behind, which does not keep anyone from leaving.
    function test_fullBatchesDoNotHoldOffExitMode() public {
        L1Entry[] memory entries = new L1Entry[](3);
        for (uint64 i = 0; i < 3; ++i) {
            entries[i] = depositEth(alice, 5 + i);
        }
        vm.warp(block.timestamp + DEADLINE + 1);
        Batch memory full;
        full.l1 = new L1Entry[](2);
        (full.l1[0], full.l1[1]) = (entries[0], entries[1]);
        commit(full, 0);
        rollup.activateExitMode();
        vm.assertEq(rollup.state().l1Finalized, 0, "all of them are free again");
    }

    /// @dev A batch that is committed in time but not proven is dropped: no proof of it counts any more.
    function test_activationDropsUnprovenBatches() public {
        commitAndProve(none(), 0);
        L1Entry memory entry = depositEth(alice, 5);
        IMillrace.BatchHeader memory second = commit(withL1(entry), 0);
        commit(none(), 0);
        forcedExit(alice, 1, 2, 3);
        vm.warp(block.timestamp + DEADLINE + 1);
        vm.expectEmit(true, true, true, true, address(rollup));
        emit IMillrace.BatchesReverted(2, 3, 0);
        rollup.activateExitMode();
        IMillrace.RollupState memory state = rollup.state();
        vm.assertEq(state.committedNumber, 1, "committed");
        vm.assertEq(state.l1Committed, 0, "queue");
        vm.assertEq(state.committedHash, state.finalizedHash, "hash");
        (IMillrace.BatchHeader[] memory headers, ProofPoints[] memory proofs, uint256[2][] memory sums) =
            _one(second);
        vm.expectRevert(abi.encodePacked(IMillrace.ExitModeActive.selector));
        rollup.proveBatches(headers, proofs, sums);
        refund(0, entry);
    }

    function test_nothingElseHappensInExitMode() public {
        IMillrace.BatchHeader memory header = headerOf(none(), 0, head);
        _exitMode();
        bytes memory refusal = abi.encodePacked(IMillrace.ExitModeActive.selector);
        (IMillrace.BatchHeader[] memory headers, ProofPoints[] memory proofs, uint256[2][] memory sums) =
            _one(header);
        IMillrace.BatchInput[] memory batches = new IMillrace.BatchInput[](1);
        batches[0] = input(none(), 0, 1);
        vm.expectRevert(refusal);
        rollup.commitBatches(headParentHash, head, batches);
        vm.expectRevert(refusal);
        rollup.commitAndProveBatches(batches, proofs, sums);
        vm.expectRevert(refusal);
        rollup.proveBatches(headers, proofs, sums);
        vm.expectRevert(refusal);
        rollup.revertBatches(header);
        vm.expectRevert(refusal);
        rollup.activateExitMode();
        vm.deal(alice, GWEI);
        vm.expectRevert(refusal);
        vm.prank(alice);
        rollup.deposit{value: GWEI}(1, GWEI, KEY_HASH);
        vm.expectRevert(refusal);
        vm.prank(alice);
        rollup.requestForcedExit(1, 2, 3);
    }

    // --------------------------------------------------------------------------------------------- reverting

    /// @dev All unproven batches go, however new, and the queue is where it was; then everything goes on.
    function test_revertsAllUnprovenBatches() public {
        L1Entry memory first = depositEth(alice, 5);
        IMillrace.BatchHeader memory final_ = commitAndProve(withL1(first), 0);
        bytes32 finalParent = headParentHash;
        L1Entry memory second = depositEth(alice, 6);
        IMillrace.BatchHeader memory oldest = commit(withL1(second), 0);
        vm.warp(block.timestamp + PROOF_DEADLINE + 1);
        L1Entry memory third = depositEth(bob, 7);
        commit(withL1(third), 1);
        vm.expectEmit(true, true, true, true, address(rollup));
        emit IMillrace.BatchesReverted(2, 3, 1);
        vm.prank(bob);
        revertTo(oldest, final_, finalParent);
        IMillrace.RollupState memory state = rollup.state();
        vm.assertEq(state.committedNumber, 1, "committed");
        vm.assertEq(state.l1Committed, 1, "queue");
        vm.assertEq(state.committedHash, headHash, "hash");
        vm.assertTrue(!state.exitMode, "op 1 is within its deadline");

        (IMillrace.BatchHeader[] memory headers, ProofPoints[] memory proofs, uint256[2][] memory sums) =
            _one(oldest);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.NotCommitted.selector, 2, hashOn(oldest)));
        rollup.proveBatches(headers, proofs, sums); // dropped is dropped
        Batch memory both;
        both.l1 = new L1Entry[](2);
        (both.l1[0], both.l1[1]) = (second, third);
        commitAndProve(both, 0);
        vm.assertEq(rollup.state().l1Finalized, 3, "queue, final");
    }

    /// @dev A late proof counts as long as nobody has reverted.
    function test_lateProofBeforeTheRevert() public {
        IMillrace.BatchHeader memory header = commit(none(), 0);
        vm.warp(block.timestamp + PROOF_DEADLINE + 1);
        prove(header);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.NotCommitted.selector, 1, hashOn(header)));
        rollup.revertBatches(header);
    }

    function test_revertsOnlyTheOldest() public {
        bytes32 root = headHash;
        IMillrace.BatchHeader memory none_ = headerOf(none(), 0, head);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.NotCommitted.selector, 1, hashOn(none_)));
        rollup.revertBatches(none_); // nothing is committed
        IMillrace.BatchHeader memory first = commit(none(), 0);
        vm.warp(block.timestamp + PROOF_DEADLINE + 1);
        IMillrace.BatchHeader memory second = commit(none(), 0);
        vm.expectRevert(
            abi.encodeWithSelector(IMillrace.NotCommitted.selector, 2, keccak256(abi.encode(root, second)))
        );
        rollup.revertBatches(second);
        first.committedAt -= 1; // each word counts
        vm.expectRevert(
            abi.encodeWithSelector(IMillrace.NotCommitted.selector, 1, keccak256(abi.encode(root, first)))
        );
        rollup.revertBatches(first);
    }

    /// @dev An operator that commits and never proves is held to the same deadline: what was restored is overdue by
    /// now, and there is no moment in which it could be committed once more.
    function test_revertOfOverdueOpsStartsExitMode() public {
        uint256 queued = block.timestamp;
        L1Entry memory entry = depositEth(alice, 5);
        vm.warp(queued + DEADLINE); // as late as it may be
        IMillrace.BatchHeader memory header = commit(withL1(entry), 0);
        vm.warp(queued + DEADLINE + PROOF_DEADLINE + 1);
        vm.expectEmit(true, true, true, true, address(rollup));
        emit IMillrace.ExitModeActivated(0, GENESIS_ROOT, 0);
        rollup.revertBatches(header);
        vm.assertTrue(rollup.state().exitMode, "on");
        refund(0, entry);
        vm.assertEq(alice.balance, 5 * GWEI, "paid back");
    }

    /// @dev Committed, reverted and committed again for as long as it goes: an op is final, or exit mode is open,
    /// at the latest l1Deadline + proofDeadline after it was queued.
    /// hardhat-config: fuzz.runs = 24
    function testFuzz_noOpWaitsBeyondBothDeadlines(uint256 seed) public {
        uint256 queued = block.timestamp;
        L1Entry memory entry = depositEth(alice, 5);
        uint256 bitsUsed = 0;
        while (!rollup.state().exitMode) {
            // The operator commits at some moment that the rules still allow, with the op or without.
            uint256 latest = queued + DEADLINE;
            uint256 wait = bound(uint32(seed >> bitsUsed), 0, latest - block.timestamp);
            bitsUsed = (bitsUsed + 7) % 224;
            vm.warp(block.timestamp + wait);
            IMillrace.BatchHeader memory oldest = commit(withL1(entry), 0);
            vm.warp(block.timestamp + PROOF_DEADLINE + 1);
            revertTo(oldest, genesis, 0);
            vm.assertTrue(block.timestamp <= queued + DEADLINE + PROOF_DEADLINE + 1, "in time");
        }
        refund(0, entry);
    }

    // ------------------------------------------------------------------------------------------------- exits

    function test_exitsOnceForEachIndex() public {
        depositEth(alice, 100);
        L1Entry[] memory entries = new L1Entry[](2);
        entries[0] = depositEntry(alice, 1, 100);
        entries[1] = depositToken(bob, 50);
        Batch memory batch;
        batch.l1 = entries;
        commitAndProve(batch, 0);
        _exitMode();
        vm.expectEmit(true, true, true, true, address(rollup));
        emit IMillrace.Exited(7, alice, 1, 60);
        exitOf(7, alice, 1, 60);
        exitOf(8, alice, 1, 40);
        exitOf(255, bob, tokenId, 50);
        vm.assertEq(alice.balance, 100 * GWEI, "ETH");
        vm.assertEq(token.balanceOf(bob), 5000, "token");
        vm.assertTrue(rollup.isExited(7) && rollup.isExited(8) && rollup.isExited(255), "exited");
        vm.assertTrue(!rollup.isExited(9), "not exited");
        Proof memory again = exitProof(head.newRoot, 7, alice, 1, 60);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.AlreadyExited.selector, 7));
        rollup.exit(7, alice, 1, 60, again);
        again.a = TrapdoorKey.negated(again.a); // another proof of the same
        again.b = TrapdoorKey.negatedG2(again.b);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.AlreadyExited.selector, 7));
        rollup.exit(7, alice, 1, 60, again);
    }

    function test_exitNeedsExitMode() public {
        commitAndProve(withL1(depositEth(alice, 100)), 0);
        Proof memory proof = exitProof(head.newRoot, 7, alice, 1, 60);
        vm.expectRevert(abi.encodePacked(IMillrace.ExitModeInactive.selector));
        rollup.exit(7, alice, 1, 60, proof);
    }

    /// @dev The proof holds for this root, index, owner, token and balance alone.
    function test_exitProofIsOfOneHolding() public {
        commitAndProve(withL1(depositEth(alice, 100)), 0);
        _exitMode();
        Proof memory proof = exitProof(head.newRoot, 7, alice, 1, 60);
        _refusesExit(6, alice, 1, 60, proof);
        _refusesExit(7, bob, 1, 60, proof);
        _refusesExit(7, alice, tokenId, 60, proof);
        _refusesExit(7, alice, 1, 61, proof);
        _refusesExit(7, alice, 1, 60, exitProof(GENESIS_ROOT, 7, alice, 1, 60)); // an older state
        uint256 holding = uint256(uint160(alice)) | (1 << 160) | (60 << 176);
        _refusesExit(7, alice, 1, 60, TrapdoorKey.prove(alpha(0), [head.newRoot, 7, holding], 1)); // a batch's key
        rollup.exit(7, alice, 1, 60, proof);
    }

    /// @dev 256 + 7 is account 7 to a circuit that looks at 8 bits.
    function test_exitIndexIsBelowTheTree() public {
        _exitMode();
        Proof memory proof = exitProof(GENESIS_ROOT, 263, alice, 1, 60);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.IndexOutOfRange.selector, 263));
        rollup.exit(263, alice, 1, 60, proof);
    }

    /// @dev An empty leaf has no token, whatever a proof says.
    function test_exitOfNoAccount() public {
        _exitMode();
        Proof memory proof = exitProof(GENESIS_ROOT, 3, address(0), 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.UnknownToken.selector, 0));
        rollup.exit(3, address(0), 0, 0, proof);
    }

    function test_ownerThatRefusesEthKeepsItsExit() public {
        Receiver receiver = new Receiver();
        commitAndProve(withL1(depositEth(alice, 100)), 0);
        _exitMode();
        Proof memory proof = exitProof(head.newRoot, 7, address(receiver), 1, 60);
        Receiver.Mode[2] memory refusing = [Receiver.Mode.Revert, Receiver.Mode.BurnGas];
        for (uint256 i = 0; i < 2; ++i) {
            receiver.set(refusing[i], "");
            vm.expectRevert(abi.encodeWithSelector(IMillrace.EthTransferFailed.selector, receiver));
            rollup.exit{gas: 3_000_000}(7, address(receiver), 1, 60, proof);
            vm.assertTrue(!rollup.isExited(7), "not exited");
        }
        exitOf(8, alice, 1, 40); // others are not held up
        receiver.set(Receiver.Mode.Take, "");
        rollup.exit(7, address(receiver), 1, 60, proof);
        vm.assertEq(address(receiver).balance, 60 * GWEI, "paid");
    }

    function test_refusesExitWithinAnExit() public {
        Receiver receiver = new Receiver();
        L1Entry memory entry = depositEth(alice, 100);
        commitAndProve(withL1(entry), 0);
        L1Entry memory late = depositEth(alice, 30);
        vm.warp(block.timestamp + DEADLINE + 1);
        rollup.activateExitMode();
        bytes[3] memory calls = [
            abi.encodeCall(
                IMillrace.exit,
                (8, address(receiver), 1, 40, exitProof(head.newRoot, 8, address(receiver), 1, 40))
            ),
            abi.encodeCall(IMillrace.refundDeposit, (1, late.e0, late.e1, late.e2)),
            abi.encodeCall(IMillrace.claim, (1, 0, address(receiver), 1, 1, new bytes32[](0)))
        ];
        for (uint32 i = 0; i < 3; ++i) {
            receiver.set(Receiver.Mode.Reenter, calls[i]);
            exitOf(20 + i, address(receiver), 1, 10);
            bytes4 locked = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
            vm.assertEq(bytes32(receiver.refusal()), bytes32(locked), "locked");
        }
    }

    function test_blockedOwnerKeepsItsExit() public {
        BlocklistingToken blocking = new BlocklistingToken();
        uint16 id = rollup.registerToken(address(blocking), 0);
        blocking.mint(alice, 10);
        vm.prank(alice);
        blocking.approve(address(rollup), 10);
        vm.prank(alice);
        rollup.deposit(id, 10, KEY_HASH);
        commitAndProve(withL1(depositEntry(alice, id, 10)), 0);
        _exitMode();
        blocking.setBlocked(alice, true);
        Proof memory proof = exitProof(head.newRoot, 7, alice, id, 4);
        vm.expectRevert(abi.encodeWithSelector(BlocklistingToken.Blocked.selector, alice));
        rollup.exit(7, alice, id, 4, proof);
        exitOf(8, bob, id, 6);
        blocking.setBlocked(alice, false);
        rollup.exit(7, alice, id, 4, proof);
        vm.assertEq(blocking.balanceOf(alice), 4, "paid");
    }

    function test_tokenThatReturnsFalseDoesNotPay() public {
        FalseReturningToken falsy = new FalseReturningToken();
        uint16 id = rollup.registerToken(address(falsy), 0);
        falsy.mint(alice, 10);
        vm.prank(alice);
        falsy.approve(address(rollup), 10);
        vm.prank(alice);
        rollup.deposit(id, 10, KEY_HASH);
        commitAndProve(withL1(depositEntry(alice, id, 10)), 0);
        _exitMode();
        falsy.setFrozen(true);
        Proof memory proof = exitProof(head.newRoot, 7, alice, id, 10);
        vm.expectPartialRevert(SAFE_ERC20_FAILED);
        rollup.exit(7, alice, id, 10, proof);
        falsy.setFrozen(false);
        rollup.exit(7, alice, id, 10, proof);
    }

    bytes4 private constant SAFE_ERC20_FAILED = bytes4(keccak256("SafeERC20FailedOperation(address)"));

    // ----------------------------------------------------------------------------------------------- refunds

    function test_refundsUnprocessedDepositsOnce() public {
        L1Entry memory done = depositEth(alice, 5);
        commitAndProve(withL1(done), 0);
        L1Entry memory eth = depositEth(alice, 6);
        L1Entry memory erc20 = depositToken(bob, 7);
        L1Entry memory other = forcedExit(bob, 1, 2, 3);
        vm.expectRevert(abi.encodePacked(IMillrace.ExitModeInactive.selector));
        refund(1, eth);
        vm.warp(block.timestamp + DEADLINE + 1);
        rollup.activateExitMode();
        uint256 before = alice.balance;

        vm.expectRevert(abi.encodeWithSelector(IMillrace.L1OpProcessed.selector, 0));
        refund(0, done);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.L1OpMismatch.selector, 1));
        refund(1, erc20);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.NotADeposit.selector, 3));
        refund(3, other);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.L1QueueExhausted.selector, 4));
        refund(4, eth);
        eth.e0 ^= 1 << 24; // one unit more
        vm.expectRevert(abi.encodeWithSelector(IMillrace.L1OpMismatch.selector, 1));
        refund(1, eth);
        eth.e0 ^= 1 << 24;

        vm.expectEmit(true, true, true, true, address(rollup));
        emit IMillrace.DepositRefunded(1, alice, 1, 6);
        refund(1, eth);
        refund(2, erc20);
        vm.assertEq(alice.balance - before, 6 * GWEI, "ETH");
        vm.assertEq(token.balanceOf(bob), 700, "token");
        vm.assertTrue(rollup.isRefunded(1) && rollup.isRefunded(2) && !rollup.isRefunded(0), "refunded");
        vm.expectRevert(abi.encodeWithSelector(IMillrace.DepositAlreadyRefunded.selector, 1));
        refund(1, eth);
        vm.assertEq(rollup.tokens(1).held, 5, "what is left is in accounts");
    }

    // ------------------------------------------------------------------------------------------------ claims

    function test_payoutsStayClaimable() public {
        Batch memory batch = withL1(depositEth(alice, 100));
        batch.ops = new Op[](1);
        batch.ops[0] = withdrawal(bob, 1, 30);
        commitAndProve(batch, 0);
        _exitMode();
        rollup.claim(1, 0, bob, 1, 30, payoutProof(batch, 0));
        exitOf(1, alice, 1, 70);
        vm.assertEq(address(rollup).balance, 0, "everybody is out");
    }

    // ----------------------------------------------------------------------------------------------- helpers

    function _exitMode() private {
        forcedExit(bob, 0, 1, 1);
        vm.warp(block.timestamp + DEADLINE + 1);
        rollup.activateExitMode();
    }

    function _refusesActivation() private {
        vm.expectRevert(abi.encodePacked(IMillrace.NoOverdueL1Op.selector));
        rollup.activateExitMode();
    }

    function _refusesExit(uint32 index, address owner, uint16 id, uint64 units, Proof memory proof) private {
        vm.expectRevert(abi.encodePacked(IGroth16Verifier.InvalidProof.selector));
        rollup.exit(index, owner, id, units, proof);
    }

    /// @dev Hash of the header on top of the newest finalized one.
    function hashOn(IMillrace.BatchHeader memory header) private view returns (bytes32) {
        return keccak256(abi.encode(rollup.state().finalizedHash, header));
    }
}
