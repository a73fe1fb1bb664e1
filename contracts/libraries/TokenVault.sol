// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {IMillrace} from "../interfaces/IMillrace.sol";

/// @title Registered tokens and what the rollup holds of each
/// @notice `held` counts units that the rollup owes. Every function that moves money keeps the rollup's
/// balance of a token at or above `held` units of it, whatever the token's contract does within the call;
/// callers hold the reentrancy lock.
library TokenVault {
    using SafeERC20 for IERC20;

    uint16 internal constant ETH = 1;
    uint8 private constant ETH_UNIT_EXPONENT = 9;
    uint8 private constant MAX_UNIT_EXPONENT = 18;

    struct Vault {
        mapping(uint16 id => IMillrace.Token) tokens;
        mapping(address token => uint16 id) ids;
        uint16 count;
    }

    /// @notice Makes ETH token 1. Once, before any other token.
    function registerEth(Vault storage vault) internal {
        vault.count = ETH;
        vault.tokens[ETH].unitExponent = ETH_UNIT_EXPONENT;
        emit IMillrace.TokenRegistered(ETH, address(0), ETH_UNIT_EXPONENT);
    }

    /// @notice Registers an ERC-20 token under the next id.
    function register(Vault storage vault, address token, uint8 unitExponent) internal returns (uint16 id) {
        if (token.code.length == 0) revert IMillrace.NotAContract(token);
        if (unitExponent > MAX_UNIT_EXPONENT) revert IMillrace.UnitExponentOutOfRange(unitExponent);
        if (vault.ids[token] != 0) revert IMillrace.TokenAlreadyRegistered(token);
        if (vault.count == type(uint16).max) revert IMillrace.TooManyTokens();
        id = ++vault.count;
        vault.ids[token] = id;
        vault.tokens[id] = IMillrace.Token(token, unitExponent, 0);
        emit IMillrace.TokenRegistered(id, token, unitExponent);
    }

    /// @notice The token with this id.
    function get(Vault storage vault, uint16 id) internal view returns (IMillrace.Token storage) {
        if (id == 0 || id > vault.count) revert IMillrace.UnknownToken(id);
        return vault.tokens[id];
    }

    /// @notice Takes a deposit from the caller and adds what arrived, in whole units, to what is held.
    /// @param amount smallest units of the token, a multiple of its unit; for ETH the value sent
    /// @return units at least 1
    function take(Vault storage vault, uint16 id, uint256 amount) internal returns (uint64 units) {
        IMillrace.Token storage token = get(vault, id);
        uint256 unit = 10 ** token.unitExponent;
        if (amount % unit != 0) revert IMillrace.AmountNotInUnits(amount, unit);
        uint256 expectedValue = id == ETH ? amount : 0;
        if (msg.value != expectedValue) revert IMillrace.WrongValue(expectedValue, msg.value);

        uint256 arrived = (id == ETH ? amount : _pull(IERC20(token.token), amount)) / unit;
        if (arrived == 0) revert IMillrace.AmountZero();
        uint64 held = token.held;
        if (arrived > type(uint64).max - held) revert IMillrace.TokenCapExceeded(id, held, arrived);
        units = uint64(arrived);
        token.held = held + units;
    }

    /// @notice Pays `units` to `owner` out of what is held.
    function pay(Vault storage vault, uint16 id, address owner, uint64 units) internal {
        IMillrace.Token storage token = get(vault, id);
        token.held -= units;
        uint256 amount = units * 10 ** token.unitExponent;
        if (id == ETH) {
            // The owner gets all the gas: it can only make its own claim fail. What it returns is not copied.
            if (!LowLevelCall.callNoReturn(owner, amount, "")) revert IMillrace.EthTransferFailed(owner);
        } else {
            _push(id, IERC20(token.token), owner, amount);
        }
    }

    /// @return arrived what the rollup has more of than before
    function _pull(IERC20 token, uint256 amount) private returns (uint256 arrived) {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 afterwards = token.balanceOf(address(this));
        return afterwards > before ? afterwards - before : 0;
    }

    function _push(uint16 id, IERC20 token, address owner, uint256 amount) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransfer(owner, amount);
        uint256 afterwards = token.balanceOf(address(this));
        if (afterwards + amount < before) revert IMillrace.TokenOverdraws(id, amount, before - afterwards);
    }
}
