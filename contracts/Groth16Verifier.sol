// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IGroth16Verifier, Proof, VerifyingKey} from "./interfaces/IGroth16Verifier.sol";
import {EC_PAIRING, P} from "./libraries/Bn254.sol";
import {Groth16} from "./libraries/Groth16.sol";

/// @title Groth16 verifier of one key, which the constructor fixes for ever
/// @notice The same compiled contract serves every key (docs/decisions/verifying-keys-in-immutables.md).
/// The constructor refuses keys that are malformed and keys with which proofs can be forged.
contract Groth16Verifier is IGroth16Verifier {
    /// @inheritdoc IGroth16Verifier
    bytes32 public immutable vkHash;

    uint256 private immutable ALPHA_X;
    uint256 private immutable ALPHA_Y;
    uint256 private immutable BETA_X1;
    uint256 private immutable BETA_X0;
    uint256 private immutable BETA_Y1;
    uint256 private immutable BETA_Y0;
    uint256 private immutable GAMMA_X1;
    uint256 private immutable GAMMA_X0;
    uint256 private immutable GAMMA_Y1;
    uint256 private immutable GAMMA_Y0;
    uint256 private immutable DELTA_X1;
    uint256 private immutable DELTA_X0;
    uint256 private immutable DELTA_Y1;
    uint256 private immutable DELTA_Y0;
    uint256 private immutable IC0_X;
    uint256 private immutable IC0_Y;
    uint256 private immutable IC1_X;
    uint256 private immutable IC1_Y;
    uint256 private immutable IC2_X;
    uint256 private immutable IC2_Y;
    uint256 private immutable IC3_X;
    uint256 private immutable IC3_Y;

    /// @param key the key; reverts if it is malformed or lets anyone forge proofs
    constructor(VerifyingKey memory key) {
        _checkG1(key);
        _checkG2(key);
        vkHash = keccak256(abi.encode(key));
        (ALPHA_X, ALPHA_Y) = (key.alpha[0], key.alpha[1]);
        (BETA_X1, BETA_X0) = (key.beta[0][0], key.beta[0][1]);
        (BETA_Y1, BETA_Y0) = (key.beta[1][0], key.beta[1][1]);
        (GAMMA_X1, GAMMA_X0) = (key.gamma[0][0], key.gamma[0][1]);
        (GAMMA_Y1, GAMMA_Y0) = (key.gamma[1][0], key.gamma[1][1]);
        (DELTA_X1, DELTA_X0) = (key.delta[0][0], key.delta[0][1]);
        (DELTA_Y1, DELTA_Y0) = (key.delta[1][0], key.delta[1][1]);
        (IC0_X, IC0_Y) = (key.ic[0][0], key.ic[0][1]);
        (IC1_X, IC1_Y) = (key.ic[1][0], key.ic[1][1]);
        (IC2_X, IC2_Y) = (key.ic[2][0], key.ic[2][1]);
        (IC3_X, IC3_Y) = (key.ic[3][0], key.ic[3][1]);
    }

    /// @inheritdoc IGroth16Verifier
    function verify(uint256[3] calldata inputs, Proof calldata proof) external view {
        // One element's calldata is that of an array without its length.
        uint256[3][] calldata allInputs;
        Proof[] calldata proofs;
        assembly ("memory-safe") {
            allInputs.offset := inputs
            allInputs.length := 1
            proofs.offset := proof
            proofs.length := 1
        }
        _verify(allInputs, proofs);
    }

    /// @inheritdoc IGroth16Verifier
    function verifyBatch(uint256[3][] calldata inputs, Proof[] calldata proofs) external view {
        _verify(inputs, proofs);
    }

    /// @inheritdoc IGroth16Verifier
    function verifyMixed(
        VerifyingKey[] calldata otherKeys,
        uint256[4][] calldata statements,
        Proof[] calldata proofs
    ) external view {
        uint256[] memory keys = _keys(otherKeys.length);
        uint256[] memory words = new uint256[](statements.length * Groth16.STATEMENT_WORDS);
        uint256 ownBytes = Groth16.KEY_WORDS * 32;
        assembly ("memory-safe") {
            calldatacopy(add(add(keys, 32), ownBytes), otherKeys.offset, mul(otherKeys.length, ownBytes))
            calldatacopy(add(words, 32), statements.offset, mul(mload(words), 32))
        }
        Groth16.verify(keys, words, proofs);
    }

    /// @inheritdoc IGroth16Verifier
    function verifyingKey() public view returns (VerifyingKey memory key) {
        key.alpha = [ALPHA_X, ALPHA_Y];
        key.beta = [[BETA_X1, BETA_X0], [BETA_Y1, BETA_Y0]];
        key.gamma = [[GAMMA_X1, GAMMA_X0], [GAMMA_Y1, GAMMA_Y0]];
        key.delta = [[DELTA_X1, DELTA_X0], [DELTA_Y1, DELTA_Y0]];
        key.ic = [[IC0_X, IC0_Y], [IC1_X, IC1_Y], [IC2_X, IC2_Y], [IC3_X, IC3_Y]];
    }

    function _verify(uint256[3][] calldata inputs, Proof[] calldata proofs) private view {
        uint256[] memory statements = new uint256[](inputs.length * Groth16.STATEMENT_WORDS);
        for (uint256 i = 0; i < inputs.length; ++i) {
            uint256 place = i * Groth16.STATEMENT_WORDS; // its first word, the key's place, is 0
            statements[place + 1] = inputs[i][0];
            statements[place + 2] = inputs[i][1];
            statements[place + 3] = inputs[i][2];
        }
        Groth16.verify(_keys(0), statements, proofs);
    }

    /// @dev The words of the own key, and room for those of others.
    function _keys(uint256 others) private view returns (uint256[] memory keys) {
        keys = new uint256[]((1 + others) * Groth16.KEY_WORDS);
        (keys[0], keys[1]) = (ALPHA_X, ALPHA_Y);
        (keys[2], keys[3], keys[4], keys[5]) = (BETA_X1, BETA_X0, BETA_Y1, BETA_Y0);
        (keys[6], keys[7], keys[8], keys[9]) = (GAMMA_X1, GAMMA_X0, GAMMA_Y1, GAMMA_Y0);
        (keys[10], keys[11], keys[12], keys[13]) = (DELTA_X1, DELTA_X0, DELTA_Y1, DELTA_Y0);
        (keys[14], keys[15], keys[16], keys[17]) = (IC0_X, IC0_Y, IC1_X, IC1_Y);
        (keys[18], keys[19], keys[20], keys[21]) = (IC2_X, IC2_Y, IC3_X, IC3_Y);
    }

    /// @dev An `ic` at infinity would mean that the circuit does not depend on that input at all.
    function _checkG1(VerifyingKey memory key) private pure {
        if (!_isOnCurve(key.alpha)) revert InvalidKeyPointG1(0);
        for (uint256 j = 0; j < 4; ++j) {
            if (!_isOnCurve(key.ic[j])) revert InvalidKeyPointG1(j + 1);
        }
    }

    /// @dev The curve is y^2 = x^3 + 3 and its whole group has order r. (0, 0), infinity, is not on it.
    function _isOnCurve(uint256[2] memory point) private pure returns (bool) {
        (uint256 x, uint256 y) = (point[0], point[1]);
        return x < P && y < P && mulmod(y, y, P) == addmod(mulmod(mulmod(x, x, P), x, P), 3, P);
    }

    function _checkG2(VerifyingKey memory key) private view {
        if (_isInfinity(key.beta) || _isInfinity(key.gamma) || _isInfinity(key.delta)) revert InvalidKeyPointG2();
        // Pairings with G1's point at infinity are 1; the precompile checks that the G2 points are in range,
        // on the curve and in the subgroup, and fails otherwise.
        uint256[2] memory zero;
        (bool valid,) = address(uint160(EC_PAIRING)).staticcall(
            abi.encodePacked(
                abi.encode(zero, key.beta), abi.encode(zero, key.gamma), abi.encode(zero, key.delta)
            )
        );
        if (!valid) revert InvalidKeyPointG2();
        // gamma = +-delta: A = alpha, B = beta and C = -+(ic_0 + sum x_j ic_j) verify for any inputs.
        // gamma = +-beta: A = alpha +- (ic_0 + sum x_j ic_j), B = beta and C = 0 do.
        // delta = +-beta: A = ic_0 + sum x_j ic_j, B = gamma and C = -+alpha do.
        if (
            _sameOrOpposite(key.gamma, key.delta) || _sameOrOpposite(key.gamma, key.beta)
                || _sameOrOpposite(key.delta, key.beta)
        ) revert ForgeableKey();
    }

    function _isInfinity(uint256[2][2] memory point) private pure returns (bool) {
        return point[0][0] | point[0][1] | point[1][0] | point[1][1] == 0;
    }

    /// @dev Points with the same x are equal or opposite.
    function _sameOrOpposite(uint256[2][2] memory a, uint256[2][2] memory b) private pure returns (bool) {
        return a[0][0] == b[0][0] && a[0][1] == b[0][1];
    }
}
