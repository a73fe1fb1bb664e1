// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IGroth16Verifier, ProofPoints} from "../interfaces/IGroth16Verifier.sol";
import {IMillrace} from "../interfaces/IMillrace.sol";

/// @title Proofs of batches of several shapes, verified together
library BatchProofs {
    /// @dev Words of a statement: shape id, then the public inputs `C, z, y`.
    uint256 internal constant STATEMENT_WORDS = 4;
    uint256 private constant STATEMENT_BYTES = 128;
    uint256 private constant PROOF_BYTES = 192;
    uint256 private constant SUM_BYTES = 64;
    uint256 private constant KEY_BYTES = 704;
    /// @dev Where a header has its shape, and `c, z, y`.
    uint256 private constant HEADER_SHAPE = 32;
    uint256 private constant HEADER_C = 160;

    /// @notice Writes the statement of a batch as number `i` of the list.
    /// @dev A struct of value types has a word for each member in memory.
    function set(uint256[] memory statements, uint256 i, IMillrace.BatchHeader memory header) internal pure {
        assembly ("memory-safe") {
            let ptr := add(add(statements, 32), mul(i, STATEMENT_BYTES))
            mstore(ptr, mload(add(header, HEADER_SHAPE)))
            mcopy(add(ptr, 32), add(header, HEADER_C), 96)
        }
    }

    /// @notice Reverts unless every proof holds. The verifier of the first statement's shape does it, with the keys
    /// of the others.
    /// @param statements {STATEMENT_WORDS} words a batch, at least one batch; the shape ids, which have to be
    /// below `shapeCount`, are overwritten
    /// @param shapeCount number of shapes
    /// @param proofs one a batch
    /// @param sums one for each shape in use, in the order of their first batches
    function verify(
        mapping(uint256 id => IMillrace.ShapeConfig) storage shapes,
        uint256 shapeCount,
        uint256[] memory statements,
        ProofPoints[] calldata proofs,
        uint256[2][] calldata sums
    ) internal view {
        uint256 count = statements.length / STATEMENT_WORDS;
        if (count != proofs.length) revert IMillrace.ProofCountMismatch(count, proofs.length);
        uint256[] memory places = new uint256[](shapeCount); // of a shape's key, plus 1; 0: not in use
        uint256[] memory verifiers = new uint256[](shapeCount);
        uint256 used = 0;
        for (uint256 i = 0; i < count; ++i) {
            uint256 ptr;
            uint256 shape;
            assembly ("memory-safe") {
                ptr := add(add(statements, 32), mul(i, STATEMENT_BYTES))
                shape := mload(ptr)
            }
            uint256 place = places[shape];
            if (place == 0) {
                verifiers[used] = uint160(shapes[shape].verifier);
                place = ++used;
                places[shape] = place;
            }
            assembly ("memory-safe") {
                mstore(ptr, sub(place, 1))
            }
        }
        _callVerifier(verifiers, used, statements, proofs, sums);
    }

    /// @dev Calls {IGroth16Verifier-verifyAggregate} of the first verifier, with the keys of the others. Written out,
    /// since the compiler would copy every element of every array by itself.
    function _callVerifier(
        uint256[] memory verifiers,
        uint256 used,
        uint256[] memory statements,
        ProofPoints[] calldata proofs,
        uint256[2][] calldata sums
    ) private view {
        bytes4 verifyAggregate = IGroth16Verifier.verifyAggregate.selector;
        bytes4 verifyingKey = IGroth16Verifier.verifyingKey.selector;
        assembly ("memory-safe") {
            function orRevert(done) {
                if done { leave }
                let ptr := mload(0x40)
                returndatacopy(ptr, 0, returndatasize())
                revert(ptr, returndatasize())
            }

            let input := mload(0x40)
            let head := add(input, 4)
            let cursor := add(head, 128)
            mstore(0x00, verifyingKey)
            mstore(input, verifyAggregate)
            mstore(head, 128)
            mstore(cursor, sub(used, 1))
            cursor := add(cursor, 32)
            for { let k := 1 } lt(k, used) { k := add(k, 1) } {
                orRevert(staticcall(gas(), mload(add(add(verifiers, 32), mul(k, 32))), 0x00, 4, cursor, KEY_BYTES))
                cursor := add(cursor, KEY_BYTES)
            }

            mstore(add(head, 32), sub(cursor, head))
            mstore(cursor, proofs.length) // as many statements
            cursor := add(cursor, 32)
            let size := mul(mload(statements), 32)
            mcopy(cursor, add(statements, 32), size)
            cursor := add(cursor, size)

            mstore(add(head, 64), sub(cursor, head))
            mstore(cursor, proofs.length)
            cursor := add(cursor, 32)
            size := mul(proofs.length, PROOF_BYTES)
            calldatacopy(cursor, proofs.offset, size)
            cursor := add(cursor, size)
            mstore(add(head, 96), sub(cursor, head))
            mstore(cursor, sums.length)
            cursor := add(cursor, 32)
            size := mul(sums.length, SUM_BYTES)
            calldatacopy(cursor, sums.offset, size)
            cursor := add(cursor, size)
            orRevert(staticcall(gas(), mload(add(verifiers, 32)), input, sub(cursor, input), 0, 0))
        }
    }
}
