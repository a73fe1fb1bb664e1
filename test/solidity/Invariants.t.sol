// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IMillrace} from "../../contracts/interfaces/IMillrace.sol";
import {RollupActions} from "./support/RollupActions.sol";
import {vm} from "./support/Vm.sol";

/// @dev Functions of a contract, as the test runner takes them.
struct FuzzSelector {
    address addr;
    bytes4[] selectors;
}

/// @dev What holds after every call of every sequence of {RollupActions}. How many: hardhat.config.ts.
contract InvariantsTest {
    RollupActions private actions;
    IMillrace private rollup;

    function setUp() public {
        actions = new RollupActions();
        rollup = actions.theRollup();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(actions);
    }

    /// @dev All calls but {RollupActions-everybodyLeaves}, which ends a sequence.
    function excludeSelectors() external view returns (FuzzSelector[] memory excluded) {
        excluded = new FuzzSelector[](1);
        excluded[0].addr = address(actions);
        excluded[0].selectors = new bytes4[](1);
        excluded[0].selectors[0] = RollupActions.everybodyLeaves.selector;
    }

    function invariant_all() public view {
        vm.assertEq(keccak256(bytes(actions.broken())), keccak256(""), actions.broken());
        _solvent();
        _rootIsProven();
        _paidOnce();
        _queueInOrder();
        vm.assertTrue(rollup.state().exitMode == actions.exitMode(), "exit mode");
    }

    /// @dev At the end of every sequence: everybody gets out, and nothing is left that belongs to anyone.
    function afterInvariant() external {
        actions.everybodyLeaves();
        invariant_all();
        for (uint16 id = 1; id <= actions.TOKENS(); ++id) {
            vm.assertEq(rollup.tokens(id).held, 0, "nothing is left");
        }
    }

    /// @dev The rollup has of each token what it owes, and owes what the model says.
    function _solvent() private view {
        for (uint16 id = 1; id <= actions.TOKENS(); ++id) {
            IMillrace.Token memory token = rollup.tokens(id);
            uint256 balance =
                id == 1 ? address(rollup).balance : IERC20(token.token).balanceOf(address(rollup));
            uint256 owed = actions.queued(id) + actions.onL2(id) + actions.leaving(id);
            vm.assertEq(token.held, owed, "held");
            vm.assertTrue(balance >= owed * 10 ** token.unitExponent, "solvent");
        }
    }

    function _rootIsProven() private view {
        IMillrace.RollupState memory state = rollup.state();
        vm.assertEq(state.finalizedRoot, actions.root(), "root");
        vm.assertEq(state.finalizedNumber, actions.finalizedNumber(), "number");
        vm.assertTrue(state.finalizedNumber <= state.committedNumber, "order");
    }

    function _paidOnce() private view {
        for (uint256 i = 0; i < actions.dueCount(); ++i) {
            RollupActions.Due memory due = actions.due(i);
            vm.assertTrue(due.paid <= 1, "paid once");
            vm.assertTrue(rollup.isClaimed(due.batch, due.index) == (due.paid == 1), "claimed");
        }
    }

    function _queueInOrder() private view {
        IMillrace.RollupState memory state = rollup.state();
        vm.assertEq(state.l1Committed, actions.consumed(), "consumed");
        vm.assertEq(state.l1QueueLength, actions.queueLength(), "length");
        vm.assertTrue(state.l1Finalized <= state.l1Committed && state.l1Committed <= state.l1QueueLength, "order");
    }
}
