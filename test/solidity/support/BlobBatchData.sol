// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {R} from "../../../contracts/libraries/Bn254.sol";
import {L1Entry} from "./BatchData.sol";

struct Withdrawal {
    uint16 position;
    address owner;
    uint16 token;
    uint64 amount;
}

/// @dev What L1 reads of a batch in a blob, and whether its shape is the larger one for blobs.
struct BlobBatch {
    L1Entry[] l1;
    Withdrawal[] withdrawals;
    bool large;
}

/// @dev The two forms of it, written apart from the contracts: docs/protocol.md section 3.5.
library BlobBatchData {
    function encode(BlobBatch memory batch) internal pure returns (bytes memory data) {
        data = abi.encodePacked(uint16(batch.l1.length));
        for (uint256 i = 0; i < batch.l1.length; ++i) {
            L1Entry memory l1 = batch.l1[i];
            data = bytes.concat(
                data, abi.encodePacked(uint248(l1.e0), uint248(l1.e1), uint248(l1.e2), uint112(l1.result))
            );
        }
        data = bytes.concat(data, abi.encodePacked(uint16(batch.withdrawals.length)));
        for (uint256 i = 0; i < batch.withdrawals.length; ++i) {
            Withdrawal memory one = batch.withdrawals[i];
            data = bytes.concat(data, abi.encodePacked(one.position, one.owner, one.token, one.amount));
        }
    }

    /// @dev `V`, term by term over the whole vector.
    function evaluate(BlobBatch memory batch, uint256 n1, uint256 n2, uint256[4] memory head, uint256 z)
        internal
        pure
        returns (uint256 value)
    {
        uint256[] memory v = new uint256[](4 + 4 * n1 + 2 * n2);
        for (uint256 i = 0; i < 4; ++i) {
            v[i] = head[i];
        }
        for (uint256 i = 0; i < batch.l1.length && i < n1; ++i) {
            L1Entry memory l1 = batch.l1[i];
            (v[4 + 4 * i], v[5 + 4 * i], v[6 + 4 * i], v[7 + 4 * i]) = (l1.e0, l1.e1, l1.e2, l1.result);
        }
        for (uint256 i = 0; i < batch.withdrawals.length; ++i) {
            Withdrawal memory one = batch.withdrawals[i];
            if (one.position >= n2) continue; // refused
            uint256 place = 4 + 4 * n1 + 2 * uint256(one.position);
            (v[place], v[place + 1]) = (uint160(one.owner), uint256(one.token) | (uint256(one.amount) << 16));
        }
        uint256 power = 1;
        for (uint256 i = 0; i < v.length; ++i) {
            value = addmod(value, mulmod(v[i], power, R), R);
            power = mulmod(power, z, R);
        }
    }

    /// @dev The leaves of its payouts.
    function leaves(BlobBatch memory batch) internal pure returns (bytes32[] memory found) {
        bytes32[] memory room = new bytes32[](batch.l1.length + batch.withdrawals.length);
        uint256 count = 0;
        for (uint256 i = 0; i < batch.l1.length; ++i) {
            uint256 result = batch.l1[i].result;
            if (result >> 48 == 0) continue;
            room[count] =
                _leaf(count, address(uint160(batch.l1[i].e0 >> 88)), (result >> 32) & 0xffff, result >> 48);
            ++count;
        }
        for (uint256 i = 0; i < batch.withdrawals.length; ++i) {
            Withdrawal memory one = batch.withdrawals[i];
            room[count] = _leaf(count, one.owner, one.token, one.amount);
            ++count;
        }
        found = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            found[i] = room[i];
        }
    }

    function _leaf(uint256 index, address owner, uint256 token, uint256 amount) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(index, owner, token, amount))));
    }
}
