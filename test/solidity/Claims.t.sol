// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IMillrace} from "../../contracts/interfaces/IMillrace.sol";
import {
    FalseReturningToken,
    FeeOnTransferToken,
    NoReturnToken,
    OverdrawingToken,
    ReentrantToken
} from "../../contracts/test/HostileTokens.sol";
import {TestToken} from "../../contracts/test/TestToken.sol";
import {Batch, L1Entry, Op} from "./support/BatchData.sol";
import {Receiver} from "./support/Receiver.sol";
import {RollupFixture} from "./support/RollupFixture.sol";
import {bound, vm} from "./support/Vm.sol";

contract ClaimsTest is RollupFixture {
    function setUp() public {
        setUpRollup();
    }

    /// @dev Batches with 1 to 12 payouts: each is paid exactly once, to its owner, in any order.
    /// hardhat-config: fuzz.runs = 16
    function testFuzz_paysEveryPayoutOnce(uint256 seed) public {
        depositEth(alice, 1000);
        Batch memory batch = withL1(depositToken(alice, 1000));
        batch.l1[0] = depositEntry(alice, 1, 1000);
        uint256 count = bound(seed, 1, 12);
        batch.ops = new Op[](count);
        for (uint256 i = 0; i < count; ++i) {
            batch.ops[i] = withdrawal(_owner(seed, i), i % 2 == 0 ? 1 : tokenId, uint64(i + 1));
        }
        commitAndProve(batch, 1);
        for (uint256 k = 0; k < count; ++k) {
            uint256 i = (k * 5 + seed % 7) % count; // some twice
            bytes32[] memory proof = payoutProof(batch, i);
            uint16 id = uint16(batch.ops[i].to);
            if (rollup.isClaimed(1, i)) {
                vm.expectRevert(abi.encodeWithSelector(IMillrace.PayoutAlreadyClaimed.selector, 1, i));
                rollup.claim(1, i, _owner(seed, i), id, uint64(i + 1), proof);
                continue;
            }
            uint256 before = _balance(id, _owner(seed, i));
            vm.expectEmit(true, true, true, true, address(rollup));
            emit IMillrace.PayoutClaimed(1, i, _owner(seed, i), id, uint64(i + 1));
            vm.prank(bob);
            rollup.claim(1, i, _owner(seed, i), id, uint64(i + 1), proof);
            uint256 unit = id == 1 ? GWEI : 100;
            vm.assertEq(_balance(id, _owner(seed, i)), before + (i + 1) * unit, "paid");
        }
        vm.assertEq(address(rollup).balance, rollup.tokens(1).held * GWEI, "held ETH");
        vm.assertEq(token.balanceOf(address(rollup)), uint256(rollup.tokens(tokenId).held) * 100, "held tokens");
    }

    /// @dev A forced exit's payout and a deposit that is paid back come before the withdrawals.
    function test_paysL1Results() public {
        Batch memory batch = withOp(withdrawal(bob, 1, 1));
        batch.l1 = new L1Entry[](2);
        batch.l1[0] = depositEth(alice, 10);
        batch.l1[0].result = (1 << 32) | (uint256(4) << 48);
        batch.l1[1] = forcedExit(bob, 3, 4, 5);
        batch.l1[1].result = 3 | (uint256(1) << 32) | (uint256(5) << 48);
        commitAndProve(batch, 0);
        rollup.claim(1, 0, alice, 1, 4, payoutProof(batch, 0));
        rollup.claim(1, 1, bob, 1, 5, payoutProof(batch, 1));
        rollup.claim(1, 2, bob, 1, 1, payoutProof(batch, 2));
        vm.assertEq(alice.balance, 4 * GWEI, "alice");
        vm.assertEq(bob.balance, 6 * GWEI, "bob");
    }

    function test_refusesWhatIsNotInTheBatch() public {
        Batch memory batch = withL1(depositEth(alice, 100));
        batch.ops = new Op[](3);
        for (uint64 i = 0; i < 3; ++i) {
            batch.ops[i] = withdrawal(bob, 1, 10 + i);
        }
        commit(batch, 0);
        bytes32[] memory proof = payoutProof(batch, 1);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.NoPayouts.selector, 1));
        rollup.claim(1, 1, bob, 1, 11, proof); // not final yet
        prove(head);

        bytes memory refusal = abi.encodeWithSelector(IMillrace.PayoutNotInBatch.selector, 1, 1);
        _refuses(1, alice, 1, 11, proof, refusal);
        _refuses(1, bob, tokenId, 11, proof, refusal);
        _refuses(1, bob, 1, 12, proof, refusal);
        _refuses(1, bob, 1, 11, payoutProof(batch, 0), refusal);
        _refuses(1, bob, 1, 11, new bytes32[](0), refusal);
        refusal = abi.encodeWithSelector(IMillrace.PayoutNotInBatch.selector, 1, 3);
        _refuses(3, bob, 1, 11, proof, refusal);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.NoPayouts.selector, 2));
        rollup.claim(2, 1, bob, 1, 11, proof);
        rollup.claim(1, 1, bob, 1, 11, proof);
        refusal = abi.encodeWithSelector(IMillrace.PayoutAlreadyClaimed.selector, 1, 1);
        _refuses(1, bob, 1, 11, proof, refusal);
        rollup.claim(1, 0, bob, 1, 10, payoutProof(batch, 0));
    }

    function test_refusesClaimsOnABatchWithoutPayouts() public {
        Batch memory batch = withL1(depositEth(alice, 100));
        commitAndProve(batch, 0);
        vm.assertEq(rollup.payoutsRoot(1), 0, "no payouts");
        vm.expectRevert(abi.encodeWithSelector(IMillrace.NoPayouts.selector, 1));
        rollup.claim(1, 0, bob, 1, 1, new bytes32[](0));
    }

    // ------------------------------------------------------------------------------------ hostile receivers

    function test_ownerThatRefusesEthKeepsItsClaim() public {
        Receiver receiver = new Receiver();
        _owe(address(receiver), 1, 100);
        receiver.set(Receiver.Mode.Revert, "");
        _refuses(0, address(receiver), 1, 100, new bytes32[](0), abi.encodeWithSelector(IMillrace.EthTransferFailed.selector, receiver));
        vm.assertTrue(!rollup.isClaimed(1, 0), "claim is kept");
        receiver.set(Receiver.Mode.Take, "");
        rollup.claim(1, 0, address(receiver), 1, 100, new bytes32[](0));
        vm.assertEq(address(receiver).balance, 100 * GWEI, "paid");
    }

    /// @dev What the owner returns is not copied, at the claimer's cost, into memory.
    function test_ownerThatReturnsMuch() public {
        Receiver receiver = new Receiver();
        _owe(address(receiver), 1, 100);
        receiver.set(Receiver.Mode.ReturnMuch, "");
        rollup.claim(1, 0, address(receiver), 1, 100, new bytes32[](0));
        vm.assertEq(address(receiver).balance, 100 * GWEI, "paid");
    }

    function test_refusesClaimWithinAClaim() public {
        Receiver receiver = new Receiver();
        _owe(address(receiver), 1, 100);
        bytes memory again = abi.encodeCall(rollup.claim, (1, 0, address(receiver), 1, 100, new bytes32[](0)));
        receiver.set(Receiver.Mode.Reenter, again);
        rollup.claim(1, 0, address(receiver), 1, 100, new bytes32[](0));
        vm.assertEq(
            bytes32(receiver.refusal()), bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector), "why"
        );
        vm.assertEq(address(receiver).balance, 100 * GWEI, "paid once");
    }

    // --------------------------------------------------------------------------------------- hostile tokens

    function test_paysTokensThatReturnNothing() public {
        NoReturnToken token_ = new NoReturnToken();
        uint16 id = _registerAndDeposit(address(token_));
        _owe(bob, id, 100);
        rollup.claim(1, 0, bob, id, 100, new bytes32[](0));
        vm.assertEq(token_.balanceOf(bob), 100, "paid");
    }

    function test_refusesTokenThatReturnsFalse() public {
        FalseReturningToken token_ = new FalseReturningToken();
        uint16 id = _registerAndDeposit(address(token_));
        _owe(bob, id, 100);
        vm.prank(address(rollup));
        token_.transfer(alice, 1000); // the token lost the rollup's balance
        _refuses(0, bob, id, 100, new bytes32[](0), abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, token_));
        vm.assertTrue(!rollup.isClaimed(1, 0), "claim is kept");
    }

    /// @dev A token that takes its fee from the sender would take it from the other holders.
    function test_refusesTokenThatTakesMore() public {
        OverdrawingToken token_ = new OverdrawingToken();
        uint16 id = _registerAndDeposit(address(token_));
        _owe(bob, id, 100);
        token_.setGreedy(true);
        _refuses(0, bob, id, 100, new bytes32[](0), abi.encodeWithSelector(IMillrace.TokenOverdraws.selector, id, 100, 200));
        token_.setGreedy(false);
        rollup.claim(1, 0, bob, id, 100, new bytes32[](0));
    }

    function test_paysTokenWithAFee() public {
        FeeOnTransferToken token_ = new FeeOnTransferToken();
        uint16 id = _registerAndDeposit(address(token_));
        _owe(bob, id, 100);
        rollup.claim(1, 0, bob, id, 100, new bytes32[](0));
        vm.assertEq(token_.balanceOf(bob), 99, "less the fee");
        vm.assertEq(token_.balanceOf(address(rollup)), rollup.tokens(id).held, "solvent");
    }

    function test_refusesReentrantToken() public {
        ReentrantToken token_ = new ReentrantToken();
        uint16 id = _registerAndDeposit(address(token_));
        _owe(bob, id, 100);
        token_.setCall(address(rollup), abi.encodeCall(rollup.claim, (1, 0, bob, id, 100, new bytes32[](0))));
        rollup.claim(1, 0, bob, id, 100, new bytes32[](0));
        vm.assertTrue(token_.calls() > 0 && !token_.succeeded(), "refused");
        vm.assertEq(token_.balanceOf(bob), 100, "paid once");
    }

    /// @dev What only an unsound circuit could prove still cannot take more than is held.
    function test_neverPaysMoreThanIsHeld() public {
        depositEth(alice, 10);
        commitAndProve(withOp(withdrawal(bob, 1, 11)), 0);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        rollup.claim(1, 0, bob, 1, 11, new bytes32[](0));
        commitAndProve(withOp(withdrawal(bob, 77, 11)), 0);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.UnknownToken.selector, 77));
        rollup.claim(2, 0, bob, 77, 11, new bytes32[](0));
    }

    // ---------------------------------------------------------------------------------------------- helpers

    /// @dev Finalizes batch 1, whose only payout this is.
    function _owe(address owner, uint16 id, uint64 units) private {
        if (id == 1) depositEth(alice, units);
        commitAndProve(withOp(withdrawal(owner, id, units)), 0);
    }

    function _registerAndDeposit(address token_) private returns (uint16 id) {
        id = rollup.registerToken(token_, 0);
        TestToken(token_).mint(alice, 1000);
        // A raw call: not every token returns what ERC-20 says.
        vm.prank(alice);
        (bool done,) = token_.call(abi.encodeCall(TestToken(token_).approve, (address(rollup), 1000)));
        vm.assertTrue(done, "approve");
        vm.prank(alice);
        rollup.deposit(id, 1000, KEY_HASH);
    }

    function _refuses(
        uint256 index,
        address owner,
        uint16 id,
        uint64 units,
        bytes32[] memory proof,
        bytes memory refusal
    ) private {
        vm.expectRevert(refusal);
        rollup.claim(1, index, owner, id, units, proof);
    }

    function _owner(uint256 seed, uint256 i) private pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode(seed, "owner", i)))));
    }

    function _balance(uint16 id, address owner) private view returns (uint256) {
        return id == 1 ? owner.balance : token.balanceOf(owner);
    }
}
