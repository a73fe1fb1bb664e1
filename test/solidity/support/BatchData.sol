// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {R} from "../../../contracts/libraries/Bn254.sol";

/// @dev An L1 op as a batch has it.
struct L1Entry {
    uint256 e0;
    uint256 e1;
    uint256 e2;
    uint256 result;
}

/// @dev A signed op as a batch has it (docs/protocol.md section 3.1).
struct Op {
    uint256 opType;
    uint256 from;
    uint256 to;
    uint256 amount;
    uint256 feeCode;
    uint256 aux;
}

/// @dev What a batch publishes, and its two forms: the bytes, and the vector with every zero in its place.
/// Written apart from the contracts, for depths up to 24.
struct Batch {
    uint32[4] fees;
    L1Entry[] l1;
    Op[] ops;
}

library BatchData {
    uint256 internal constant TRANSFER = 1;
    uint256 internal constant TRANSFER_TO_NEW = 2;
    uint256 internal constant WITHDRAW = 3;

    function encode(Batch memory batch) internal pure returns (bytes memory data) {
        data = abi.encodePacked(batch.fees[0], batch.fees[1], batch.fees[2], batch.fees[3], uint16(batch.l1.length));
        for (uint256 i = 0; i < batch.l1.length; ++i) {
            L1Entry memory l1 = batch.l1[i];
            data = bytes.concat(data, _element(l1.e0), _element(l1.e1), _element(l1.e2), abi.encodePacked(uint112(l1.result)));
        }
        data = bytes.concat(data, abi.encodePacked(uint16(batch.ops.length)));
        uint256[] memory vector = new uint256[](_ceilDiv(batch.ops.length, 124));
        for (uint256 i = 0; i < batch.ops.length; ++i) {
            vector[i / 124] |= batch.ops[i].opType << (2 * (i % 124));
        }
        for (uint256 i = 0; i < vector.length; ++i) {
            data = bytes.concat(data, _element(vector[i]));
        }
        for (uint256 i = 0; i < batch.ops.length; i += 2) {
            uint256 second = i + 1 < batch.ops.length ? _pack(batch.ops[i + 1]) : 0;
            data = bytes.concat(data, _element(_pack(batch.ops[i]) | (second << 124)));
        }
        uint16 count = 0;
        bytes memory list;
        for (uint256 i = 0; i < batch.ops.length; ++i) {
            if (batch.ops[i].opType < TRANSFER_TO_NEW) continue;
            ++count;
            list = bytes.concat(list, abi.encodePacked(uint16(i)), _element(batch.ops[i].aux));
        }
        data = bytes.concat(data, abi.encodePacked(count), list);
    }

    /// @dev `y`, term by term over the whole vector.
    function evaluate(Batch memory batch, uint256 n1, uint256 n2, uint256[4] memory head, uint256 z)
        internal
        pure
        returns (uint256 y)
    {
        uint256[] memory d = vectorOf(batch, n1, n2, head);
        uint256 power = 1;
        for (uint256 i = 0; i < d.length; ++i) {
            y = addmod(y, mulmod(d[i], power, R), R);
            power = mulmod(power, z, R);
        }
    }

    function vectorOf(Batch memory batch, uint256 n1, uint256 n2, uint256[4] memory head)
        internal
        pure
        returns (uint256[] memory d)
    {
        uint256 types = 5 + 4 * n1;
        uint256 ops = types + _ceilDiv(n2, 124);
        uint256 aux = ops + _ceilDiv(n2, 2);
        d = new uint256[](aux + n2);
        for (uint256 i = 0; i < 4; ++i) {
            d[i] = head[i];
            d[4] |= uint256(batch.fees[i]) << (32 * i);
        }
        for (uint256 i = 0; i < batch.l1.length; ++i) {
            L1Entry memory l1 = batch.l1[i];
            (d[5 + 4 * i], d[6 + 4 * i], d[7 + 4 * i], d[8 + 4 * i]) = (l1.e0, l1.e1, l1.e2, l1.result);
        }
        for (uint256 i = 0; i < batch.ops.length; ++i) {
            d[types + i / 124] |= batch.ops[i].opType << (2 * (i % 124));
            d[ops + i / 2] |= _pack(batch.ops[i]) << (124 * (i % 2));
            d[aux + i] = batch.ops[i].aux;
        }
    }

    function _pack(Op memory op) private pure returns (uint256) {
        return op.from | (op.to << 24) | (op.amount << 48) | (op.feeCode << 112);
    }

    function _element(uint256 value) private pure returns (bytes memory) {
        return abi.encodePacked(uint248(value));
    }

    function _ceilDiv(uint256 a, uint256 b) private pure returns (uint256) {
        return (a + b - 1) / b;
    }
}
