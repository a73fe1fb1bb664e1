// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Proof} from "./interfaces/IGroth16Verifier.sol";
import {IMillrace} from "./interfaces/IMillrace.sol";
import {BlobData} from "./libraries/BlobData.sol";
import {R} from "./libraries/Bn254.sol";
import {L1Queue} from "./libraries/L1Queue.sol";
import {Payouts} from "./libraries/Payouts.sol";
import {PublicData} from "./libraries/PublicData.sol";

/// @title Reads batches whose data are in a blob
/// @notice The rollup makes this contract and asks it with the calldata of {IMillrace-commitAndProveBlobBatches}: apart from the
/// rollup, which would exceed the limit on code. It keeps nothing; what it needs of the rollup it asks its caller.
contract BlobBatches {
    using BlobData for PublicData.Sections;
    using PublicData for PublicData.Sections;

    /// @dev Order of BLS12-381's groups.
    uint256 private constant BLS_R = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;
    address private constant POINT_EVALUATION = address(0x0a);
    uint256 private constant BLOB_ELEMENTS = 4096;
    uint256 private constant POINT_MASK = (1 << 240) - 1;
    uint256 private constant LOW_MASK = (1 << 248) - 1;
    /// @dev Bytes of a blob's commitment and proof, 48 each.
    uint256 private constant OPENING_BYTES = 96;
    /// @dev Bytes of the {Parent} after the calldata.
    uint256 private constant PARENT_BYTES = 128;

    /// @dev What the rollup says of the batch before the first one: four words after the calldata.
    struct Parent {
        uint64 number;
        uint256 root;
        uint256 l1End;
        uint256 l1QueueLength;
    }

    /// @dev What is read of a batch before `z` is known.
    struct Reading {
        PublicData.Sections sections;
        IMillrace.ShapeConfig shape;
        uint256[4] head;
    }

    /// @notice Checks the batches and the blob, and makes the batches' headers: as the rollup's function of this name, but for
    /// the proofs. A {Parent} follows the calldata.
    function commitAndProveBlobBatches(
        bytes calldata opening,
        IMillrace.BlobBatchInput[] calldata batches,
        Proof[] calldata
    ) external view returns (IMillrace.BatchHeader[] memory headers) {
        IMillrace rollup = IMillrace(msg.sender);
        bytes32 versionedHash = blobhash(0);
        if (versionedHash == 0) revert IMillrace.NoBlob();
        Parent memory parent = _parent();
        headers = new IMillrace.BatchHeader[](batches.length);
        Reading[] memory readings = new Reading[](batches.length);
        bytes32[] memory leaves = new bytes32[](batches.length + 1);
        leaves[0] = versionedHash;
        for (uint256 i = 0; i < batches.length; ++i) {
            leaves[i + 1] = _read(rollup, batches[i], parent, readings[i], headers[i]);
        }
        uint256 z = uint256(keccak256(abi.encodePacked(leaves))) & POINT_MASK;
        _requireOpening(opening, versionedHash, z, _blobValue(batches, readings, z));
        for (uint256 i = 0; i < batches.length; ++i) {
            Reading memory reading = readings[i];
            uint256 y = batches[i].y;
            uint256 visible = reading.sections.evaluateVisible(reading.shape, reading.head, z);
            headers[i].c = addmod(batches[i].c, mulmod(z, visible, R), R);
            headers[i].z = z | ((y >> 248) << 240);
            headers[i].y = y & LOW_MASK;
        }
    }

    /// @dev Checks a batch but for the blob, fills in the reading and the header but for the public inputs, and makes the
    /// batch the parent of the next.
    /// @return leaf what `z` hashes of the batch
    function _read(
        IMillrace rollup,
        IMillrace.BlobBatchInput calldata batch,
        Parent memory parent,
        Reading memory reading,
        IMillrace.BatchHeader memory header
    ) private view returns (bytes32 leaf) {
        if (batch.newRoot >= R) revert IMillrace.RootOutOfRange(batch.newRoot);
        if (batch.c >= R) revert IMillrace.CommitmentOutOfRange(batch.c);
        IMillrace.ShapeConfig memory shape = rollup.shapes(batch.shape);
        if (!shape.blob) revert IMillrace.WrongKindOfShape(batch.shape);
        PublicData.Sections memory sections = BlobData.parse(batch.data, shape, rollup.depth());
        (reading.shape, reading.sections) = (shape, sections);
        uint256 l1End = _consume(rollup, sections, parent, shape.n1);

        header.number = ++parent.number;
        header.shape = batch.shape;
        header.committedAt = uint40(block.timestamp);
        header.l1End = uint64(l1End);
        header.newRoot = batch.newRoot;
        header.payoutsRoot = Payouts.blobRoot(sections); // checks the withdrawals, so it comes before they are evaluated
        reading.head = PublicData.headOf(rollup.domain(), header.number, parent.root, batch.newRoot);
        (parent.root, parent.l1End) = (batch.newRoot, l1End);
        return keccak256(abi.encode(batch.c, uint256(batch.shape), reading.head, keccak256(batch.data)));
    }

    /// @dev As {L1Queue-consume} and {L1Queue-requireNotOverdue}, by the rollup's views.
    function _consume(IMillrace rollup, PublicData.Sections memory s, Parent memory parent, uint256 limit)
        private
        view
        returns (uint256 end)
    {
        end = parent.l1End + s.l1Count;
        if (end > parent.l1QueueLength) revert IMillrace.L1QueueExhausted(parent.l1QueueLength);
        for (uint256 i = 0; i < s.l1Count; ++i) {
            uint256 id = parent.l1End + i;
            (uint256 e0, uint256 e1, uint256 e2,) = s.l1Op(i);
            (, uint216 opHash) = rollup.l1Queue(id);
            if (opHash != L1Queue.opHashOf(id, e0, e1, e2)) revert IMillrace.L1OpMismatch(id);
        }
        if (s.l1Count == limit || end == parent.l1QueueLength) return end;
        (uint40 timestamp,) = rollup.l1Queue(end);
        if (block.timestamp > uint256(timestamp) + rollup.l1Deadline()) revert IMillrace.L1QueueOverdue(end, timestamp);
    }

    /// @dev `sum z^(o_j) y_j`, from the last batch to the first. Batches lie side by side, so none has another's place.
    function _blobValue(IMillrace.BlobBatchInput[] calldata batches, Reading[] memory readings, uint256 z)
        private
        pure
        returns (uint256 value)
    {
        uint256 elements = 0;
        for (uint256 i = batches.length; i > 0; --i) {
            uint256 y = batches[i - 1].y;
            if (y >= BLS_R) revert IMillrace.BlobValueOutOfRange(i - 1);
            Reading memory reading = readings[i - 1];
            uint256 length = reading.sections.hiddenLength(reading.shape);
            if (i < batches.length) value = mulmod(value, PublicData.power(z, length, BLS_R), BLS_R);
            value = addmod(value, y, BLS_R);
            elements += length;
        }
        if (elements > BLOB_ELEMENTS) revert IMillrace.BlobTooSmall(elements, BLOB_ELEMENTS);
    }

    /// @dev EIP-4844: the precompile checks as well that the commitment is that of the versioned hash.
    function _requireOpening(bytes calldata opening, bytes32 versionedHash, uint256 z, uint256 value) private view {
        bool done;
        if (opening.length == OPENING_BYTES) {
            (done,) = POINT_EVALUATION.staticcall(abi.encodePacked(versionedHash, z, value, opening));
        }
        if (!done) revert IMillrace.BlobOpeningInvalid();
    }

    function _parent() private pure returns (Parent memory parent) {
        assembly ("memory-safe") {
            calldatacopy(parent, sub(calldatasize(), PARENT_BYTES), PARENT_BYTES)
        }
    }
}
