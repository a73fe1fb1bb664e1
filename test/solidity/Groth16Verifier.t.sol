// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IGroth16Verifier, Proof, VerifyingKey} from "../../contracts/interfaces/IGroth16Verifier.sol";
import {P, R} from "../../contracts/libraries/Bn254.sol";
import {Deployer} from "./support/Deployer.sol";
import {TrapdoorKey} from "./support/TrapdoorKey.sol";
import {bound, vm} from "./support/Vm.sol";

contract Groth16VerifierTest {
    uint256 private constant ALPHA = 5;

    Deployer private deployer = new Deployer();
    IGroth16Verifier private verifier;

    function setUp() public {
        verifier = _deploy(TrapdoorKey.key(ALPHA));
    }

    // ---------------------------------------------------------------------------------------------- proofs

    function testFuzz_acceptsValidProof(uint256 c, uint256 z, uint256 y, uint256 salt) public view {
        uint256[3] memory inputs = [c % R, z % R, y % R];
        verifier.verify(inputs, TrapdoorKey.prove(ALPHA, inputs, salt));
    }

    /// hardhat-config: fuzz.runs = 24
    function testFuzz_acceptsManyValidProofs(uint256 seed, uint8 count) public view {
        (uint256[3][] memory inputs, Proof[] memory proofs) = _many(seed, bound(count, 1, 12));
        verifier.verifyBatch(inputs, proofs);
    }

    /// hardhat-config: fuzz.runs = 24
    function testFuzz_refusesOneBadProofAmongMany(uint256 seed, uint8 count, uint8 bad) public {
        (uint256[3][] memory inputs, Proof[] memory proofs) = _many(seed, bound(count, 1, 12));
        uint256 place = bad % inputs.length;
        proofs[place] = TrapdoorKey.prove(ALPHA + 1, inputs[place], seed);
        vm.expectRevert(abi.encodePacked(IGroth16Verifier.InvalidProof.selector));
        verifier.verifyBatch(inputs, proofs);
    }

    /// hardhat-config: fuzz.runs = 24
    function testFuzz_refusesAChangedInput(uint256 seed, uint8 count, uint8 bad, uint256 input) public {
        (uint256[3][] memory inputs, Proof[] memory proofs) = _many(seed, bound(count, 1, 5));
        uint256[3] memory changed = inputs[bad % inputs.length];
        uint256 j = seed % 3;
        changed[j] = changed[j] == input % R ? (input + 1) % R : input % R;
        vm.expectRevert(abi.encodePacked(IGroth16Verifier.InvalidProof.selector));
        verifier.verifyBatch(inputs, proofs);
    }

    /// @dev Two invalid proofs whose equations cancel if they are just multiplied together.
    function test_refusesProofsThatCancelEachOther() public {
        uint256[3][] memory inputs = new uint256[3][](2);
        Proof[] memory proofs = new Proof[](2);
        (inputs[0], inputs[1]) = ([uint256(1), 2, 3], [uint256(4), 5, 6]);
        // Each C is off by the same point, in opposite directions: proofs of the other alphas are.
        proofs[0] = TrapdoorKey.prove(ALPHA + 1, inputs[0], 9);
        proofs[1] = TrapdoorKey.prove(ALPHA - 1, inputs[1], 9);
        vm.expectRevert(abi.encodePacked(IGroth16Verifier.InvalidProof.selector));
        verifier.verifyBatch(inputs, proofs);
    }

    function test_refusesProofsInAnotherOrder() public {
        (uint256[3][] memory inputs, Proof[] memory proofs) = _many(1, 2);
        (proofs[0], proofs[1]) = (proofs[1], proofs[0]);
        vm.expectRevert(abi.encodePacked(IGroth16Verifier.InvalidProof.selector));
        verifier.verifyBatch(inputs, proofs);
    }

    /// @dev A malleated proof, (-A, -B, C), is as valid as the original: nothing may be keyed on a proof.
    function test_acceptsMalleatedProof() public view {
        uint256[3] memory inputs = [uint256(1), 2, 3];
        Proof memory proof = TrapdoorKey.prove(ALPHA, inputs, 9);
        proof.a = TrapdoorKey.negated(proof.a);
        proof.b = TrapdoorKey.negatedG2(proof.b);
        verifier.verify(inputs, proof);
    }

    function test_refusesNegatedParts() public {
        uint256[3] memory inputs = [uint256(1), 2, 3];
        Proof memory proof = TrapdoorKey.prove(ALPHA, inputs, 9);
        uint256[2] memory c = proof.c;
        proof.c = TrapdoorKey.negated(c);
        vm.expectRevert(abi.encodePacked(IGroth16Verifier.InvalidProof.selector));
        verifier.verify(inputs, proof);
        proof.c = c;
        proof.a = TrapdoorKey.negated(proof.a);
        vm.expectRevert(abi.encodePacked(IGroth16Verifier.InvalidProof.selector));
        verifier.verify(inputs, proof);
    }

    function test_refusesProofOfZeros() public {
        Proof memory proof;
        vm.expectRevert(abi.encodePacked(IGroth16Verifier.InvalidProof.selector));
        verifier.verify([uint256(1), 2, 3], proof);
    }

    // --------------------------------------------------------------------------------------------- ranges

    function testFuzz_refusesInputsFromR(uint8 place, uint256 above) public {
        uint256[3] memory inputs = [uint256(1), 2, 3];
        Proof memory proof = TrapdoorKey.prove(ALPHA, inputs, 9);
        inputs[place % 3] = bound(above, R, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.InputOutOfRange.selector, 0));
        verifier.verify(inputs, proof);
    }

    /// @dev The same element of the field, written with r added: the precompiles would take it.
    function test_refusesAliasedInput() public {
        uint256[3][] memory inputs = new uint256[3][](2);
        Proof[] memory proofs = new Proof[](2);
        (inputs, proofs) = _many(3, 2);
        inputs[1][2] += R;
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.InputOutOfRange.selector, 1));
        verifier.verifyBatch(inputs, proofs);
    }

    function test_refusesAliasedCoordinates() public {
        uint256[3] memory inputs = [uint256(1), 2, 3];
        bytes memory good = abi.encode(TrapdoorKey.prove(ALPHA, inputs, 9));
        for (uint256 i = 0; i < 8; ++i) {
            uint256[8] memory words = abi.decode(good, (uint256[8]));
            words[i] += P;
            Proof memory proof = abi.decode(abi.encode(words), (Proof));
            vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.CoordinateOutOfRange.selector, 0));
            verifier.verify(inputs, proof);
        }
    }

    /// @dev Every element of a proof moved off by one: off its curve, which the precompiles refuse.
    function test_refusesChangedCoordinates() public {
        uint256[3][] memory inputs = new uint256[3][](1);
        Proof[] memory proofs = new Proof[](1);
        inputs[0] = [uint256(1), 2, 3];
        bytes memory good = abi.encode(TrapdoorKey.prove(ALPHA, inputs[0], 9));
        for (uint256 i = 0; i < 8; ++i) {
            uint256[8] memory words = abi.decode(good, (uint256[8]));
            words[i] = (words[i] + 1) % P;
            proofs[0] = abi.decode(abi.encode(words), (Proof));
            vm.expectPartialRevert(IGroth16Verifier.CurveOperationFailed.selector);
            verifier.verifyBatch{gas: 2_000_000}(inputs, proofs);
        }
    }

    /// @dev The second proof goes through scalar multiplications first.
    function test_refusesSecondProofOffTheCurve() public {
        (uint256[3][] memory inputs, Proof[] memory proofs) = _many(1, 2);
        uint256 good = proofs[1].a[0];
        proofs[1].a[0] = (good + 1) % P;
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.CurveOperationFailed.selector, 7));
        verifier.verifyBatch{gas: 2_000_000}(inputs, proofs);
    }

    function test_refusesWrongCounts() public {
        (uint256[3][] memory inputs, Proof[] memory proofs) = _many(1, 2);
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.ProofCountMismatch.selector, 0, 0));
        verifier.verifyBatch(new uint256[3][](0), new Proof[](0));
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.ProofCountMismatch.selector, 2, 1));
        verifier.verifyBatch(inputs, new Proof[](1));
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.ProofCountMismatch.selector, 1, 2));
        verifier.verifyBatch(new uint256[3][](1), proofs);
    }

    // ---------------------------------------------------------------------------------------- several keys

    /// @dev Statements of the own key and of two others in any order.
    /// hardhat-config: fuzz.runs = 24
    function testFuzz_verifiesProofsOfSeveralKeys(uint256 seed, uint8 count, uint8 bad) public {
        VerifyingKey[] memory others = new VerifyingKey[](2);
        (others[0], others[1]) = (TrapdoorKey.key(ALPHA + 1), TrapdoorKey.key(ALPHA + 2));
        uint256[4][] memory statements = new uint256[4][](bound(count, 1, 8));
        Proof[] memory proofs = new Proof[](statements.length);
        for (uint256 i = 0; i < proofs.length; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            uint256[3] memory inputs = [random % R, (random >> 8) % R, (random >> 16) % R];
            statements[i] = [random % 3, inputs[0], inputs[1], inputs[2]];
            proofs[i] = TrapdoorKey.prove(ALPHA + random % 3, inputs, random);
        }
        verifier.verifyMixed(others, statements, proofs);
        uint256[4] memory wrong = statements[bad % proofs.length];
        wrong[0] = (wrong[0] + 1) % 3; // another of the keys
        vm.expectRevert(abi.encodePacked(IGroth16Verifier.InvalidProof.selector));
        verifier.verifyMixed(others, statements, proofs);
        wrong[0] = 3;
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.UnknownKey.selector, bad % proofs.length));
        verifier.verifyMixed(others, statements, proofs);
    }

    function test_refusesWrongCountsOfSeveralKeys() public {
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.ProofCountMismatch.selector, 2, 1));
        verifier.verifyMixed(new VerifyingKey[](1), new uint256[4][](2), new Proof[](1));
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.ProofCountMismatch.selector, 0, 0));
        verifier.verifyMixed(new VerifyingKey[](0), new uint256[4][](0), new Proof[](0));
    }

    // ----------------------------------------------------------------------------------------------- keys

    function test_showsItsKey() public view {
        VerifyingKey memory key = TrapdoorKey.key(ALPHA);
        vm.assertEq(keccak256(abi.encode(verifier.verifyingKey())), keccak256(abi.encode(key)), "key");
        vm.assertEq(verifier.vkHash(), keccak256(abi.encode(key)), "vkHash");
    }

    function test_refusesG1PointsOfTheKey() public {
        for (uint256 place = 0; place < 5; ++place) {
            _refusesG1(place, [uint256(0), 0]); // infinity
            _refusesG1(place, [uint256(1), 3]); // off the curve
            _refusesG1(place, [uint256(1) + P, 2]); // (1, 2) is on it
            _refusesG1(place, [uint256(1), 2 + P]);
        }
    }

    function test_refusesG2PointsOfTheKey() public {
        for (uint256 place = 0; place < 3; ++place) {
            uint256[2][2] memory zero;
            _refusesG2(place, zero);
            uint256[2][2] memory off = TrapdoorKey.g2();
            off[0][0] += 1;
            _refusesG2(place, off);
            uint256[2][2] memory aliased = TrapdoorKey.g2();
            aliased[1][1] += P;
            _refusesG2(place, aliased);
            _refusesG2(place, _outsideOfSubgroup());
        }
    }

    function test_refusesForgeableKeys() public {
        VerifyingKey memory key = TrapdoorKey.key(ALPHA);
        key.delta = key.gamma;
        _refusesForgeable(key);
        key.delta = TrapdoorKey.negatedG2(key.gamma);
        _refusesForgeable(key);
        key = TrapdoorKey.key(ALPHA);
        key.beta = key.gamma;
        _refusesForgeable(key);
        key.beta = TrapdoorKey.negatedG2(key.gamma);
        _refusesForgeable(key);
    }

    // -------------------------------------------------------------------------------------------- helpers

    function _deploy(VerifyingKey memory key) private returns (IGroth16Verifier) {
        return IGroth16Verifier(deployer.deploy("Groth16Verifier", abi.encode(key)));
    }

    function _many(uint256 seed, uint256 count)
        private
        view
        returns (uint256[3][] memory inputs, Proof[] memory proofs)
    {
        inputs = new uint256[3][](count);
        proofs = new Proof[](count);
        for (uint256 i = 0; i < count; ++i) {
            for (uint256 j = 0; j < 3; ++j) {
                inputs[i][j] = uint256(keccak256(abi.encode(seed, i, j))) % R;
            }
            proofs[i] = TrapdoorKey.prove(ALPHA, inputs[i], uint256(keccak256(abi.encode(seed, i))));
        }
    }

    function _refusesG1(uint256 place, uint256[2] memory point) private {
        VerifyingKey memory key = TrapdoorKey.key(ALPHA);
        if (place == 0) key.alpha = point;
        else key.ic[place - 1] = point;
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.InvalidKeyPointG1.selector, place));
        _deploy(key);
    }

    function _refusesG2(uint256 place, uint256[2][2] memory point) private {
        VerifyingKey memory key = TrapdoorKey.key(ALPHA);
        if (place == 0) key.beta = point;
        else if (place == 1) key.gamma = point;
        else key.delta = point;
        vm.expectRevert(abi.encodePacked(IGroth16Verifier.InvalidKeyPointG2.selector));
        _deploy(key);
    }

    function _refusesForgeable(VerifyingKey memory key) private {
        vm.expectRevert(abi.encodePacked(IGroth16Verifier.ForgeableKey.selector));
        _deploy(key);
    }

    /// @dev The point with x = 1: on the twist, but of another order than r.
    function _outsideOfSubgroup() private pure returns (uint256[2][2] memory) {
        return [
            [uint256(0), 1],
            [
                5912654199736721486680175016176231956195085055698687135131307249486702594212,
                18278151005453108793778860132295291098363647455926340152056652516292830556603
            ]
        ];
    }
}
