// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IGroth16Verifier} from "../interfaces/IGroth16Verifier.sol";
import {EC_ADD, EC_MUL, EC_PAIRING, P, R} from "./Bn254.sol";

/// @title Many Groth16 proofs in one pairing check
/// @notice Proof i of key k with inputs x holds if there is a C_i with
///     `e(A_i, B_i) = e(alpha_k, beta_k) e(ic_k0 + sum x_j ic_kj, gamma_k) e(C_i, delta_k)`.
/// The equations of a key are multiplied together, each to the power of its weight: the proofs after the first have
/// w, w^2, ..., and the first one 1 minus all these, where w is a hash of all keys, statements, A_i and B_i. The C_i are
/// not handed in: of each key one point, their sum by the weights, is enough. What is left of each key is one equation;
/// these are multiplied together with the weights 1, v, v^2, ..., where v is a hash of w and of those sums.
/// docs/decisions/one-pairing-check-a-call.md says why that is sound.
/// It takes a pairing and a multiplication for each proof, and three of each for a key (two more multiplications and the
/// sum's for a key after the first).
library Groth16 {
    /// @dev Bytes of a key (the 22 words of {VerifyingKey} one after the other), of a statement (place of its key, then the
    /// three public inputs), of a pair of points (G1, G2) and of a point of G1.
    uint256 internal constant KEY_BYTES = 704;
    uint256 internal constant STATEMENT_BYTES = 128;
    uint256 internal constant PAIR_BYTES = 192;
    uint256 internal constant POINT_BYTES = 64;

    // Where the parts of a key are.
    uint256 private constant BETA = 64;
    uint256 private constant GAMMA = 192;
    uint256 private constant DELTA = 320;
    uint256 private constant IC = 448;

    /// @dev Positions in memory, where these lie side by side: the two counts; the keys; the statements; a pair for
    /// each proof, which is `(A, B)` as it comes, and room for three of each key; a word; the sum of C of each key.
    struct Workspace {
        uint256 keyCount;
        uint256 count;
        uint256 keys;
        uint256 statements;
        uint256 pairs;
        uint256 sums;
    }

    /// @notice Room for keys, statements, `(A, B)` and sums, which the caller writes.
    /// @param count proofs, of which there has to be one
    function open(uint256 keyCount, uint256 count) internal pure returns (Workspace memory w) {
        unchecked {
            (w.keyCount, w.count) = (keyCount, count);
            uint256 start;
            assembly ("memory-safe") {
                start := mload(0x40)
            }
            w.keys = start + 64;
            w.statements = w.keys + keyCount * KEY_BYTES;
            w.pairs = w.statements + count * STATEMENT_BYTES;
            w.sums = w.pairs + (count + 3 * keyCount) * PAIR_BYTES + 32;
            uint256 end = w.sums + keyCount * POINT_BYTES;
            assembly ("memory-safe") {
                mstore(start, keyCount)
                mstore(add(start, 32), count)
                mstore(0x40, end)
            }
        }
    }

    /// @notice Reverts unless every proof holds. Coordinates out of range and points off their curve fail in the
    /// precompiles.
    function check(Workspace memory w) internal view {
        unchecked {
            (uint256 challenge, uint256 keyChallenge) = _challenges(w);
            uint256 keyWeight = 1;
            uint256 seen = 0;
            (uint256 key, uint256 pair, uint256 point) = (w.keys, w.pairs + w.count * PAIR_BYTES, w.sums);
            for (uint256 k = 0; k < w.keyCount; ++k) {
                uint256[4] memory sums;
                uint256 found = _weigh(w, k, challenge, keyWeight, sums);
                if (found == 0) revert IGroth16Verifier.UnusedKey(k);
                seen += found;
                _writeKeyPairs(pair, key, point, sums);
                (key, pair, point) = (key + KEY_BYTES, pair + 3 * PAIR_BYTES, point + POINT_BYTES);
                keyWeight = mulmod(keyWeight, keyChallenge, R);
            }
            if (seen != w.count) _revertUnknownKey(w);
            _checkPairing(w.pairs, (w.count + 3 * w.keyCount) * PAIR_BYTES);
        }
    }

    /// @dev Of the proofs, from everything but the sums; and of the keys, from that and the sums, if there are several keys.
    function _challenges(Workspace memory w) private pure returns (uint256 challenge, uint256 keyChallenge) {
        (uint256 start, uint256 end, uint256 sums) = (w.keys - 64, w.pairs + w.count * PAIR_BYTES, w.sums);
        assembly ("memory-safe") {
            challenge := keccak256(start, sub(end, start))
        }
        if (w.keyCount > 1) {
            uint256 size = 32 + w.keyCount * POINT_BYTES;
            assembly ("memory-safe") {
                mstore(sub(sums, 32), challenge)
                keyChallenge := mod(keccak256(sub(sums, 32), size), R)
            }
        }
        challenge %= R;
    }

    /// @dev Multiplies the A of the proofs of key `k` by their weights, in place.
    /// @param total what the weights of the key add up to
    /// @param sums zeros, where the public inputs, each times the weight of its proof, and the weights are added up
    /// @return found number of proofs of the key
    function _weigh(Workspace memory w, uint256 k, uint256 challenge, uint256 total, uint256[4] memory sums)
        private
        view
        returns (uint256 found)
    {
        unchecked {
            (uint256 first, uint256 firstPair, uint256 end) = (w.statements, w.pairs, w.pairs);
            for (; first < end && _word(first) != k; first += STATEMENT_BYTES) {
                firstPair += PAIR_BYTES;
            }
            if (first == end) return 0;
            uint256 second = first + STATEMENT_BYTES;
            uint256 reached;
            (found, reached) =
                _weighRun(second, firstPair + PAIR_BYTES, end, k, challenge, mulmod(total, challenge, R), sums);
            if (reached != end) _revertAt(w, reached);
            // The first one has what the others leave of the total.
            (, reached) = _weighRun(first, firstPair, second, k, challenge, addmod(total, R - sums[3], R), sums);
            if (reached != second) _revertAt(w, reached);
            ++found;
        }
    }

    /// @dev Weighs the proofs of key `k` among those from `statement` to `end`: the first of them by `weight`, each other one by
    /// `challenge` times the weight before.
    /// @param weight below r
    /// @return found number of these proofs
    /// @return reached `end`, or the statement whose inputs are out of range or whose A the precompile refuses
    function _weighRun(
        uint256 statement,
        uint256 pair,
        uint256 end,
        uint256 k,
        uint256 challenge,
        uint256 weight,
        uint256[4] memory sums
    ) private view returns (uint256 found, uint256 reached) {
        assembly ("memory-safe") {
            for {} lt(statement, end) {
                statement := add(statement, STATEMENT_BYTES)
                pair := add(pair, PAIR_BYTES)
            } {
                if xor(mload(statement), k) { continue }
                let x := mload(add(statement, 32))
                let valid := lt(x, R)
                mstore(sums, addmod(mload(sums), mulmod(weight, x, R), R))
                x := mload(add(statement, 64))
                valid := and(valid, lt(x, R))
                mstore(add(sums, 32), addmod(mload(add(sums, 32)), mulmod(weight, x, R), R))
                x := mload(add(statement, 96))
                valid := and(valid, lt(x, R))
                mstore(add(sums, 64), addmod(mload(add(sums, 64)), mulmod(weight, x, R), R))
                mstore(add(sums, 96), addmod(mload(add(sums, 96)), weight, R))
                // Nothing is multiplied by 1. The precompile takes the word after the point for the scalar.
                if xor(weight, 1) {
                    x := mload(add(pair, 64))
                    mstore(add(pair, 64), weight)
                    valid := and(valid, staticcall(gas(), EC_MUL, pair, 96, pair, 64))
                    mstore(add(pair, 64), x)
                }
                if iszero(valid) { break }
                found := add(found, 1)
                weight := mulmod(weight, challenge, R)
            }
            reached := statement
        }
    }

    /// @dev Says what is wrong with the proof of the statement at this place.
    function _revertAt(Workspace memory w, uint256 statement) private pure {
        for (uint256 j = 1; j <= 3; ++j) {
            if (_word(statement + 32 * j) >= R) {
                revert IGroth16Verifier.InputOutOfRange((statement - w.statements) / STATEMENT_BYTES);
            }
        }
        revert IGroth16Verifier.CurveOperationFailed(EC_MUL);
    }

    function _word(uint256 ptr) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(ptr)
        }
    }

    /// @dev Writes the three pairs of a key to `pair`, with the G2 points negated so that the product of all is 1.
    /// @param point the sum of C
    /// @param sums of the public inputs, each times the weight of its proof, and of the weights, which is the key's own
    function _writeKeyPairs(uint256 pair, uint256 key, uint256 point, uint256[4] memory sums) private view {
        unchecked {
            uint256 weight = sums[3];
            _writeScaled(pair, key, weight);
            _writeNegated(pair + 64, key + BETA);

            pair += PAIR_BYTES; // the sum so far, the next term and a place for its scalar
            _writeScaled(pair, key + IC, weight);
            for (uint256 j = 0; j < 3; ++j) {
                _writeScaled(pair + 64, key + IC + 64 * (j + 1), sums[j]);
                _add(pair);
            }
            _writeNegated(pair + 64, key + GAMMA);

            pair += PAIR_BYTES;
            _writeScaled(pair, point, weight);
            _writeNegated(pair + 64, key + DELTA);
        }
    }

    /// @dev Writes the G1 point at `source`, multiplied, to `target`; overwrites the word after it.
    function _writeScaled(uint256 target, uint256 source, uint256 scalar) private view {
        bool done = true;
        assembly ("memory-safe") {
            mcopy(target, source, 64)
            if xor(scalar, 1) {
                mstore(add(target, 64), scalar)
                done := staticcall(gas(), EC_MUL, target, 96, target, 64)
            }
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

    /// @dev Writes the opposite of the G2 point at `source` to `target`.
    function _writeNegated(uint256 target, uint256 source) private pure {
        assembly ("memory-safe") {
            mcopy(target, source, 64)
            // A coordinate 0 stays 0; the point itself is not the point at infinity.
            mstore(add(target, 64), mod(sub(P, mload(add(source, 64))), P))
            mstore(add(target, 96), mod(sub(P, mload(add(source, 96))), P))
        }
    }

    function _checkPairing(uint256 pairs, uint256 size) private view {
        bool done;
        uint256 product;
        assembly ("memory-safe") {
            done := staticcall(gas(), EC_PAIRING, pairs, size, 0x00, 32)
            product := mload(0x00)
        }
        if (!done) revert IGroth16Verifier.CurveOperationFailed(EC_PAIRING);
        if (product != 1) revert IGroth16Verifier.InvalidProof();
    }

    /// @dev There is one.
    function _revertUnknownKey(Workspace memory w) private pure {
        for (uint256 i = 0; i < w.count; ++i) {
            if (_word(w.statements + i * STATEMENT_BYTES) >= w.keyCount) revert IGroth16Verifier.UnknownKey(i);
        }
    }
}
