// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IMillrace} from "../interfaces/IMillrace.sol";
import {R} from "./Bn254.sol";

/// @title Batch data: the bytes on L1 and the polynomial that they stand for
/// @notice docs/protocol.md sections 3.1 to 3.3. Works on calldata in place: all positions in {Sections} are
/// positions in calldata.
library PublicData {
    uint256 private constant ELEMENT_BYTES = 31;
    uint256 private constant L1_OP_BYTES = 107;
    uint256 private constant AUX_BYTES = 33;
    uint256 private constant TYPES_PER_ELEMENT = 124;
    uint256 private constant OP_BITS = 124;
    uint256 private constant LOW_BITS = 248;
    uint256 private constant LOW_MASK = (1 << LOW_BITS) - 1;
    /// @dev Up to this depth, indexes have 24 bits and an element holds two ops.
    uint256 private constant NARROW_DEPTH = 24;

    uint256 private constant TRANSFER_TO_NEW = 2;
    uint256 private constant WITHDRAW = 3;

    /// @dev What a call knows of the batch at hand: the first elements of its vector, what its shape says of the vector, and
    /// where the parts of its data are, with as many elements as each has. One in memory serves all batches of a call.
    struct Sections {
        uint256[4] head; // d_0 .. d_3
        uint256 indexBits; // w
        uint256 opsPerElement; // p
        uint256 shape; // id
        uint256 n1;
        uint256 n2;
        uint256 typeSlots; // elements of the vector for types, and for op data
        uint256 opSlots;
        uint256 fees; // d_4
        uint256 l1Ops;
        uint256 l1Count;
        uint256 opCount; // signed ops
        uint256 types;
        uint256 typeElements;
        uint256 ops;
        uint256 opElements;
        uint256 aux;
        uint256 auxCount;
    }

    /// @notice What is the same for all batches of a call. {setShape} comes next: no shape has the id that it begins with.
    /// @param domain `d_0`
    /// @param depth bits of an account index
    function open(uint256 domain, uint256 depth) internal pure returns (Sections memory s) {
        s.head[0] = domain;
        (s.indexBits, s.opsPerElement) = depth <= NARROW_DEPTH ? (24, 2) : (32, 1);
        s.shape = type(uint256).max;
    }

    /// @notice Sets the shape that {parse} and {evaluate} go by.
    /// @param id of the shape
    function setShape(Sections memory s, uint256 id, IMillrace.ShapeConfig memory shape) internal pure {
        s.shape = id;
        (s.n1, s.n2) = (shape.n1, shape.n2);
        s.typeSlots = _ceilDiv(s.n2, TYPES_PER_ELEMENT);
        s.opSlots = _ceilDiv(s.n2, s.opsPerElement);
    }

    /// @notice Sets `d_1 .. d_3`.
    function setHead(Sections memory s, uint256 number, uint256 oldRoot, uint256 newRoot) internal pure {
        s.head[1] = number | ((oldRoot >> LOW_BITS) << 64) | ((newRoot >> LOW_BITS) << 70);
        s.head[2] = oldRoot & LOW_MASK;
        s.head[3] = newRoot & LOW_MASK;
    }

    /// @notice Finds the parts and checks that they make up the data exactly and fit the shape. One vector has
    /// one encoding only: padding is 0, and every op that has an auxiliary value lists it.
    function parse(Sections memory s, bytes calldata data) internal pure {
        // No sum overflows: the counts are of 16 bits. Where the data end too early a count is read from what comes after them in
        // calldata; the length is not what the counts say then, since it does not even reach the last one.
        unchecked {
            uint256 start = startOf(data);
            s.fees = _fees(start);
            (s.l1Ops, s.l1Count) = (start + 18, uint16At(start + 16));
            s.types = start + 20 + s.l1Count * L1_OP_BYTES;
            s.opCount = uint16At(s.types - 2);
            s.typeElements = _ceilDiv(s.opCount, TYPES_PER_ELEMENT);
            s.opElements = _ceilDiv(s.opCount, s.opsPerElement);
            s.ops = s.types + s.typeElements * ELEMENT_BYTES;
            s.aux = s.ops + s.opElements * ELEMENT_BYTES + 2;
            s.auxCount = uint16At(s.aux - 2);
            uint256 length = s.aux + s.auxCount * AUX_BYTES - start;
            if (length != data.length) revert IMillrace.DataLength(length, data.length);
        }
        if (s.l1Count > s.n1) revert IMillrace.TooManyL1Ops(s.l1Count, s.n1);
        if (s.opCount > s.n2) revert IMillrace.TooManyOps(s.opCount, s.n2);
        _checkPadding(s);
        uint256 uses = _auxUses(s);
        if (s.auxCount != uses) revert IMillrace.AuxCountMismatch(uses, s.auxCount);
    }

    /// @notice The elements of L1 op `i`.
    function l1Op(Sections memory s, uint256 i)
        internal
        pure
        returns (uint256 e0, uint256 e1, uint256 e2, uint256 result)
    {
        unchecked {
            uint256 ptr = s.l1Ops + i * L1_OP_BYTES;
            (e0, e1, e2) = (_element(ptr), _element(ptr + 31), _element(ptr + 62));
            result = _element(ptr + 93) >> 136; // 14 bytes
        }
    }

    /// @notice The position of auxiliary value `i`, which is checked, the type of its op and the value.
    /// @param previous position of the auxiliary value before it plus one; 0 for the first
    function auxiliary(Sections memory s, uint256 i, uint256 previous)
        internal
        pure
        returns (uint256 position, bool withdrawal, uint256 value)
    {
        uint256 ptr = s.aux + i * AUX_BYTES;
        position = uint16At(ptr);
        if (position < previous || position >= s.opCount) revert IMillrace.AuxPositionInvalid(position);
        uint256 types = _element(s.types + (position / TYPES_PER_ELEMENT) * ELEMENT_BYTES);
        uint256 opType = (types >> (2 * (position % TYPES_PER_ELEMENT))) & 3;
        if (opType < TRANSFER_TO_NEW) revert IMillrace.AuxWithoutUse(position);
        withdrawal = opType == WITHDRAW;
        value = _element(ptr + 2);
    }

    /// @notice The field `to'` and the amount of the signed op at `position`.
    function op(Sections memory s, uint256 position) internal pure returns (uint256 to, uint64 amount) {
        uint256 packed = _element(s.ops + (position / s.opsPerElement) * ELEMENT_BYTES)
            >> ((position % s.opsPerElement) * OP_BITS);
        to = (packed >> s.indexBits) & ((1 << s.indexBits) - 1);
        amount = uint64(packed >> (2 * s.indexBits));
    }

    /// @notice What binds a batch: `keccak256(abi.encode(C, shapeId, d_0, .., d_3, keccak256(data)))`.
    function bind(Sections memory s, uint256 c, bytes calldata data) internal pure returns (bytes32 result) {
        (uint256[4] memory head, uint256 shapeId) = (s.head, s.shape);
        // In free memory, of which nothing is kept: a batch needs no more than the longest one before it.
        assembly ("memory-safe") {
            let ptr := mload(0x40)
            calldatacopy(ptr, data.offset, data.length)
            let dataHash := keccak256(ptr, data.length)
            mstore(ptr, c)
            mstore(add(ptr, 32), shapeId)
            mcopy(add(ptr, 64), head, 128)
            mstore(add(ptr, 192), dataHash)
            result := keccak256(ptr, 224)
        }
    }

    /// @notice The point `z` of a batch: {bind} modulo r.
    function challenge(Sections memory s, uint256 c, bytes calldata data) internal pure returns (uint256) {
        return uint256(bind(s, c, data)) % R;
    }

    /// @notice `y = sum d_i z^i mod r`: Horner's rule from the last element that is given to the first, over all
    /// parts; runs of zeros between them are stepped over by powers of z.
    /// @dev Elements are below 2^248 and products below 2^254, so the sums in between need no reduction.
    function evaluate(Sections memory s, uint256 z) internal pure returns (uint256 y) {
        unchecked {
            if (s.auxCount != 0) y = stepOver(_evaluateAux(s, z), z, s.opSlots - s.opElements);
            uint256 count = s.typeElements + s.opElements;
            if (s.typeSlots != s.typeElements) {
                y = _evaluateRun(y, s.ops, s.opElements, z);
                y = stepOver(y, z, s.typeSlots - s.typeElements);
                count = s.typeElements;
            }
            y = _evaluateRun(y, s.types, count, z); // the op data lie behind the types
            y = evaluateL1(stepOver(y, z, 4 * (s.n1 - s.l1Count)), s, z);
            y = mulmod(y, z, R) + s.fees;
            y = evaluateHead(y, s, z) % R;
        }
    }

    /// @notice Horner's rule over `d_0 .. d_3`.
    /// @param tail value of what comes after them, below 2^256
    /// @return sum below 2^255
    function evaluateHead(uint256 tail, Sections memory s, uint256 z) internal pure returns (uint256 sum) {
        uint256[4] memory head = s.head;
        unchecked {
            sum = mulmod(tail, z, R) + head[3];
            sum = mulmod(sum, z, R) + head[2];
            sum = mulmod(sum, z, R) + head[1];
            sum = mulmod(sum, z, R) + head[0];
        }
    }

    /// @dev Horner's rule over `count` elements side by side, of which eight a turn: about 40 gas each.
    /// @param tail value of what comes after them
    function _evaluateRun(uint256 tail, uint256 start, uint256 count, uint256 z) private pure returns (uint256 sum) {
        assembly ("memory-safe") {
            sum := tail
            let cursor := add(start, mul(count, ELEMENT_BYTES))
            let eights := add(start, mul(and(count, not(7)), ELEMENT_BYTES))
            for {} gt(cursor, eights) {} {
                cursor := sub(cursor, ELEMENT_BYTES)
                sum := add(mulmod(sum, z, R), shr(8, calldataload(cursor)))
            }
            for {} gt(cursor, start) {} {
                cursor := sub(cursor, 248)
                sum := add(mulmod(sum, z, R), shr(8, calldataload(add(cursor, 217))))
                sum := add(mulmod(sum, z, R), shr(8, calldataload(add(cursor, 186))))
                sum := add(mulmod(sum, z, R), shr(8, calldataload(add(cursor, 155))))
                sum := add(mulmod(sum, z, R), shr(8, calldataload(add(cursor, 124))))
                sum := add(mulmod(sum, z, R), shr(8, calldataload(add(cursor, 93))))
                sum := add(mulmod(sum, z, R), shr(8, calldataload(add(cursor, 62))))
                sum := add(mulmod(sum, z, R), shr(8, calldataload(add(cursor, 31))))
                sum := add(mulmod(sum, z, R), shr(8, calldataload(cursor)))
            }
        }
    }

    /// @notice Horner's rule over the L1 ops. The sum may be 2^254 and more, but a product of it is taken next.
    /// @param tail value of what comes after them
    function evaluateL1(uint256 tail, Sections memory s, uint256 z) internal pure returns (uint256 sum) {
        sum = tail;
        uint256 i = s.l1Count;
        while (i > 0) {
            unchecked {
                --i;
                (uint256 e0, uint256 e1, uint256 e2, uint256 result) = l1Op(s, i);
                sum = mulmod(sum, z, R) + result;
                sum = mulmod(sum, z, R) + e2;
                sum = mulmod(sum, z, R) + e1;
                sum = mulmod(sum, z, R) + e0;
            }
        }
    }

    /// @notice `value z^zeros mod r`, for as many zeros before what `value` is of.
    function stepOver(uint256 value, uint256 z, uint256 zeros) internal pure returns (uint256) {
        return value == 0 || zeros == 0 ? value : mulmod(value, _power(z, zeros), R);
    }

    function _evaluateAux(Sections memory s, uint256 z) private pure returns (uint256 sum) {
        uint256 start = s.aux;
        uint256 ptr = start + s.auxCount * AUX_BYTES;
        uint256 position = 0;
        while (ptr > start) {
            unchecked {
                ptr -= AUX_BYTES;
                uint256 next = uint16At(ptr);
                // The first product is of 0, whatever the power. Positions rise, which {auxiliary} has checked.
                sum = stepOver(sum, z, position - next) + _element(ptr + 2);
                position = next;
            }
        }
        return stepOver(sum, z, position);
    }

    /// @dev `z^exponent mod r` for an exponent above 0.
    function _power(uint256 z, uint256 exponent) private pure returns (uint256 power) {
        assembly ("memory-safe") {
            for {} iszero(and(exponent, 1)) { exponent := shr(1, exponent) } { z := mulmod(z, z, R) }
            power := z
            for { exponent := shr(1, exponent) } exponent { exponent := shr(1, exponent) } {
                z := mulmod(z, z, R)
                if and(exponent, 1) { power := mulmod(power, z, R) }
            }
        }
    }

    /// @dev Number of ops of type 2 or 3, which is that of the high bits of the 2-bit codes.
    function _auxUses(Sections memory s) private pure returns (uint256 uses) {
        uint256 end = s.ops;
        unchecked {
            for (uint256 ptr = s.types; ptr < end; ptr += ELEMENT_BYTES) {
                uint256 bits = (_element(ptr) >> 1) & (type(uint256).max / 3); // 0x5555...
                bits = (bits & (type(uint256).max / 5)) + ((bits >> 2) & (type(uint256).max / 5)); // 0x3333...
                bits = (bits + (bits >> 4)) & (type(uint256).max / 17); // 0x0f0f...
                uses += bits % 255; // the sum of the bytes: at most 124 are set
            }
        }
    }

    /// @dev A decoder that stops after the last op must not miss one that the circuit would apply.
    function _checkPadding(Sections memory s) private pure {
        unchecked {
            uint256 typesInLast = s.opCount % TYPES_PER_ELEMENT;
            uint256 opsInLast = s.opCount & (s.opsPerElement - 1);
            uint256 rest = 0;
            if (typesInLast != 0) rest = _element(s.ops - ELEMENT_BYTES) >> (2 * typesInLast);
            if (opsInLast != 0) rest |= _element(s.aux - 2 - ELEMENT_BYTES) >> (OP_BITS * opsInLast);
            if (rest != 0) revert IMillrace.DataPadding();
        }
    }

    /// @dev Four big-endian 4-byte indexes, the first into the lowest bits.
    function _fees(uint256 ptr) private pure returns (uint256) {
        uint256 packed;
        assembly ("memory-safe") {
            packed := shr(128, calldataload(ptr))
        }
        return (packed >> 96) | (((packed >> 64) & 0xffffffff) << 32) | (((packed >> 32) & 0xffffffff) << 64)
            | ((packed & 0xffffffff) << 96);
    }

    /// @notice Position of the data in calldata.
    function startOf(bytes calldata data) internal pure returns (uint256 ptr) {
        assembly ("memory-safe") {
            ptr := data.offset
        }
    }

    function _element(uint256 ptr) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(8, calldataload(ptr))
        }
    }

    /// @notice Two bytes at a position in calldata.
    function uint16At(uint256 ptr) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(240, calldataload(ptr))
        }
    }

    function _ceilDiv(uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            return (a + b - 1) / b;
        }
    }
}
