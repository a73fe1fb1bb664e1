// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IGroth16Verifier, Proof, VerifyingKey} from "../interfaces/IGroth16Verifier.sol";
import {EC_ADD, EC_MUL, EC_PAIRING, P, R} from "./Bn254.sol";

/// @title Many Groth16 proofs in one pairing check
/// @notice Proof i of key k with inputs x holds if
///     `e(A_i, B_i) = e(alpha_k, beta_k) e(ic_k0 + sum x_j ic_kj, gamma_k) e(C_i, delta_k)`.
/// With weights w_i that nobody can choose, all of them hold (but for a chance of n / 2^128) if the product
/// of the i-th equations to the power w_i does; gathered by key, that takes n pairings for the `w_i A_i`
/// and three for each key.
/// The weights are hashes of all keys, statements and proofs, so a proof cannot be made to cancel another.
library Groth16 {
    /// @dev Words of a statement: place of its key, then the three public inputs.
    uint256 internal constant STATEMENT_WORDS = 4;
    /// @dev Words of a pair of points (G1, G2) and the bytes of one.
    uint256 private constant PAIR_WORDS = 6;
    uint256 private constant PAIR_BYTES = 192;
    uint256 private constant PROOF_BYTES = 256;

    /// @dev What gathers for one key. `c` and `term` lie side by side: they are the input of an addition.
    struct Sum {
        uint256 cX; // sum of w_i C_i
        uint256 cY;
        uint256 termX; // the next w_i C_i
        uint256 termY;
        uint256[4] scalars; // sums of w_i and of w_i times each input, mod r
    }

    /// @notice Reverts unless every proof holds.
    /// @param keys the keys, each of which at least one statement names
    /// @param statements {STATEMENT_WORDS} words a proof
    function verify(VerifyingKey[] memory keys, uint256[] memory statements, Proof[] calldata proofs) internal view {
        uint256 count = proofs.length;
        if (count == 0 || statements.length != count * STATEMENT_WORDS) {
            revert IGroth16Verifier.ProofCountMismatch(statements.length / STATEMENT_WORDS, count);
        }
        bytes32 seed = _seed(keys, statements, proofs);
        uint256[] memory pairs = new uint256[](PAIR_WORDS * (count + 3 * keys.length));
        uint256 pair = _data(pairs);
        Sum[] memory sums = new Sum[](keys.length);
        for (uint256 i = 0; i < count; ++i) {
            _checkRanges(statements, proofs[i], i);
            // The first weight is 1: it is enough that the others are random.
            uint256 weight = i == 0 ? 1 : uint128(uint256(keccak256(abi.encode(seed, i))));
            Sum memory sum = sums[statements[i * STATEMENT_WORDS]];
            _gatherScalars(sum, statements, i, weight);
            _gatherC(sum, proofs[i], weight);
            _writeProofPair(pair, proofs[i], weight);
            pair += PAIR_BYTES;
        }
        for (uint256 k = 0; k < keys.length; ++k) {
            _writeKeyPairs(pair, keys[k], sums[k]);
            pair += 3 * PAIR_BYTES;
        }
        _checkPairing(pairs);
    }

    function _seed(VerifyingKey[] memory keys, uint256[] memory statements, Proof[] calldata proofs)
        private
        pure
        returns (bytes32 seed)
    {
        bytes32 keysHash = keccak256(abi.encode(keys));
        uint256 from = _data(statements);
        uint256 statementBytes = statements.length * 32;
        assembly ("memory-safe") {
            let ptr := mload(0x40)
            let proofBytes := mul(proofs.length, PROOF_BYTES)
            mstore(ptr, keysHash)
            mcopy(add(ptr, 32), from, statementBytes)
            calldatacopy(add(add(ptr, 32), statementBytes), proofs.offset, proofBytes)
            seed := keccak256(ptr, add(32, add(statementBytes, proofBytes)))
        }
    }

    function _checkRanges(uint256[] memory statements, Proof calldata proof, uint256 i) private pure {
        uint256 inputs = _data(statements) + (i * STATEMENT_WORDS + 1) * 32;
        bool inputsBelow;
        bool coordinatesBelow;
        assembly ("memory-safe") {
            inputsBelow := and(
                lt(mload(inputs), R),
                and(lt(mload(add(inputs, 32)), R), lt(mload(add(inputs, 64)), R))
            )
            coordinatesBelow := 1
            for { let ptr := 0 } lt(ptr, PROOF_BYTES) { ptr := add(ptr, 32) } {
                coordinatesBelow := and(coordinatesBelow, lt(calldataload(add(proof, ptr)), P))
            }
        }
        if (!inputsBelow) revert IGroth16Verifier.InputOutOfRange(i);
        if (!coordinatesBelow) revert IGroth16Verifier.CoordinateOutOfRange(i);
    }

    function _gatherScalars(Sum memory sum, uint256[] memory statements, uint256 i, uint256 weight) private pure {
        uint256 statement = i * STATEMENT_WORDS;
        sum.scalars[0] = addmod(sum.scalars[0], weight, R);
        for (uint256 j = 1; j < 4; ++j) {
            sum.scalars[j] = addmod(sum.scalars[j], mulmod(weight, statements[statement + j], R), R);
        }
    }

    function _gatherC(Sum memory sum, Proof calldata proof, uint256 weight) private view {
        uint256 ptr;
        assembly ("memory-safe") {
            ptr := sum
            calldatacopy(add(ptr, 64), add(proof, 192), 64)
        }
        _scale(ptr + 64, weight, ptr + 64);
        _add(ptr);
    }

    /// @dev Writes `(weight A, B)`.
    function _writeProofPair(uint256 pair, Proof calldata proof, uint256 weight) private view {
        assembly ("memory-safe") {
            calldatacopy(pair, proof, PAIR_BYTES)
        }
        _scale(pair, weight, pair);
    }

    /// @dev Writes the key's three pairs, with the G2 points negated so that the product of all is 1.
    function _writeKeyPairs(uint256 pair, VerifyingKey memory key, Sum memory sum) private view {
        _scale(_pointer(key.alpha), sum.scalars[0], pair);
        _writeNegated(pair + 64, key.beta);

        uint256 gammaPair = pair + PAIR_BYTES;
        uint256[4] memory points; // the sum so far and the next term
        uint256 ptr;
        assembly ("memory-safe") {
            ptr := points
        }
        for (uint256 j = 0; j < 4; ++j) {
            _scale(_pointer(key.ic[j]), sum.scalars[j], ptr + 64);
            _add(ptr);
        }
        assembly ("memory-safe") {
            mcopy(gammaPair, ptr, 64)
        }
        _writeNegated(gammaPair + 64, key.gamma);

        uint256 deltaPair = gammaPair + PAIR_BYTES;
        assembly ("memory-safe") {
            mcopy(deltaPair, sum, 64)
        }
        _writeNegated(deltaPair + 64, key.delta);
    }

    /// @dev Writes `-point` to memory at `target`.
    function _writeNegated(uint256 target, uint256[2][2] memory point) private pure {
        (uint256 x1, uint256 x0) = (point[0][0], point[0][1]);
        // A coordinate 0 stays 0; the point itself is not the point at infinity.
        uint256 y1 = (P - point[1][0]) % P;
        uint256 y0 = (P - point[1][1]) % P;
        assembly ("memory-safe") {
            mstore(target, x1)
            mstore(add(target, 32), x0)
            mstore(add(target, 64), y1)
            mstore(add(target, 96), y0)
        }
    }

    /// @dev Writes `scalar * point` to memory at `target`; `source` and `target` may be the same.
    function _scale(uint256 source, uint256 scalar, uint256 target) private view {
        bool done = true;
        assembly ("memory-safe") {
            switch scalar
            case 1 {
                mcopy(target, source, 64)
            }
            default {
                let ptr := mload(0x40)
                mcopy(ptr, source, 64)
                mstore(add(ptr, 64), scalar)
                done := staticcall(gas(), EC_MUL, ptr, 96, target, 64)
            }
        }
        if (!done) revert IGroth16Verifier.CurveOperationFailed(EC_MUL);
    }

    /// @dev Adds the two points at `at`, `at + 64` and writes the sum to `at`.
    function _add(uint256 ptr) private view {
        bool done;
        assembly ("memory-safe") {
            done := staticcall(gas(), EC_ADD, ptr, 128, ptr, 64)
        }
        if (!done) revert IGroth16Verifier.CurveOperationFailed(EC_ADD);
    }

    function _checkPairing(uint256[] memory pairs) private view {
        uint256 ptr = _data(pairs);
        uint256 size = pairs.length * 32;
        bool done;
        uint256 product;
        assembly ("memory-safe") {
            done := staticcall(gas(), EC_PAIRING, ptr, size, 0x00, 32)
            product := mload(0x00)
        }
        if (!done) revert IGroth16Verifier.CurveOperationFailed(EC_PAIRING);
        if (product != 1) revert IGroth16Verifier.InvalidProof();
    }

    function _data(uint256[] memory words) private pure returns (uint256 ptr) {
        assembly ("memory-safe") {
            ptr := add(words, 32)
        }
    }

    function _pointer(uint256[2] memory point) private pure returns (uint256 ptr) {
        assembly ("memory-safe") {
            ptr := point
        }
    }
}
