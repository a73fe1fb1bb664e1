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

    /// @dev The blob's polynomial at `z`, put together of its batches from the last to the first.
    struct Evaluation {
        uint256 z;
        uint256 value;
        uint256 elements;
        uint256 power; // z^length, for the length of the batch before
        uint256 length;
    }

    /// @notice Finds the parts and checks that they make up the data exactly and fit the shape, which was set.
    function parse(PublicData.Sections memory s, bytes calldata data) internal pure {
        // As in {PublicData-parse}.
        unchecked {
            uint256 start = PublicData.startOf(data);
            (s.l1Ops, s.l1Count) = (start + 2, PublicData.uint16At(start));
            s.aux = start + 4 + s.l1Count * L1_OP_BYTES;
            s.auxCount = PublicData.uint16At(s.aux - 2);
            uint256 length = s.aux + s.auxCount * WITHDRAWAL_BYTES - start;
            if (length != data.length) revert IMillrace.DataLength(length, data.length);
        }
        if (s.l1Count > s.n1) revert IMillrace.TooManyL1Ops(s.l1Count, s.n1);
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
        if (position < previous || position >= s.n2) revert IMillrace.AuxPositionInvalid(position);
        if (token == 0) revert IMillrace.UnknownToken(token);
    }

    /// @notice The blob's versioned hash: of the transaction's first blob.
    function versionedHash() internal view returns (bytes32 found) {
        found = blobhash(0);
        if (found == 0) revert IMillrace.NoBlob();
    }

    /// @notice The point `z`: a hash of the blob and of what L1 reads of its batches.
    /// @param leaves the versioned hash, then what binds each batch: {PublicData-bind}
    function point(bytes32[] memory leaves) internal pure returns (uint256) {
        bytes32 digest;
        assembly ("memory-safe") {
            digest := keccak256(add(leaves, 32), mul(mload(leaves), 32))
        }
        return uint256(digest) & ((1 << POINT_BITS) - 1);
    }

    /// @notice Adds a batch before those that were added: the value is `sum z^(o_j) y_j` in the end. Batches lie side by side, in
    /// their order, so none has another's place.
    /// @param i place of the batch in the blob
    function prepend(Evaluation memory e, PublicData.Sections memory s, uint256 i, uint256 y) internal pure {
        if (y >= BLS_R) revert IMillrace.BlobValueOutOfRange(i);
        unchecked {
            uint256 length = 1 + s.typeSlots + s.opSlots + s.n2;
            if (length != e.length) (e.length, e.power) = (length, _powerBls(e.z, length));
            e.value = addmod(mulmod(e.value, e.power, BLS_R), y, BLS_R);
            e.elements += length;
        }
    }

    /// @notice Reverts unless the batches fit into the blob, and its polynomial has the value that they make up.
    /// @param opening KZG commitment and proof; the precompile checks as well that the commitment is that of the blob
    function requireOpening(Evaluation memory e, bytes calldata opening, bytes32 blob) internal view {
        if (e.elements > BLOB_ELEMENTS) revert IMillrace.BlobTooSmall(e.elements, BLOB_ELEMENTS);
        bool done = false;
        if (opening.length == OPENING_BYTES) {
            (done,) = POINT_EVALUATION.staticcall(abi.encodePacked(blob, e.z, e.value, opening));
        }
        if (!done) revert IMillrace.BlobOpeningInvalid();
    }

    /// @notice The public inputs of a batch: `C + z V mod r`, `z | hi(y) @ 240`, `lo(y)`.
    function statement(PublicData.Sections memory s, uint256 c, uint256 z, uint256 y)
        internal
        pure
        returns (uint256, uint256, uint256)
    {
        return (
            addmod(c, mulmod(z, _evaluateVisible(s, z), R), R),
            z | ((y >> Y_LOW_BITS) << POINT_BITS),
            y & ((1 << Y_LOW_BITS) - 1)
        );
    }

    /// @dev `V = sum v_i z^i mod r`: the head, the L1 ops, and two elements for each signed op, which are 0 where there is no
    /// withdrawal. Positions must have been checked.
    /// @return sum below 2^255
    function _evaluateVisible(PublicData.Sections memory s, uint256 z) private pure returns (uint256 sum) {
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
            return PublicData.evaluateHead(PublicData.evaluateL1(sum, s, z), s, z);
        }
    }

    /// @dev Position (16 bits), owner (160), token (16), amount (64).
    function _withdrawalWord(PublicData.Sections memory s, uint256 i) private pure returns (uint256 word) {
        unchecked {
            uint256 ptr = s.aux + i * WITHDRAWAL_BYTES;
            assembly ("memory-safe") {
                word := calldataload(ptr)
            }
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
