// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IMillrace} from "../../contracts/interfaces/IMillrace.sol";
import {R} from "../../contracts/libraries/Bn254.sol";
import {TokenVault} from "../../contracts/libraries/TokenVault.sol";
import {
    FalseReturningToken,
    FeeOnTransferToken,
    LyingToken,
    NoReturnToken,
    ReentrantToken
} from "../../contracts/test/HostileTokens.sol";
import {TestToken} from "../../contracts/test/TestToken.sol";
import {L1Entry} from "./support/BatchData.sol";
import {RollupFixture} from "./support/RollupFixture.sol";
import {bound, vm} from "./support/Vm.sol";

/// @dev A vault whose number of tokens can be set.
contract VaultHarness {
    using TokenVault for TokenVault.Vault;

    TokenVault.Vault private vault;

    function register(uint16 count, address token) external {
        vault.count = count;
        vault.register(token, 0);
    }
}

contract DepositsTest is RollupFixture {
    function setUp() public {
        setUpRollup();
    }

    // ---------------------------------------------------------------------------------------------- tokens

    function test_ethIsTokenOne() public view {
        IMillrace.Token memory eth = rollup.tokens(1);
        vm.assertEq(eth.token, address(0), "address");
        vm.assertEq(eth.unitExponent, 9, "unit");
    }

    function test_registersTokensFromTwo() public {
        TestToken other = new TestToken("Other", "OTHER", 18);
        vm.assertEq(tokenId, 2, "first id");
        vm.expectEmit(true, true, true, true, address(rollup));
        emit IMillrace.TokenRegistered(3, address(other), 18);
        vm.assertEq(rollup.registerToken(address(other), 18), 3, "second id");
        vm.assertEq(rollup.tokenId(address(other)), 3, "by address");
        vm.assertEq(rollup.tokenCount(), 3, "count");
        vm.assertEq(rollup.tokens(3).token, address(other), "by id");
    }

    function test_registerRefusals() public {
        address other = address(new TestToken("Other", "OTHER", 18));
        vm.expectRevert(abi.encodeWithSelector(IMillrace.NotOperator.selector, alice));
        vm.prank(alice);
        rollup.registerToken(other, 0);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.UnitExponentOutOfRange.selector, 19));
        rollup.registerToken(other, 19);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.NotAContract.selector, alice));
        rollup.registerToken(alice, 0);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.NotAContract.selector, address(0)));
        rollup.registerToken(address(0), 9);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.TokenAlreadyRegistered.selector, address(token)));
        rollup.registerToken(address(token), 2);
        VaultHarness vault = new VaultHarness();
        vault.register(type(uint16).max - 1, other);
        vm.expectRevert(abi.encodePacked(IMillrace.TooManyTokens.selector));
        vault.register(type(uint16).max, address(token));
    }

    // -------------------------------------------------------------------------------------------- deposits

    function testFuzz_queuesEthDeposit(address from, uint64 units, uint256 keyHash, uint40 time) public {
        if (from == address(rollup)) return;
        units = units == 0 ? 1 : units;
        keyHash = bound(keyHash, 1, R - 1);
        vm.warp(time);
        vm.deal(from, uint256(units) * GWEI);
        L1Entry memory entry = depositEntry(from, 1, units);
        entry.e0 = (entry.e0 & ~uint256(0xfc)) | ((keyHash >> 248) << 2);
        vm.expectEmit(true, true, true, true, address(rollup));
        emit IMillrace.L1OpQueued(0, from, entry.e0, keyHash & LOW_MASK, 0, time);
        vm.prank(from);
        rollup.deposit{value: uint256(units) * GWEI}(1, uint256(units) * GWEI, keyHash);
        (uint40 timestamp, uint216 opHash) = rollup.l1Queue(0);
        vm.assertEq(timestamp, time, "timestamp");
        bytes32 expected = keccak256(abi.encode(0, entry.e0, keyHash & LOW_MASK, 0));
        vm.assertEq(opHash, uint256(expected) >> 40, "hash");
        vm.assertEq(rollup.tokens(1).held, units, "held");
        vm.assertEq(address(rollup).balance, uint256(units) * GWEI, "balance");
    }

    function testFuzz_queuesTokenDeposits(uint64 first, uint64 second) public {
        (uint64 a, uint64 b) = (uint64(bound(first, 1, 2 ** 63)), uint64(bound(second, 1, 2 ** 63 - 1)));
        depositToken(alice, a);
        depositToken(bob, b);
        vm.assertEq(rollup.tokens(tokenId).held, uint256(a) + b, "held");
        vm.assertEq(token.balanceOf(address(rollup)), (uint256(a) + b) * 100, "balance");
        vm.assertEq(rollup.state().l1QueueLength, 2, "length");
        (, uint216 opHash) = rollup.l1Queue(1);
        L1Entry memory entry = depositEntry(bob, tokenId, b);
        vm.assertEq(opHash, uint256(keccak256(abi.encode(1, entry.e0, entry.e1, entry.e2))) >> 40, "hash");
    }

    function test_depositRefusals() public {
        vm.deal(address(this), 10 ether);
        _refuses(3, 0, abi.encodeWithSelector(IMillrace.UnknownToken.selector, 3), 0);
        _refuses(0, 0, abi.encodeWithSelector(IMillrace.UnknownToken.selector, 0), 0);
        _refuses(1, GWEI, abi.encodeWithSelector(IMillrace.WrongValue.selector, GWEI, 2 * GWEI), 2 * GWEI);
        _refuses(1, GWEI, abi.encodeWithSelector(IMillrace.WrongValue.selector, GWEI, 0), 0);
        _refuses(tokenId, 100, abi.encodeWithSelector(IMillrace.WrongValue.selector, 0, 1), 1);
        bytes memory uneven = abi.encodeWithSelector(IMillrace.AmountNotInUnits.selector, GWEI + 1, GWEI);
        _refuses(1, GWEI + 1, uneven, GWEI + 1);
        uneven = abi.encodeWithSelector(IMillrace.AmountNotInUnits.selector, 99, 100);
        _refuses(tokenId, 99, uneven, 0);
        _refuses(1, 0, abi.encodePacked(IMillrace.AmountZero.selector), 0);
        _refuses(tokenId, 0, abi.encodePacked(IMillrace.AmountZero.selector), 0);
    }

    function test_refusesKeyHashOutOfRange() public {
        vm.deal(address(this), 10 ether);
        uint256[3] memory bad = [0, R, type(uint256).max];
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IMillrace.KeyHashOutOfRange.selector, bad[i]));
            rollup.deposit{value: GWEI}(1, GWEI, bad[i]);
        }
    }

    function test_refusesDepositsAboveTheCap() public {
        depositEth(alice, type(uint64).max - 1);
        vm.deal(address(this), 10 ether);
        bytes memory refusal =
            abi.encodeWithSelector(IMillrace.TokenCapExceeded.selector, 1, type(uint64).max - 1, 2);
        _refuses(1, 2 * GWEI, refusal, 2 * GWEI);
        depositEth(alice, 1);
        _refuses(1, GWEI, abi.encodeWithSelector(IMillrace.TokenCapExceeded.selector, 1, type(uint64).max, 1), GWEI);
    }

    function test_refusesEthThatIsNoDeposit() public {
        vm.deal(address(this), 1 ether);
        (bool done,) = address(rollup).call{value: 1}("");
        vm.assertTrue(!done, "plain transfer");
        (done,) = address(rollup).call{value: 1}(abi.encodeCall(rollup.requestForcedExit, (0, 0, 0)));
        vm.assertTrue(!done, "with a call");
    }

    // -------------------------------------------------------------------------------------- forced exits

    function testFuzz_queuesForcedExit(address from, uint8 index, uint256 ax, uint256 ay) public {
        (ax, ay) = (ax % R, ay % R);
        L1Entry memory entry = forcedExit(from, index, ax, ay);
        (, uint216 opHash) = rollup.l1Queue(0);
        vm.assertEq(opHash, uint256(keccak256(abi.encode(0, entry.e0, entry.e1, entry.e2))) >> 40, "hash");
        vm.assertEq(entry.e0 >> 248, 0, "e0 below 2^248");
    }

    function test_forcedExitRefusals() public {
        vm.expectRevert(abi.encodeWithSelector(IMillrace.IndexOutOfRange.selector, 256));
        rollup.requestForcedExit(256, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.IndexOutOfRange.selector, type(uint32).max));
        rollup.requestForcedExit(type(uint32).max, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.PublicKeyOutOfRange.selector, R, 1));
        rollup.requestForcedExit(255, R, 1);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.PublicKeyOutOfRange.selector, 1, R));
        rollup.requestForcedExit(255, 1, R);
        vm.expectRevert(abi.encodeWithSelector(IMillrace.L1QueueExhausted.selector, 0));
        rollup.l1Queue(0);
    }

    // ------------------------------------------------------------------------------------- hostile tokens

    function test_creditsWhatArrivesOfATokenWithAFee() public {
        FeeOnTransferToken fee = new FeeOnTransferToken();
        uint16 id = rollup.registerToken(address(fee), 2);
        fee.mint(address(this), 1_000_100);
        fee.approve(address(rollup), 1_000_100);
        rollup.deposit(id, 1_000_100, KEY_HASH); // 990,099 arrive: 9,900 units and 99 left over
        vm.assertEq(rollup.tokens(id).held, 9_900, "held");
        vm.assertEq(fee.balanceOf(address(rollup)), 990_099, "balance");
        fee.mint(address(this), 100);
        fee.approve(address(rollup), 100);
        _refuses(id, 100, abi.encodePacked(IMillrace.AmountZero.selector), 0);
    }

    function test_refusesFalseReturningToken() public {
        FalseReturningToken token_ = new FalseReturningToken();
        uint16 id = rollup.registerToken(address(token_), 0);
        token_.mint(address(this), 5);
        _refuses(id, 5, abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, token_), 0);
        token_.approve(address(rollup), 5);
        rollup.deposit(id, 5, KEY_HASH);
        vm.assertEq(rollup.tokens(id).held, 5, "held");
    }

    function test_refusesTokenThatMovesNothing() public {
        uint16 id = rollup.registerToken(address(new LyingToken()), 0);
        _refuses(id, 5, abi.encodePacked(IMillrace.AmountZero.selector), 0);
    }

    function test_takesNoReturnToken() public {
        NoReturnToken token_ = new NoReturnToken();
        uint16 id = rollup.registerToken(address(token_), 0);
        token_.mint(address(this), 5);
        token_.approve(address(rollup), 5);
        rollup.deposit(id, 5, KEY_HASH);
        vm.assertEq(rollup.tokens(id).held, 5, "held");
    }

    /// @dev A deposit within a deposit would count what arrives twice.
    function test_refusesDepositWithinADeposit() public {
        ReentrantToken token_ = new ReentrantToken();
        uint16 id = rollup.registerToken(address(token_), 0);
        token_.mint(address(this), 5);
        token_.approve(address(rollup), 5);
        token_.setCall(address(rollup), abi.encodeCall(rollup.deposit, (id, 5, KEY_HASH)));
        rollup.deposit(id, 5, KEY_HASH);
        vm.assertEq(token_.calls(), 1, "tried");
        vm.assertTrue(!token_.succeeded(), "refused");
        vm.assertEq(
            bytes32(token_.returned()), bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector), "why"
        );
        vm.assertEq(rollup.tokens(id).held, 5, "held");
        vm.assertEq(rollup.state().l1QueueLength, 1, "queued");
    }

    function _refuses(uint16 id, uint256 amount, bytes memory refusal, uint256 value) private {
        vm.expectRevert(refusal);
        rollup.deposit{value: value}(id, amount, KEY_HASH);
    }
}
