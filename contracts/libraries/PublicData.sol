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
    /// @dev Up to this depth, indexes have 24 bits and an element holds two ops.
    uint256 private constant NARROW_DEPTH = 24;
    uint256 private constant LOW_BITS = 248;
    uint256 private constant LOW_MASK = (1 << LOW_BITS) - 1;

    uint256 private constant TRANSFER_TO_NEW = 2;
    uint256 private constant WITHDRAW = 3;

    /// @dev Where the parts of the data are, and how many elements each has.
    struct Sections {
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
        uint256 indexBits; // w
        uint256 opsPerElement; // p
    }

    /// @notice Bits of an index and ops in an element of op data, by the tree's depth.
    function packing(uint256 depth) internal pure returns (uint256 indexBits, uint256 opsPerElement) {
        return depth <= NARROW_DEPTH ? (24, 2) : (32, 1);
    }

    /// @notice `d_0 .. d_3` of a batch.
    function headOf(uint256 domain, uint256 number, uint256 oldRoot, uint256 newRoot)
        internal
        pure
        returns (uint256[4] memory)
    {
        return [
            domain,
            number | ((oldRoot >> LOW_BITS) << 64) | ((newRoot >> LOW_BITS) << 70),
            oldRoot & LOW_MASK,
            newRoot & LOW_MASK
        ];
    }

    /// @notice Finds the parts and checks that they make up the data exactly and fit the shape. One vector has
    /// one encoding only: padding is 0, and every op that has an auxiliary value lists it.
    function parse(bytes calldata data, IMillrace.ShapeConfig memory shape, uint256 depth)
        internal
        pure
        returns (Sections memory s)
    {
        (s.indexBits, s.opsPerElement) = packing(depth);
        uint256 first = start(data);
        uint256 cursor = 18;
        requireLength(data, cursor);
        s.fees = _fees(first);
        s.l1Count = uint16At(first + 16);
        if (s.l1Count > shape.n1) revert IMillrace.TooManyL1Ops(s.l1Count, shape.n1);
        s.l1Ops = first + cursor;

        cursor += s.l1Count * L1_OP_BYTES + 2;
        requireLength(data, cursor);
        s.opCount = uint16At(first + cursor - 2);
        if (s.opCount > shape.n2) revert IMillrace.TooManyOps(s.opCount, shape.n2);
        s.types = first + cursor;
        s.typeElements = _ceilDiv(s.opCount, TYPES_PER_ELEMENT);
        cursor += s.typeElements * ELEMENT_BYTES;
        s.ops = first + cursor;
        s.opElements = _ceilDiv(s.opCount, s.opsPerElement);
        cursor += s.opElements * ELEMENT_BYTES + 2;
        requireLength(data, cursor);
        s.auxCount = uint16At(first + cursor - 2);
        s.aux = first + cursor;

        cursor += s.auxCount * AUX_BYTES;
        if (cursor != data.length) revert IMillrace.DataLength(cursor, data.length);
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
        uint256 ptr = s.l1Ops + i * L1_OP_BYTES;
        (e0, e1, e2) = (_element(ptr), _element(ptr + 31), _element(ptr + 62));
        assembly ("memory-safe") {
            result := shr(144, calldataload(add(ptr, 93))) // 14 bytes
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

    /// @notice `z = keccak256(abi.encode(C, shapeId, d_0, .., d_3, keccak256(data))) mod r`.
    function challenge(uint256 c, uint256 shapeId, uint256[4] memory head, bytes calldata data)
        internal
        pure
        returns (uint256)
    {
        return uint256(keccak256(abi.encode(c, shapeId, head, keccak256(data)))) % R;
    }

    /// @notice `y = sum d_i z^i mod r`: Horner's rule over the elements that are given; runs of zeros are
    /// stepped over by powers of z.
    /// @dev d_0 + z (d_1 + z (d_2 + z (d_3 + z (d_4 + z (L1 ops + z^(4 N1) (types + z^(..) (ops + z^(..) aux)))))))
    function evaluate(Sections memory s, IMillrace.ShapeConfig memory shape, uint256[4] memory head, uint256 z)
        internal
        pure
        returns (uint256 y)
    {
        y = _evaluateAux(s, z);
        if (y != 0) y = mulmod(y, power(z, _ceilDiv(shape.n2, s.opsPerElement), R), R);
        y = _add(y, _evaluateRun(s.ops, s.opElements, z));
        if (y != 0) y = mulmod(y, power(z, _ceilDiv(shape.n2, TYPES_PER_ELEMENT), R), R);
        y = _add(y, _evaluateRun(s.types, s.typeElements, z));
        if (y != 0) y = mulmod(y, power(z, 4 * uint256(shape.n1), R), R);
        y = _add(y, evaluateL1(s, z));
        y = _add(mulmod(y, z, R), s.fees);
        y = _add(mulmod(y, z, R), head[3]);
        y = _add(mulmod(y, z, R), head[2]);
        y = _add(mulmod(y, z, R), head[1]);
        y = _add(mulmod(y, z, R), head[0]);
    }

    /// @dev The sum of `d_i z^i` over `count` elements side by side. Elements are below 2^248 and products
    /// below 2^254, so the sums in between need no reduction. Four elements a turn: about 60 gas each.
    function _evaluateRun(uint256 from, uint256 count, uint256 z) private pure returns (uint256 sum) {
        assembly ("memory-safe") {
            let cursor := add(from, mul(count, ELEMENT_BYTES))
            let fours := add(from, mul(and(count, not(3)), ELEMENT_BYTES))
            for {} gt(cursor, fours) {} {
                cursor := sub(cursor, ELEMENT_BYTES)
                sum := add(mulmod(sum, z, R), shr(8, calldataload(cursor)))
            }
            for {} gt(cursor, from) {} {
                cursor := sub(cursor, 124)
                sum := add(mulmod(sum, z, R), shr(8, calldataload(add(cursor, 93))))
                sum := add(mulmod(sum, z, R), shr(8, calldataload(add(cursor, 62))))
                sum := add(mulmod(sum, z, R), shr(8, calldataload(add(cursor, 31))))
                sum := add(mulmod(sum, z, R), shr(8, calldataload(cursor)))
            }
            sum := mod(sum, R)
        }
    }

    /// @notice The sum of `d_i z^i` over the L1 ops alone, the first element with `z^0`.
    function evaluateL1(Sections memory s, uint256 z) internal pure returns (uint256 sum) {
        uint256 i = s.l1Count;
        while (i > 0) {
            --i;
            (uint256 e0, uint256 e1, uint256 e2, uint256 result) = l1Op(s, i);
            sum = mulmod(sum, z, R) + result;
            sum = mulmod(sum, z, R) + e2;
            sum = mulmod(sum, z, R) + e1;
            sum = mulmod(sum, z, R) + e0;
        }
        sum %= R;
    }

    function _evaluateAux(Sections memory s, uint256 z) private pure returns (uint256 sum) {
        uint256 ptr = s.aux + s.auxCount * AUX_BYTES;
        uint256 position;
        while (ptr > s.aux) {
            ptr -= AUX_BYTES;
            uint256 next = uint16At(ptr);
            // The first product is of 0, whatever the power.
            if (sum != 0) sum = mulmod(sum, power(z, position - next, R), R);
            sum += _element(ptr + 2);
            position = next;
        }
        sum = mulmod(sum, power(z, position, R), R);
    }

    /// @notice `z^exponent mod modulus`.
    function power(uint256 z, uint256 exponent, uint256 modulus) internal pure returns (uint256 result) {
        assembly ("memory-safe") {
            result := 1
            for {} exponent { exponent := shr(1, exponent) } {
                if and(exponent, 1) { result := mulmod(result, z, modulus) }
                z := mulmod(z, z, modulus)
            }
        }
    }

    function _add(uint256 a, uint256 b) private pure returns (uint256) {
        return addmod(a, b, R);
    }

    /// @dev Number of ops of type 2 or 3, which is that of the high bits of the 2-bit codes.
    function _auxUses(Sections memory s) private pure returns (uint256 uses) {
        for (uint256 i = 0; i < s.typeElements; ++i) {
            uint256 bits = (_element(s.types + i * ELEMENT_BYTES) >> 1) & (type(uint256).max / 3); // 0x5555...
            bits = (bits & (type(uint256).max / 5)) + ((bits >> 2) & (type(uint256).max / 5)); // 0x3333...
            bits = (bits + (bits >> 4)) & (type(uint256).max / 17); // 0x0f0f...
            uses += bits % 255; // the sum of the bytes: at most 124 are set
        }
    }

    /// @dev A decoder that stops after the last op must not miss one that the circuit would apply.
    function _checkPadding(Sections memory s) private pure {
        uint256 typesInLast = s.opCount % TYPES_PER_ELEMENT;
        uint256 opsInLast = s.opCount % s.opsPerElement;
        bool clean = true;
        if (typesInLast != 0) {
            clean = _element(s.types + (s.typeElements - 1) * ELEMENT_BYTES) >> (2 * typesInLast) == 0;
        }
        if (opsInLast != 0) {
            clean = clean && _element(s.ops + (s.opElements - 1) * ELEMENT_BYTES) >> (OP_BITS * opsInLast) == 0;
        }
        if (!clean) revert IMillrace.DataPadding();
    }

    /// @notice Refuses data that end before.
    function requireLength(bytes calldata data, uint256 needed) internal pure {
        if (data.length < needed) revert IMillrace.DataLength(needed, data.length);
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
    function start(bytes calldata data) internal pure returns (uint256 ptr) {
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
        return (a + b - 1) / b;
    }
}
