// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IMillrace} from "../interfaces/IMillrace.sol";

/// @title Hash chain of the batch headers
library BatchHeaders {
    /// @dev Words of a header.
    uint256 private constant HEADER_BYTES = 9 * 32;

    /// @notice `keccak256(abi.encode(parentHash, header))`.
    /// @dev A struct of value types lies in memory as abi.encode would write it.
    function hash(IMillrace.BatchHeader memory header, bytes32 parentHash) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let ptr := mload(0x40)
            mstore(ptr, parentHash)
            mcopy(add(ptr, 32), header, HEADER_BYTES)
            result := keccak256(ptr, add(HEADER_BYTES, 32))
        }
    }

    /// @notice Overwrites `target` with `header`.
    function copyTo(IMillrace.BatchHeader memory header, IMillrace.BatchHeader memory target) internal pure {
        assembly ("memory-safe") {
            mcopy(target, header, HEADER_BYTES)
        }
    }

    /// @notice Overwrites `header` with number `i` of `headers`, which has to be there. Bits above a field's are taken as
    /// they come: a header with such bits has another hash than any that was committed.
    function copy(IMillrace.BatchHeader memory header, IMillrace.BatchHeader[] calldata headers, uint256 i) internal pure {
        assembly ("memory-safe") {
            calldatacopy(header, add(headers.offset, mul(i, HEADER_BYTES)), HEADER_BYTES)
        }
    }
}
