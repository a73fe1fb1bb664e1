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
            for (uint256 k = 0; k < w.keyCount; ++k) {
                uint256[3] memory inputs;
                uint256 found = _weigh(w, k, challenge, keyWeight, inputs);
                if (found == 0) revert IGroth16Verifier.UnusedKey(k);
                seen += found;
                _writeKeyPairs(w, k, keyWeight, inputs);
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

    // One loop over local variables: in functions of its own each would cost a jump for every proof.
    // solhint-disable function-max-lines

    /// @dev Multiplies the A of the proofs of key `k` by their weights, in place.
    /// @param total what the weights of the key add up to
    /// @param inputs where to write the public inputs, each summed up by the weights
    /// @return found number of proofs of the key
    function _weigh(Workspace memory w, uint256 k, uint256 challenge, uint256 total, uint256[3] memory inputs)
        private
        view
        returns (uint256 found)
    {
        uint256 outOfRange; // place of the statement plus 1
        bool done = true;
        assembly ("memory-safe") {
            // Multiplies the point before the word at `scalarAt`, which the precompile takes for the scalar.
            function scaled(scalarAt, weight) -> ok {
                let kept := mload(scalarAt)
                mstore(scalarAt, weight)
                let point := sub(scalarAt, 64)
                ok := staticcall(gas(), EC_MUL, point, 96, point, 64)
                mstore(scalarAt, kept)
            }

            let firstStatement
            let firstPair
            let weight := total
            let rest := total // for the first proof
            let statement := mload(add(w, 0x60))
            let pair := mload(add(w, 0x80))
            let end := pair
            let s0
            let s1
            let s2
            for {} lt(statement, end) {
                statement := add(statement, STATEMENT_BYTES)
                pair := add(pair, PAIR_BYTES)
            } {
                if xor(mload(statement), k) { continue }
                found := add(found, 1)
                let x0 := mload(add(statement, 32))
                let x1 := mload(add(statement, 64))
                let x2 := mload(add(statement, 96))
                if iszero(and(lt(x0, R), and(lt(x1, R), lt(x2, R)))) {
                    outOfRange := add(1, div(sub(statement, mload(add(w, 0x60))), STATEMENT_BYTES))
                    break
                }
                if eq(found, 1) {
                    firstStatement := statement
                    firstPair := pair
                    continue
                }
                weight := mulmod(weight, challenge, R)
                rest := addmod(rest, sub(R, weight), R)
                s0 := addmod(s0, mulmod(weight, x0, R), R)
                s1 := addmod(s1, mulmod(weight, x1, R), R)
                s2 := addmod(s2, mulmod(weight, x2, R), R)
                done := scaled(add(pair, 64), weight)
                if iszero(done) { break }
            }
            if and(and(done, iszero(outOfRange)), gt(found, 0)) {
                mstore(inputs, addmod(s0, mulmod(rest, mload(add(firstStatement, 32)), R), R))
                mstore(add(inputs, 32), addmod(s1, mulmod(rest, mload(add(firstStatement, 64)), R), R))
                mstore(add(inputs, 64), addmod(s2, mulmod(rest, mload(add(firstStatement, 96)), R), R))
                if xor(rest, 1) { done := scaled(add(firstPair, 64), rest) }
            }
        }
        if (outOfRange != 0) revert IGroth16Verifier.InputOutOfRange(outOfRange - 1);
        if (!done) revert IGroth16Verifier.CurveOperationFailed(EC_MUL);
    }

    // solhint-enable function-max-lines

    /// @dev Writes the three pairs of key `k`, with the G2 points negated so that the product of all is 1.
    /// @param weight of the key
    /// @param inputs summed up by the weights of the key's proofs, which add up to `weight`
    function _writeKeyPairs(Workspace memory w, uint256 k, uint256 weight, uint256[3] memory inputs) private view {
        unchecked {
            uint256 key = w.keys + k * KEY_BYTES;
            uint256 pair = w.pairs + (w.count + 3 * k) * PAIR_BYTES;
            _writeScaled(pair, key, weight);
            _writeNegated(pair + 64, key + BETA);

            pair += PAIR_BYTES; // the sum so far, the next term and a place for its scalar
            _writeScaled(pair, key + IC, weight);
            for (uint256 j = 0; j < 3; ++j) {
                _writeScaled(pair + 64, key + IC + 64 * (j + 1), inputs[j]);
                _add(pair);
            }
            _writeNegated(pair + 64, key + GAMMA);

            pair += PAIR_BYTES;
            _writeScaled(pair, w.sums + k * POINT_BYTES, weight);
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
            uint256 place = w.statements + i * STATEMENT_BYTES;
            bool known;
            uint256 keyCount = w.keyCount;
            assembly ("memory-safe") {
                known := lt(mload(place), keyCount)
            }
            if (!known) revert IGroth16Verifier.UnknownKey(i);
        }
    }
}
