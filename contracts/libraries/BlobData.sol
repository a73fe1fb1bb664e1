// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IMillrace} from "../interfaces/IMillrace.sol";
import {R} from "./Bn254.sol";
import {PublicData} from "./PublicData.sol";

/// @title The part of a blob batch's data that L1 reads itself: L1 ops and withdrawals
/// @notice docs/protocol.md section 3.5. Works on calldata in place, as {PublicData} does, whose {PublicData-Sections}
/// it fills in part: L1 ops, and withdrawals in the place of the auxiliary values.
library BlobData {
    using PublicData for PublicData.Sections;

    uint256 private constant L1_OP_BYTES = 107;
    uint256 private constant WITHDRAWAL_BYTES = 32;
    uint256 private constant TYPES_PER_ELEMENT = 124;

    /// @notice Finds the parts and checks that they make up the data exactly and fit the shape.
    function parse(bytes calldata data, IMillrace.ShapeConfig memory shape, uint256 depth)
        internal
        pure
        returns (PublicData.Sections memory s)
    {
        (s.indexBits, s.opsPerElement) = PublicData.packing(depth);
        uint256 first = PublicData.start(data);
        uint256 cursor = 2;
        PublicData.requireLength(data, cursor);
        s.l1Count = PublicData.uint16At(first);
        if (s.l1Count > shape.n1) revert IMillrace.TooManyL1Ops(s.l1Count, shape.n1);
        s.l1Ops = first + cursor;
        cursor += s.l1Count * L1_OP_BYTES + 2;
        PublicData.requireLength(data, cursor);
        s.auxCount = PublicData.uint16At(first + cursor - 2);
        s.aux = first + cursor;
        cursor += s.auxCount * WITHDRAWAL_BYTES;
        if (cursor != data.length) revert IMillrace.DataLength(cursor, data.length);
        s.opCount = shape.n2;
    }

    /// @notice Withdrawal `i`, whose position is checked.
    /// @param previous position of the withdrawal before it plus one; 0 for the first
    function withdrawal(PublicData.Sections memory s, uint256 i, uint256 previous)
        internal
        pure
        returns (uint256 position, address owner, uint16 token, uint64 amount)
    {
        uint256 word = _word(s, i);
        (position, owner, token, amount) = (word >> 240, address(uint160(word >> 80)), uint16(word >> 64), uint64(word));
        if (position < previous || position >= s.opCount) revert IMillrace.AuxPositionInvalid(position);
        if (token == 0) revert IMillrace.UnknownToken(token);
    }

    /// @notice `V = sum v_i z^i mod r`: the head, the L1 ops, and two elements for each signed op, which are 0 where there is no
    /// withdrawal.
    /// @dev h_0 + z (h_1 + z (h_2 + z (h_3 + z (L1 ops + z^(4 N1) withdrawals)))). Positions must have been checked.
    function evaluateVisible(PublicData.Sections memory s, IMillrace.ShapeConfig memory shape, uint256[4] memory head, uint256 z)
        internal
        pure
        returns (uint256 sum)
    {
        uint256 position;
        for (uint256 i = s.auxCount; i > 0; --i) {
            uint256 word = _word(s, i - 1);
            // The first product is of 0, whatever the power.
            if (sum != 0) sum = mulmod(sum, PublicData.power(z, 2 * (position - (word >> 240)), R), R);
            position = word >> 240;
            uint256 payment = uint256(uint16(word >> 64)) | (uint256(uint64(word)) << 16);
            sum = addmod(sum, mulmod(payment, z, R), R);
            sum = addmod(sum, uint160(word >> 80), R);
        }
        if (sum != 0) sum = mulmod(sum, PublicData.power(z, 2 * position + 4 * uint256(shape.n1), R), R);
        sum = addmod(sum, s.evaluateL1(z), R);
        for (uint256 i = 4; i > 0; --i) {
            sum = addmod(mulmod(sum, z, R), head[i - 1], R);
        }
    }

    /// @notice Elements that a batch of the shape has in the blob.
    function hiddenLength(PublicData.Sections memory s, IMillrace.ShapeConfig memory shape)
        internal
        pure
        returns (uint256)
    {
        uint256 n2 = shape.n2;
        return 1 + (n2 + TYPES_PER_ELEMENT - 1) / TYPES_PER_ELEMENT + (n2 + s.opsPerElement - 1) / s.opsPerElement + n2;
    }

    function _word(PublicData.Sections memory s, uint256 i) private pure returns (uint256 word) {
        uint256 ptr = s.aux + i * WITHDRAWAL_BYTES;
        assembly ("memory-safe") {
            word := calldataload(ptr)
        }
    }
}
