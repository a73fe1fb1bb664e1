// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// @dev A Groth16 verifying key over BN254 for three public inputs. Points of G1 are `[x, y]`. Points of
/// G2 are in the order of the EVM's precompiles, imaginary part first: `[[x1, x0], [y1, y0]]`; snarkjs's
/// JSON has the real part first. `ic[0]` is the constant term, `ic[1..3]` belong to the inputs in order.
struct VerifyingKey {
    uint256[2] alpha;
    uint256[2][2] beta;
    uint256[2][2] gamma;
    uint256[2][2] delta;
    uint256[2][4] ic;
}

/// @dev A Groth16 proof with its coordinates in the order of the EVM's precompiles, as in
/// {VerifyingKey}: what `snarkjs zkey export soliditycalldata` prints. Proofs are malleable; nothing may
/// be keyed on one.
struct Proof {
    uint256[2] a;
    uint256[2][2] b;
    uint256[2] c;
}

/// @dev What is handed in of a proof among others; their C come as one sum, see {IGroth16Verifier-verifyAggregate}.
struct ProofPoints {
    uint256[2] a;
    uint256[2][2] b;
}

/// @title Verifier of the Groth16 proofs of one circuit with three public inputs
/// @notice The verifying functions return nothing: they revert unless every proof holds.
interface IGroth16Verifier {
    /// @notice A G1 point of the key is the point at infinity, has a coordinate that is not below the
    /// field's order, or is not on the curve.
    /// @param place 0 for alpha, 1 to 4 for ic
    error InvalidKeyPointG1(uint256 place);

    /// @notice One of beta, gamma, delta is the point at infinity, out of range, off the curve, or
    /// outside of the subgroup of order r.
    error InvalidKeyPointG2();

    /// @notice Two of the key's G2 points are equal or opposite in a way that lets anyone forge proofs:
    /// gamma and delta (a key that nobody contributed to), gamma and beta, or delta and beta.
    error ForgeableKey();

    /// @notice There are no proofs, or not as many proofs as statements.
    error ProofCountMismatch(uint256 statements, uint256 proofs);

    /// @notice There is not one sum for each key.
    error SumCountMismatch(uint256 keys, uint256 sums);

    /// @notice Statement number `statement` of this call names a key that was not handed in.
    error UnknownKey(uint256 statement);

    /// @notice No statement of this call names key number `key` (0: this verifier's).
    error UnusedKey(uint256 key);

    /// @notice A public input of statement number `statement` of this call is not below r.
    error InputOutOfRange(uint256 statement);

    /// @notice The precompile at address `precompile` refused its input: a point with a coordinate that is not below the base
    /// field's order, or that is not on its curve, or, for G2, not in the subgroup; or the call ran out of gas.
    error CurveOperationFailed(uint256 precompile);

    /// @notice The points are valid, but at least one proof does not prove its statement.
    error InvalidProof();

    /// @notice Reverts unless `proof` holds for `inputs`.
    function verify(uint256[3] calldata inputs, Proof calldata proof) external view;

    /// @notice Reverts unless there is a proof with each `proofs[i]` that holds for `statements[i]`, where the proofs are of
    /// this verifier's key and of others, by one check of n + 3k pairings for k keys.
    ///
    /// Let `w = keccak256(k, n, keys, statements, proofs) mod r`, all words as the ABI has them, this verifier's key first.
    /// The weight of a key's first proof is 1 minus those of its others, which are w, w^2, ... in their order.
    /// @param otherKeys keys of other verifiers, whose constructors checked them; each has a statement
    /// @param statements place of the key (0: this verifier's; i: `otherKeys[i - 1]`), then the three inputs
    /// @param proofs A and B of each
    /// @param sums of each key, the sum of its proofs' C, each times its weight
    function verifyAggregate(
        VerifyingKey[] calldata otherKeys,
        uint256[4][] calldata statements,
        ProofPoints[] calldata proofs,
        uint256[2][] calldata sums
    ) external view;

    /// @notice The key that the proofs are verified with.
    function verifyingKey() external view returns (VerifyingKey memory);

    /// @notice `keccak256(abi.encode(verifyingKey()))`, for comparison with the circuit's manifest.
    function vkHash() external view returns (bytes32);
}
