// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IGroth16Verifier, Proof} from "../interfaces/IGroth16Verifier.sol";
import {IMillrace} from "../interfaces/IMillrace.sol";

/// @title Proofs of batches of several shapes, verified together
library BatchProofs {
    /// @dev Words of a statement: shape id, then the public inputs `C, z, y`.
    uint256 internal constant STATEMENT_WORDS = 4;
    uint256 private constant STATEMENT_BYTES = 128;
    uint256 private constant PROOF_BYTES = 256;
    uint256 private constant KEY_BYTES = 704;

    /// @notice Writes the statement of a batch as number `i` of the list.
    function set(uint256[] memory statements, uint256 i, IMillrace.BatchHeader memory header) internal pure {
        (uint256 shape, uint256 c, uint256 z, uint256 y) = (header.shape, header.c, header.z, header.y);
        assembly ("memory-safe") {
            let ptr := add(add(statements, 32), mul(i, STATEMENT_BYTES))
            mstore(ptr, shape)
            mstore(add(ptr, 32), c)
            mstore(add(ptr, 64), z)
            mstore(add(ptr, 96), y)
        }
    }

    /// @notice Reverts unless every proof holds. The verifier of the first statement's shape does it, with the keys
    /// of the others.
    /// @param statements {STATEMENT_WORDS} words a batch, at least one batch; the shape ids are overwritten
    function verify(IMillrace.ShapeConfig[] storage shapes, uint256[] memory statements, Proof[] calldata proofs)
        internal
        view
    {
        uint256 count = statements.length / STATEMENT_WORDS;
        if (count != proofs.length) revert IMillrace.ProofCountMismatch(count, proofs.length);
        uint256[] memory places = new uint256[](shapes.length); // of a shape's key, plus 1; 0: not in use
        uint256[] memory verifiers = new uint256[](shapes.length);
        uint256 used = 0;
        for (uint256 i = 0; i < statements.length; i += STATEMENT_WORDS) {
            uint256 shape = statements[i];
            if (places[shape] == 0) {
                verifiers[used] = uint160(shapes[shape].verifier);
                places[shape] = ++used;
            }
            statements[i] = places[shape] - 1;
        }
        _callVerifier(verifiers, used, statements, proofs);
    }

    /// @dev Calls {IGroth16Verifier-verifyMixed} of the first verifier, with the keys of the others. Written out,
    /// since the compiler would copy every element of every array by itself.
    function _callVerifier(
        uint256[] memory verifiers,
        uint256 used,
        uint256[] memory statements,
        Proof[] calldata proofs
    ) private view {
        bytes4 verifyMixed = IGroth16Verifier.verifyMixed.selector;
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
            let cursor := add(head, 96)
            mstore(0x00, verifyingKey)
            mstore(input, verifyMixed)
            mstore(head, 96)
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
            orRevert(staticcall(gas(), mload(add(verifiers, 32)), input, sub(cursor, input), 0, 0))
        }
    }
}
