// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {IMillrace} from "../interfaces/IMillrace.sol";
import {BlobData} from "./BlobData.sol";
import {PublicData} from "./PublicData.sol";

/// @title Payout tree of a batch
/// @notice docs/protocol.md section 3.4.
library Payouts {
    using BlobData for PublicData.Sections;
    using PublicData for PublicData.Sections;

    /// @notice The leaf of payout `index`. Hashed twice, so that no inner node passes for one.
    /// @param amount units of the token
    function leaf(uint256 index, address owner, uint256 token, uint256 amount) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(index, owner, token, amount))));
    }

    /// @notice Root over the payouts that the batch data describe; 0 if there are none. Checks the
    /// auxiliary values on the way.
    function root(PublicData.Sections memory s) internal pure returns (bytes32) {
        if (s.l1Count | s.auxCount == 0) return 0;
        bytes32[] memory nodes = new bytes32[](s.l1Count + s.auxCount);
        uint256 count = _addL1Payouts(s, nodes);
        return _merge(nodes, _addWithdrawals(s, nodes, count));
    }

    /// @notice {root} of a batch in a blob. Checks the withdrawals on the way.
    function blobRoot(PublicData.Sections memory s) internal pure returns (bytes32) {
        if (s.l1Count | s.auxCount == 0) return 0;
        bytes32[] memory nodes = new bytes32[](s.l1Count + s.auxCount);
        uint256 count = _addL1Payouts(s, nodes);
        uint256 next = 0;
        for (uint256 i = 0; i < s.auxCount; ++i) {
            (uint256 position, address owner, uint16 token, uint64 amount) = s.withdrawal(i, next);
            next = position + 1;
            nodes[count] = leaf(count, owner, token, amount);
            ++count;
        }
        return _merge(nodes, count);
    }

    function _addL1Payouts(PublicData.Sections memory s, bytes32[] memory nodes) private pure returns (uint256 count) {
        for (uint256 i = 0; i < s.l1Count; ++i) {
            (uint256 e0,,, uint256 result) = s.l1Op(i);
            uint256 amount = result >> 48;
            if (amount == 0) continue;
            nodes[count] = leaf(count, address(uint160(e0 >> 88)), uint16(result >> 32), amount);
            ++count;
        }
    }

    function _addWithdrawals(PublicData.Sections memory s, bytes32[] memory nodes, uint256 count)
        private
        pure
        returns (uint256)
    {
        uint256 next = 0;
        for (uint256 i = 0; i < s.auxCount; ++i) {
            (uint256 position, bool withdrawal, uint256 value) = s.auxiliary(i, next);
            next = position + 1;
            if (!withdrawal) continue;
            if (value > type(uint160).max) revert IMillrace.PayoutOwnerOutOfRange(position);
            (uint256 token, uint64 amount) = s.op(position);
            nodes[count] = leaf(count, address(uint160(value)), token, amount);
            ++count;
        }
        return count;
    }

    /// @dev Hashes pairs level by level, in place; an odd last node rises as it is.
    function _merge(bytes32[] memory nodes, uint256 count) private pure returns (bytes32) {
        if (count == 0) return 0;
        while (count > 1) {
            uint256 half = count / 2;
            for (uint256 i = 0; i < half; ++i) {
                nodes[i] = Hashes.commutativeKeccak256(nodes[2 * i], nodes[2 * i + 1]);
            }
            if (count % 2 == 1) nodes[half] = nodes[count - 1];
            count -= half;
        }
        return nodes[0];
    }
}
