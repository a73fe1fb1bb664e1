// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {TestToken} from "./TestToken.sol";

/// @dev Burns 1% of every transfer, so that less arrives than was sent.
contract FeeOnTransferToken is TestToken("Fee", "FEE", 18) {
    function _update(address from, address to, uint256 value) internal override {
        uint256 fee = from == address(0) || to == address(0) ? 0 : value / 100;
        super._update(from, to, value - fee);
        if (fee > 0) super._update(from, address(0), fee);
    }
}

/// @dev Takes from the sender twice what was sent once `greedy` is set.
contract OverdrawingToken is TestToken("Overdraw", "OVER", 18) {
    bool public greedy;

    function setGreedy(bool greedy_) external {
        greedy = greedy_;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (greedy && from != address(0) && to != address(0)) super._update(from, address(0), value);
    }
}

/// @dev Calls `target` with `data` in the middle of every transfer, as a token with hooks would let its
/// users do, and keeps what came of it.
contract ReentrantToken is TestToken("Reentrant", "REENT", 18) {
    address public target;
    bytes public data;
    uint256 public calls;
    bool public succeeded;
    bytes public returned;

    function setCall(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (target == address(0) || from == address(0)) return;
        ++calls;
        (succeeded, returned) = target.call(data);
    }
}

/// @dev Moves nothing from or to those on its list.
contract BlocklistingToken is TestToken("Block", "BLOCK", 6) {
    error Blocked(address account);

    mapping(address account => bool) public blocked;

    function setBlocked(address account, bool blocked_) external {
        blocked[account] = blocked_;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (blocked[from]) revert Blocked(from);
        if (blocked[to]) revert Blocked(to);
        super._update(from, to, value);
    }
}

/// @dev Returns false, and moves nothing, where others revert; also while it is `frozen`.
contract FalseReturningToken is TestToken("False", "FALSE", 18) {
    bool public frozen;

    function setFrozen(bool frozen_) external {
        frozen = frozen_;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        return !frozen && balanceOf(msg.sender) >= value && super.transfer(to, value);
    }

    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        if (balanceOf(from) < value || allowance(from, msg.sender) < value) return false;
        return super.transferFrom(from, to, value);
    }
}

/// @dev Claims success and moves nothing.
contract LyingToken is TestToken("Lie", "LIE", 18) {
    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return true;
    }
}

/// @dev An early token: its functions return nothing at all.
contract NoReturnToken {
    mapping(address account => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}
