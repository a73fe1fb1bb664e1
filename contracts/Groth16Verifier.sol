// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IGroth16Verifier, Proof, ProofPoints, VerifyingKey} from "./interfaces/IGroth16Verifier.sol";
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
        Groth16.Workspace memory w = Groth16.open(1, 1);
        _writeKey(w.keys);
        (uint256 statement, uint256 pair, uint256 sum) = (w.statements, w.pairs, w.sums);
        assembly ("memory-safe") {
            mstore(statement, 0)
            calldatacopy(add(statement, 32), inputs, 96)
            calldatacopy(pair, proof, 192)
            calldatacopy(sum, add(proof, 192), 64)
        }
        Groth16.check(w);
    }

    /// @inheritdoc IGroth16Verifier
    function verifyAggregate(
        VerifyingKey[] calldata otherKeys,
        uint256[4][] calldata statements,
        ProofPoints[] calldata proofs,
        uint256[2][] calldata sums
    ) external view {
        if (proofs.length == 0 || statements.length != proofs.length) {
            revert ProofCountMismatch(statements.length, proofs.length);
        }
        if (sums.length != 1 + otherKeys.length) revert SumCountMismatch(1 + otherKeys.length, sums.length);
        Groth16.Workspace memory w = Groth16.open(sums.length, proofs.length);
        _writeKey(w.keys);
        (uint256 keyBytes, uint256 statementBytes) = (Groth16.KEY_BYTES, Groth16.STATEMENT_BYTES);
        (uint256 pairBytes, uint256 pointBytes) = (Groth16.PAIR_BYTES, Groth16.POINT_BYTES);
        (uint256 keys, uint256 statement, uint256 pair, uint256 sum) = (w.keys, w.statements, w.pairs, w.sums);
        assembly ("memory-safe") {
            calldatacopy(add(keys, keyBytes), otherKeys.offset, mul(otherKeys.length, keyBytes))
            calldatacopy(statement, statements.offset, mul(statements.length, statementBytes))
            calldatacopy(pair, proofs.offset, mul(proofs.length, pairBytes))
            calldatacopy(sum, sums.offset, mul(sums.length, pointBytes))
        }
        Groth16.check(w);
    }

    /// @inheritdoc IGroth16Verifier
    function verifyingKey() public view returns (VerifyingKey memory key) {
        key.alpha = [ALPHA_X, ALPHA_Y];
        key.beta = [[BETA_X1, BETA_X0], [BETA_Y1, BETA_Y0]];
        key.gamma = [[GAMMA_X1, GAMMA_X0], [GAMMA_Y1, GAMMA_Y0]];
        key.delta = [[DELTA_X1, DELTA_X0], [DELTA_Y1, DELTA_Y0]];
        key.ic = [[IC0_X, IC0_Y], [IC1_X, IC1_Y], [IC2_X, IC2_Y], [IC3_X, IC3_Y]];
    }

    /// @dev Writes the own key, as abi.encode would.
    function _writeKey(uint256 ptr) private view {
        _put(ptr, ALPHA_X, ALPHA_Y);
        _put(ptr + 64, BETA_X1, BETA_X0);
        _put(ptr + 128, BETA_Y1, BETA_Y0);
        _put(ptr + 192, GAMMA_X1, GAMMA_X0);
        _put(ptr + 256, GAMMA_Y1, GAMMA_Y0);
        _put(ptr + 320, DELTA_X1, DELTA_X0);
        _put(ptr + 384, DELTA_Y1, DELTA_Y0);
        _put(ptr + 448, IC0_X, IC0_Y);
        _put(ptr + 512, IC1_X, IC1_Y);
        _put(ptr + 576, IC2_X, IC2_Y);
        _put(ptr + 640, IC3_X, IC3_Y);
    }

    function _put(uint256 ptr, uint256 a, uint256 b) private pure {
        assembly ("memory-safe") {
            mstore(ptr, a)
            mstore(add(ptr, 32), b)
        }
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
