// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Proof, ProofPoints, VerifyingKey} from "../../../contracts/interfaces/IGroth16Verifier.sol";
import {R} from "../../../contracts/libraries/Bn254.sol";
import {TrapdoorKey} from "./TrapdoorKey.sol";

/// @dev Proofs as the verifier takes several at once, docs/protocol.md section 3.6.
library Aggregation {
    /// @param statements place of the key, then the three inputs
    function aggregate(VerifyingKey[] memory keys, uint256[4][] memory statements, Proof[] memory proofs)
        internal
        view
        returns (ProofPoints[] memory points, uint256[2][] memory sums)
    {
        points = new ProofPoints[](proofs.length);
        for (uint256 i = 0; i < proofs.length; ++i) {
            points[i] = ProofPoints(proofs[i].a, proofs[i].b);
        }
        uint256 challenge = challengeOf(keys, statements, points);
        sums = new uint256[2][](keys.length);
        for (uint256 k = 0; k < keys.length; ++k) {
            sums[k] = _sum(k, statements, proofs, challenge);
        }
    }

    function challengeOf(
        VerifyingKey[] memory keys,
        uint256[4][] memory statements,
        ProofPoints[] memory points
    ) internal pure returns (uint256) {
        bytes memory words = abi.encode(keys.length, statements.length);
        for (uint256 k = 0; k < keys.length; ++k) {
            words = bytes.concat(words, abi.encode(keys[k]));
        }
        for (uint256 i = 0; i < statements.length; ++i) {
            words = bytes.concat(words, abi.encode(statements[i]));
        }
        for (uint256 i = 0; i < points.length; ++i) {
            words = bytes.concat(words, abi.encode(points[i]));
        }
        return uint256(keccak256(words)) % R;
    }

    function _sum(uint256 k, uint256[4][] memory statements, Proof[] memory proofs, uint256 challenge)
        private
        view
        returns (uint256[2] memory sum)
    {
        uint256[2] memory first;
        bool found = false;
        uint256 weight = 1;
        uint256 rest = 1;
        for (uint256 i = 0; i < proofs.length; ++i) {
            if (statements[i][0] != k) continue;
            if (!found) {
                (found, first) = (true, proofs[i].c);
                continue;
            }
            weight = mulmod(weight, challenge, R);
            rest = addmod(rest, R - weight, R);
            sum = TrapdoorKey.add(sum, TrapdoorKey.mul(proofs[i].c, weight));
        }
        return rest == 1 ? first : TrapdoorKey.add(sum, TrapdoorKey.mul(first, rest));
    }
}
