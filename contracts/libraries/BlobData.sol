// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IMillrace} from "../interfaces/IMillrace.sol";
import {R} from "./Bn254.sol";
import {PublicData} from "./PublicData.sol";

/// @title Batches whose data are in a blob: what L1 reads of them, and the blob's opening
/// @notice docs/protocol.md section 3.5. Works on calldata in place, as {PublicData} does, whose {PublicData-Sections}
/// it fills in: L1 ops, and withdrawals in the place of the auxiliary values.
library BlobData {
    using PublicData for PublicData.Sections;

    /// @dev Order of BLS12-381's groups, the field of a blob's elements.
    uint256 private constant BLS_R = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;
    address private constant POINT_EVALUATION = address(0x0a);
    uint256 private constant BLOB_ELEMENTS = 4096;
    uint256 private constant POINT_BITS = 240;
    uint256 private constant Y_LOW_BITS = 248;
    /// @dev Bytes of a blob's commitment and proof, 48 each.
    uint256 private constant OPENING_BYTES = 96;
    uint256 private constant L1_OP_BYTES = 107;
    uint256 private constant WITHDRAWAL_BYTES = 32;

    /// @dev What is read of a batch before the point is known.
    struct Reading {
        PublicData.Sections sections;
        uint256[4] head;
    }

    /// @notice Finds the parts and checks that they make up the data exactly and fit the shape, which was set.
    function parse(PublicData.Sections memory s, bytes calldata data) internal pure {
        // No sum overflows: the counts are of 16 bits.
        unchecked {
            uint256 first = PublicData.startOf(data);
            uint256 cursor = 2;
            PublicData.requireLength(data, cursor);
            s.l1Count = PublicData.uint16At(first);
            if (s.l1Count > s.n1) revert IMillrace.TooManyL1Ops(s.l1Count, s.n1);
            s.l1Ops = first + cursor;
            cursor += s.l1Count * L1_OP_BYTES + 2;
            PublicData.requireLength(data, cursor);
            s.auxCount = PublicData.uint16At(first + cursor - 2);
            s.aux = first + cursor;
            cursor += s.auxCount * WITHDRAWAL_BYTES;
            if (cursor != data.length) revert IMillrace.DataLength(cursor, data.length);
            s.opCount = s.n2;
        }
    }

    /// @notice Withdrawal `i`, whose position and token are checked.
    /// @param previous position of the withdrawal before it plus one; 0 for the first
    function withdrawal(PublicData.Sections memory s, uint256 i, uint256 previous)
        internal
        pure
        returns (uint256 position, address owner, uint16 token, uint64 amount)
    {
        uint256 word = _withdrawalWord(s, i);
        (position, owner, token, amount) = (word >> 240, address(uint160(word >> 80)), uint16(word >> 64), uint64(word));
        if (position < previous || position >= s.opCount) revert IMillrace.AuxPositionInvalid(position);
        if (token == 0) revert IMillrace.UnknownToken(token);
    }

    /// @notice What the point hashes of a batch: `keccak256(abi.encode(C, shapeId, d_0, .., d_3, keccak256(data)))`.
    function leaf(uint256 c, uint256 shapeId, uint256[4] memory head, bytes calldata data) internal pure returns (bytes32) {
        return keccak256(abi.encode(c, shapeId, head, keccak256(data)));
    }

    /// @notice The blob's versioned hash: of the transaction's first blob.
    function versionedHash() internal view returns (bytes32 found) {
        found = blobhash(0);
        if (found == 0) revert IMillrace.NoBlob();
    }

    /// @notice The point `z`: a hash of the blob and of what L1 reads of its batches.
    /// @param leaves the versioned hash, then the batches'
    function point(bytes32[] memory leaves) internal pure returns (uint256) {
        return uint256(keccak256(abi.encodePacked(leaves))) & ((1 << POINT_BITS) - 1);
    }

    /// @notice Reverts unless the blob's polynomial has the value at `z` that those of its batches make up:
    /// `sum z^(o_j) y_j`. Batches lie side by side, in their order, so none has another's place.
    /// @param opening KZG commitment and proof; the precompile checks as well that the commitment is that of the blob
    function requireOpening(
        bytes calldata opening,
        bytes32 blob,
        uint256 z,
        IMillrace.BlobBatchInput[] calldata batches,
        Reading[] memory readings
    ) internal view {
        uint256 value = 0;
        uint256 elements = 0;
        for (uint256 i = batches.length; i > 0; --i) {
            uint256 y = batches[i - 1].y;
            if (y >= BLS_R) revert IMillrace.BlobValueOutOfRange(i - 1);
            PublicData.Sections memory s = readings[i - 1].sections;
            uint256 length = 1 + s.typeSlots + s.opSlots + s.n2;
            value = addmod(mulmod(value, _powerBls(z, length), BLS_R), y, BLS_R);
            elements += length;
        }
        if (elements > BLOB_ELEMENTS) revert IMillrace.BlobTooSmall(elements, BLOB_ELEMENTS);
        bool done = false;
        if (opening.length == OPENING_BYTES) {
            (done,) = POINT_EVALUATION.staticcall(abi.encodePacked(blob, z, value, opening));
        }
        if (!done) revert IMillrace.BlobOpeningInvalid();
    }

    /// @notice The public inputs of a batch: `C + z V mod r`, `z | hi(y) @ 240`, `lo(y)`.
    function statement(uint256 c, Reading memory reading, uint256 z, uint256 y)
        internal
        pure
        returns (uint256, uint256, uint256)
    {
        uint256 visible = _evaluateVisible(reading.sections, reading.head, z);
        return (
            addmod(c, mulmod(z, visible, R), R),
            z | ((y >> Y_LOW_BITS) << POINT_BITS),
            y & ((1 << Y_LOW_BITS) - 1)
        );
    }

    /// @dev `V = sum v_i z^i mod r`: the head, the L1 ops, and two elements for each signed op, which are 0 where there is no
    /// withdrawal. Positions must have been checked.
    function _evaluateVisible(PublicData.Sections memory s, uint256[4] memory head, uint256 z)
        private
        pure
        returns (uint256 sum)
    {
        // Elements are below 2^248 and products below 2^254: the sums in between need no reduction.
        unchecked {
            uint256 position = 0;
            for (uint256 i = s.auxCount; i > 0; --i) {
                uint256 word = _withdrawalWord(s, i - 1);
                // The first product is of 0, whatever the power.
                sum = PublicData.stepOver(sum, z, 2 * (position - (word >> 240)));
                position = word >> 240;
                uint256 payment = uint256(uint16(word >> 64)) | (uint256(uint64(word)) << 16);
                sum += mulmod(payment, z, R) + uint160(word >> 80);
            }
            sum = PublicData.stepOver(sum, z, 2 * position + 4 * (s.n1 - s.l1Count));
            sum = PublicData.evaluateL1(sum, s, z);
            for (uint256 i = 4; i > 0; --i) {
                sum = mulmod(sum, z, R) + head[i - 1];
            }
        }
    }

    /// @dev Position (16 bits), owner (160), token (16), amount (64).
    function _withdrawalWord(PublicData.Sections memory s, uint256 i) private pure returns (uint256 word) {
        uint256 ptr = s.aux + i * WITHDRAWAL_BYTES;
        assembly ("memory-safe") {
            word := calldataload(ptr)
        }
    }

    function _powerBls(uint256 z, uint256 exponent) private pure returns (uint256 power) {
        power = 1;
        for (; exponent != 0; exponent >>= 1) {
            if (exponent & 1 != 0) power = mulmod(power, z, BLS_R);
            z = mulmod(z, z, BLS_R);
        }
    }
}
