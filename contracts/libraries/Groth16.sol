// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IGroth16Verifier, Proof} from "../interfaces/IGroth16Verifier.sol";
import {EC_ADD, EC_MUL, EC_PAIRING, P, R} from "./Bn254.sol";

/// @title Many Groth16 proofs in one pairing check
/// @notice Proof i of key k with inputs x holds if
///     `e(A_i, B_i) = e(alpha_k, beta_k) e(ic_k0 + sum x_j ic_kj, gamma_k) e(C_i, delta_k)`.
/// With weights w_i that nobody can choose, all of them hold (but for a chance of n / 2^128) if the product
/// of the i-th equations to the power w_i does; gathered by key, that takes n pairings for the `w_i A_i`
/// and three for each key.
/// The weights are hashes of all keys, statements and proofs, so a proof cannot be made to cancel another.
/// @dev Points lie in memory as the precompiles take them, each followed by the word that the multiplication
/// takes as its scalar and that something else takes over afterwards.
library Groth16 {
    /// @dev Words of a key: those of {VerifyingKey} one after the other.
    uint256 internal constant KEY_WORDS = 22;
    /// @dev Words of a statement: place of its key, then the three public inputs.
    uint256 internal constant STATEMENT_WORDS = 4;

    /// @dev Bytes of the same, of a proof, and of a pair of points (G1, G2).
    uint256 private constant KEY_BYTES = 704;
    uint256 private constant STATEMENT_BYTES = 128;
    uint256 private constant PROOF_BYTES = 256;
    uint256 private constant PAIR_BYTES = 192;
    /// @dev What gathers for one key: the sum of w_i C_i; the next w_i C_i and a place for its w_i; the sums of w_i
    /// and of w_i times each input, mod r.
    uint256 private constant SUM_BYTES = 288;

    // Where the parts of a key are.
    uint256 private constant BETA = 64;
    uint256 private constant GAMMA = 192;
    uint256 private constant DELTA = 320;
    uint256 private constant IC = 448;

    /// @notice Reverts unless every proof holds.
    /// @param keys {KEY_WORDS} words a key
    /// @param statements {STATEMENT_WORDS} words a proof
    function verify(uint256[] memory keys, uint256[] memory statements, Proof[] calldata proofs) internal view {
        uint256 count = proofs.length;
        if (count == 0 || statements.length != count * STATEMENT_WORDS) {
            revert IGroth16Verifier.ProofCountMismatch(statements.length / STATEMENT_WORDS, count);
        }
        bytes32 seed = _seed(keys, statements, proofs);
        uint256 keyCount = keys.length / KEY_WORDS;
        uint256 sums = _words(new uint256[](keyCount * (SUM_BYTES / 32)));
        uint256[] memory pairs = new uint256[]((count + 3 * keyCount) * (PAIR_BYTES / 32));
        uint256 pair = _words(pairs);
        for (uint256 i = 0; i < count; ++i) {
            uint256 statement = _words(statements) + i * STATEMENT_BYTES;
            _requireInRange(statement, proofs[i], i, keyCount);
            // The first weight is 1: it is enough that the others are random.
            uint256 weight = i == 0 ? 1 : _weight(seed, i);
            _gather(sums, statement, proofs[i], weight);
            _writeProofPair(pair, proofs[i], weight);
            pair += PAIR_BYTES;
        }
        uint256 key = _words(keys);
        for (uint256 k = 0; k < keyCount; ++k) {
            _writeKeyPairs(pair, key, sums);
            pair += 3 * PAIR_BYTES;
            key += KEY_BYTES;
            sums += SUM_BYTES;
        }
        _checkPairing(pairs);
    }

    /// @dev Hash of everything that the caller could choose.
    function _seed(uint256[] memory keys, uint256[] memory statements, Proof[] calldata proofs)
        private
        pure
        returns (bytes32 seed)
    {
        assembly ("memory-safe") {
            let ptr := mload(0x40)
            // Both arrays with their lengths.
            let keysSize := add(mul(mload(keys), 32), 32)
            let statementsSize := add(mul(mload(statements), 32), 32)
            let proofsSize := mul(proofs.length, PROOF_BYTES)
            mcopy(ptr, keys, keysSize)
            mcopy(add(ptr, keysSize), statements, statementsSize)
            calldatacopy(add(ptr, add(keysSize, statementsSize)), proofs.offset, proofsSize)
            seed := keccak256(ptr, add(keysSize, add(statementsSize, proofsSize)))
        }
    }

    /// @dev 128 bits.
    function _weight(bytes32 seed, uint256 i) private pure returns (uint256 weight) {
        assembly ("memory-safe") {
            mstore(0x00, seed)
            mstore(0x20, i)
            weight := shr(128, keccak256(0x00, 0x40))
        }
    }

    function _requireInRange(uint256 statement, Proof calldata proof, uint256 i, uint256 keyCount) private pure {
        bool keyBelow;
        bool inputsBelow;
        bool coordinatesBelow;
        assembly ("memory-safe") {
            keyBelow := lt(mload(statement), keyCount)
            inputsBelow := and(
                lt(mload(add(statement, 32)), R),
                and(lt(mload(add(statement, 64)), R), lt(mload(add(statement, 96)), R))
            )
            coordinatesBelow := and(
                and(
                    and(lt(calldataload(proof), P), lt(calldataload(add(proof, 32)), P)),
                    and(lt(calldataload(add(proof, 64)), P), lt(calldataload(add(proof, 96)), P))
                ),
                and(
                    and(lt(calldataload(add(proof, 128)), P), lt(calldataload(add(proof, 160)), P)),
                    and(lt(calldataload(add(proof, 192)), P), lt(calldataload(add(proof, 224)), P))
                )
            )
        }
        if (!keyBelow) revert IGroth16Verifier.UnknownKey(i);
        if (!inputsBelow) revert IGroth16Verifier.InputOutOfRange(i);
        if (!coordinatesBelow) revert IGroth16Verifier.CoordinateOutOfRange(i);
    }

    /// @dev Adds the weighted C and inputs of a proof to the sum of its key.
    function _gather(uint256 sums, uint256 statement, Proof calldata proof, uint256 weight) private view {
        uint256 sum;
        assembly ("memory-safe") {
            sum := add(sums, mul(mload(statement), SUM_BYTES))
            calldatacopy(add(sum, 64), add(proof, 192), 64)
        }
        _scale(sum + 64, weight);
        _add(sum);
        assembly ("memory-safe") {
            let scalars := add(sum, 160)
            mstore(scalars, addmod(mload(scalars), weight, R))
            scalars := add(scalars, 32)
            mstore(scalars, addmod(mload(scalars), mulmod(weight, mload(add(statement, 32)), R), R))
            scalars := add(scalars, 32)
            mstore(scalars, addmod(mload(scalars), mulmod(weight, mload(add(statement, 64)), R), R))
            scalars := add(scalars, 32)
            mstore(scalars, addmod(mload(scalars), mulmod(weight, mload(add(statement, 96)), R), R))
        }
    }

    /// @dev Writes `(weight A, B)`.
    function _writeProofPair(uint256 pair, Proof calldata proof, uint256 weight) private view {
        assembly ("memory-safe") {
            calldatacopy(pair, proof, 64)
        }
        _scale(pair, weight);
        assembly ("memory-safe") {
            calldatacopy(add(pair, 64), add(proof, 64), 128)
        }
    }

    /// @dev Writes the key's three pairs, with the G2 points negated so that the product of all is 1.
    function _writeKeyPairs(uint256 pair, uint256 key, uint256 sum) private view {
        assembly ("memory-safe") {
            mcopy(pair, key, 64)
        }
        _scale(pair, _word(sum + 160));
        _writeNegated(pair + 64, key + BETA);

        uint256 gammaPair = pair + PAIR_BYTES; // the sum so far, the next term and a place for its scalar
        for (uint256 j = 0; j < 4; ++j) {
            assembly ("memory-safe") {
                mcopy(add(gammaPair, 64), add(add(key, IC), mul(j, 64)), 64)
            }
            _scale(gammaPair + 64, _word(sum + 160 + 32 * j));
            _add(gammaPair);
        }
        _writeNegated(gammaPair + 64, key + GAMMA);

        uint256 deltaPair = gammaPair + PAIR_BYTES;
        assembly ("memory-safe") {
            mcopy(deltaPair, sum, 64)
        }
        _writeNegated(deltaPair + 64, key + DELTA);
    }

    /// @dev Writes the opposite of the point at `source` to `target`.
    function _writeNegated(uint256 target, uint256 source) private pure {
        assembly ("memory-safe") {
            mcopy(target, source, 64)
            // A coordinate 0 stays 0; the point itself is not the point at infinity.
            mstore(add(target, 64), mod(sub(P, mload(add(source, 64))), P))
            mstore(add(target, 96), mod(sub(P, mload(add(source, 96))), P))
        }
    }

    /// @dev Multiplies the point at `ptr` in place; overwrites the word after it.
    function _scale(uint256 ptr, uint256 scalar) private view {
        if (scalar == 1) return;
        bool done;
        assembly ("memory-safe") {
            mstore(add(ptr, 64), scalar)
            done := staticcall(gas(), EC_MUL, ptr, 96, ptr, 64)
        }
        if (!done) revert IGroth16Verifier.CurveOperationFailed(EC_MUL);
    }

    /// @dev Adds the two points at `ptr` and `ptr + 64` and writes the sum to `ptr`.
    function _add(uint256 ptr) private view {
        bool done;
        assembly ("memory-safe") {
            done := staticcall(gas(), EC_ADD, ptr, 128, ptr, 64)
        }
        if (!done) revert IGroth16Verifier.CurveOperationFailed(EC_ADD);
    }

    function _checkPairing(uint256[] memory pairs) private view {
        bool done;
        uint256 product;
        assembly ("memory-safe") {
            done := staticcall(gas(), EC_PAIRING, add(pairs, 32), mul(mload(pairs), 32), 0x00, 32)
            product := mload(0x00)
        }
        if (!done) revert IGroth16Verifier.CurveOperationFailed(EC_PAIRING);
        if (product != 1) revert IGroth16Verifier.InvalidProof();
    }

    /// @dev Where the first element is.
    function _words(uint256[] memory array) private pure returns (uint256 ptr) {
        assembly ("memory-safe") {
            ptr := add(array, 32)
        }
    }

    function _word(uint256 ptr) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(ptr)
        }
    }
}
