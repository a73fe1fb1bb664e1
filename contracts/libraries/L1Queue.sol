// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IMillrace} from "../interfaces/IMillrace.sol";
import {R} from "./Bn254.sol";
import {PublicData} from "./PublicData.sol";

/// @title Queue of ops from L1
/// @notice An op is kept as one word, `timestamp @ 216 | the high 216 bits of keccak256(abi.encode(id, e0, e1, e2))`;
/// the elements come back with the batch data and have to hash to it. Entries stay after they are consumed,
/// so that a batch can be reverted as long as it is not final.
library L1Queue {
    using PublicData for PublicData.Sections;

    uint256 private constant DEPOSIT = 1;
    uint256 private constant FORCED_EXIT = 2;
    uint256 private constant TYPE_MASK = 3;
    uint256 private constant HASH_BITS = 216;
    uint256 private constant LOW_BITS = 248;
    uint256 private constant LOW_MASK = (1 << LOW_BITS) - 1;

    /// @dev How far a call has come that commits batches.
    struct Cursor {
        uint256 next; // id of the first op that is not consumed yet
        uint256 length; // number of ops ever queued
        uint256 timely; // ops from this id on are known not to be overdue
    }

    /// @notice The elements of a deposit, docs/protocol.md section 2.2.
    /// @param units amount in the token's unit, at least 1
    /// @param keyHash 1 to r - 1, which is checked
    function depositElements(address depositor, uint16 token, uint64 units, uint256 keyHash)
        internal
        pure
        returns (uint256 e0, uint256 e1, uint256 e2)
    {
        if (keyHash == 0 || keyHash >= R) revert IMillrace.KeyHashOutOfRange(keyHash);
        e0 = DEPOSIT | ((keyHash >> LOW_BITS) << 2) | (uint256(token) << 8) | (uint256(units) << 24)
            | (uint256(uint160(depositor)) << 88);
        e1 = keyHash & LOW_MASK;
        e2 = 0;
    }

    /// @notice The elements of a forced exit.
    /// @param ax below r, which is checked, as is `ay`
    function forcedExitElements(address owner, uint32 index, uint256 ax, uint256 ay)
        internal
        pure
        returns (uint256 e0, uint256 e1, uint256 e2)
    {
        if (ax >= R || ay >= R) revert IMillrace.PublicKeyOutOfRange(ax, ay);
        e0 = FORCED_EXIT | ((ax >> LOW_BITS) << 2) | ((ay >> LOW_BITS) << 8) | (uint256(index) << 14)
            | (uint256(uint160(owner)) << 88);
        e1 = ax & LOW_MASK;
        e2 = ay & LOW_MASK;
    }

    /// @notice Who made a deposit, and of what.
    /// @param id position in the queue, for the refusal of an op that is no deposit
    /// @param e0 first element of an op of the queue
    function readDeposit(uint256 id, uint256 e0) internal pure returns (address depositor, uint16 token, uint64 units) {
        if (e0 & TYPE_MASK != DEPOSIT) revert IMillrace.NotADeposit(id);
        return (address(uint160(e0 >> 88)), uint16(e0 >> 8), uint64(e0 >> 24));
    }

    /// @notice The word that is kept for an op.
    function entry(uint256 id, uint256 e0, uint256 e1, uint256 e2, uint40 timestamp) internal pure returns (bytes32) {
        return bytes32((uint256(timestamp) << HASH_BITS) | _opHash(id, e0, e1, e2));
    }

    /// @notice The parts of the word that is kept for an op.
    function unpack(bytes32 word) internal pure returns (uint40 timestamp, uint216 opHash) {
        return (uint40(uint256(word) >> HASH_BITS), uint216(uint256(word)));
    }

    /// @notice Where a call begins.
    function open(uint256 next, uint256 length) internal pure returns (Cursor memory cursor) {
        (cursor.next, cursor.length, cursor.timely) = (next, length, length);
    }

    /// @notice Checks that the batch's L1 ops are the next ones of the queue, in order. Refuses a batch that had room for the op
    /// after them and left it behind though its deadline has passed.
    /// @param deadline seconds
    function consume(
        mapping(uint256 id => bytes32) storage queue,
        Cursor memory cursor,
        PublicData.Sections memory s,
        uint256 deadline
    ) internal view {
        // Counters do not reach 2^48, counts not 2^16, times and deadlines not 2^40.
        unchecked {
            (uint256 first, uint256 count) = (cursor.next, s.l1Count);
            uint256 end = first + count;
            if (end > cursor.length) revert IMillrace.L1QueueExhausted(cursor.length);
            for (uint256 i = 0; i < count; ++i) {
                (uint256 e0, uint256 e1, uint256 e2,) = s.l1Op(i);
                requireOp(queue, first + i, e0, e1, e2);
            }
            cursor.next = end;
            if (end >= cursor.timely || count == s.n1) return;
            (uint40 timestamp,) = unpack(queue[end]);
            if (block.timestamp > timestamp + deadline) revert IMillrace.L1QueueOverdue(end, timestamp);
            cursor.timely = end; // those after it were queued later
        }
    }

    /// @notice Refuses elements that are not those of the op `id`.
    function requireOp(mapping(uint256 id => bytes32) storage queue, uint256 id, uint256 e0, uint256 e1, uint256 e2)
        internal
        view
    {
        (, uint216 opHash) = unpack(queue[id]);
        if (opHash != _opHash(id, e0, e1, e2)) revert IMillrace.L1OpMismatch(id);
    }

    /// @notice Whether there is an op `id` that is older than the deadline.
    /// @param length number of ops ever queued
    /// @param deadline seconds
    function isOverdue(mapping(uint256 id => bytes32) storage queue, uint256 id, uint256 length, uint256 deadline)
        internal
        view
        returns (bool)
    {
        if (id >= length) return false;
        (uint40 timestamp,) = unpack(queue[id]);
        return block.timestamp > timestamp + deadline;
    }

    function _opHash(uint256 id, uint256 e0, uint256 e1, uint256 e2) private pure returns (uint216) {
        return uint216(uint256(keccak256(abi.encode(id, e0, e1, e2))) >> (256 - HASH_BITS));
    }
}
