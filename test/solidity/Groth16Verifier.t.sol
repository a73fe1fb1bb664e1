// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IGroth16Verifier, Proof, ProofPoints, VerifyingKey} from "../../contracts/interfaces/IGroth16Verifier.sol";
import {P, R} from "../../contracts/libraries/Bn254.sol";
import {Aggregation} from "./support/Aggregation.sol";
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
        Aggregate memory all = _aggregate(inputs, proofs);
        _verify(all);
    }

    /// hardhat-config: fuzz.runs = 24
    function testFuzz_refusesOneBadProofAmongMany(uint256 seed, uint8 count, uint8 bad) public {
        (uint256[3][] memory inputs, Proof[] memory proofs) = _many(seed, bound(count, 1, 12));
        uint256 place = bad % inputs.length;
        proofs[place] = TrapdoorKey.prove(ALPHA + 1, inputs[place], seed);
        Aggregate memory all = _aggregate(inputs, proofs);
        vm.expectRevert(abi.encodePacked(IGroth16Verifier.InvalidProof.selector));
        _verify(all);
    }

    /// hardhat-config: fuzz.runs = 24
    function testFuzz_refusesAChangedInput(uint256 seed, uint8 count, uint8 bad, uint256 input) public {
        (uint256[3][] memory inputs, Proof[] memory proofs) = _many(seed, bound(count, 1, 5));
        uint256[3] memory changed = inputs[bad % inputs.length];
        uint256 j = seed % 3;
        changed[j] = changed[j] == input % R ? (input + 1) % R : input % R;
        Aggregate memory all = _aggregate(inputs, proofs);
        vm.expectRevert(abi.encodePacked(IGroth16Verifier.InvalidProof.selector));
        _verify(all);
    }

    /// @dev Two invalid proofs whose equations cancel if they are just multiplied together.
    function test_refusesProofsThatCancelEachOther() public {
        uint256[3][] memory inputs = new uint256[3][](2);
        Proof[] memory proofs = new Proof[](2);
        (inputs[0], inputs[1]) = ([uint256(1), 2, 3], [uint256(4), 5, 6]);
        // Each C is off by the same point, in opposite directions: proofs of the other alphas are.
        proofs[0] = TrapdoorKey.prove(ALPHA + 1, inputs[0], 9);
        proofs[1] = TrapdoorKey.prove(ALPHA - 1, inputs[1], 9);
        Aggregate memory all = _aggregate(inputs, proofs);
        vm.expectRevert(abi.encodePacked(IGroth16Verifier.InvalidProof.selector));
        _verify(all);
    }

    function test_refusesProofsInAnotherOrder() public {
        (uint256[3][] memory inputs, Proof[] memory proofs) = _many(1, 2);
        (proofs[0], proofs[1]) = (proofs[1], proofs[0]);
        Aggregate memory all = _aggregate(inputs, proofs);
        vm.expectRevert(abi.encodePacked(IGroth16Verifier.InvalidProof.selector));
        _verify(all);
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
        Aggregate memory all = _aggregate(inputs, proofs);
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.InputOutOfRange.selector, 1));
        _verify(all);
    }

    /// @dev Every input of every proof counts: of a key's first proof, which is weighed last, and of the others.
    function test_refusesAliasedInputsOfSeveralKeys() public {
        Aggregate memory all = _ofKeys(2, 5, 1);
        for (uint256 i = 0; i < 5; ++i) {
            for (uint256 j = 1; j < 4; ++j) {
                all.statements[i][j] += R;
                vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.InputOutOfRange.selector, i));
                _verify(all);
                all.statements[i][j] -= R;
            }
        }
        _verify(all);
    }

    function test_refusesAliasedCoordinates() public {
        uint256[3] memory inputs = [uint256(1), 2, 3];
        bytes memory good = abi.encode(TrapdoorKey.prove(ALPHA, inputs, 9));
        for (uint256 i = 0; i < 8; ++i) {
            uint256[8] memory words = abi.decode(good, (uint256[8]));
            words[i] += P;
            Proof memory proof = abi.decode(abi.encode(words), (Proof));
            vm.expectPartialRevert(IGroth16Verifier.CurveOperationFailed.selector);
            verifier.verify{gas: 2_000_000}(inputs, proof);
        }
    }

    /// @dev Every element of a proof moved off by one: off its curve, which the precompiles refuse.
    function test_refusesChangedCoordinates() public {
        uint256[3] memory inputs = [uint256(1), 2, 3];
        bytes memory good = abi.encode(TrapdoorKey.prove(ALPHA, inputs, 9));
        for (uint256 i = 0; i < 8; ++i) {
            uint256[8] memory words = abi.decode(good, (uint256[8]));
            words[i] = (words[i] + 1) % P;
            Proof memory proof = abi.decode(abi.encode(words), (Proof));
            vm.expectPartialRevert(IGroth16Verifier.CurveOperationFailed.selector);
            verifier.verify{gas: 2_000_000}(inputs, proof);
        }
    }

    /// @dev A proof among others goes through a scalar multiplication first, the sum of a second key too.
    function test_refusesPointsOffTheCurveAmongOthers() public {
        for (uint256 i = 0; i < 2; ++i) {
            Aggregate memory all = _ofKeys(1, 2, 1);
            all.points[i].a[0] = (all.points[i].a[0] + 1) % P;
            vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.CurveOperationFailed.selector, 7));
            _verify(all);
            all = _ofKeys(1, 2, 1);
            all.points[i].a[0] += P;
            vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.CurveOperationFailed.selector, 7));
            _verify(all);
            all = _ofKeys(1, 2, 1);
            all.points[i].b[0][0] += P;
            vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.CurveOperationFailed.selector, 8));
            _verify(all);
        }
        Aggregate memory two = _ofTwoKeys();
        two.sums[1][1] += P;
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.CurveOperationFailed.selector, 7));
        _verify(two);
        two = _ofTwoKeys();
        two.sums[0][1] += P;
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.CurveOperationFailed.selector, 8));
        _verify(two);
    }

    function test_refusesWrongCounts() public {
        (uint256[3][] memory inputs, Proof[] memory proofs) = _many(1, 2);
        Aggregate memory all = _aggregate(inputs, proofs);
        VerifyingKey[] memory none = new VerifyingKey[](0);
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.ProofCountMismatch.selector, 0, 0));
        verifier.verifyAggregate(none, new uint256[4][](0), new ProofPoints[](0), all.sums);
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.ProofCountMismatch.selector, 2, 1));
        verifier.verifyAggregate(none, all.statements, new ProofPoints[](1), all.sums);
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.ProofCountMismatch.selector, 1, 2));
        verifier.verifyAggregate(none, new uint256[4][](1), all.points, all.sums);
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.SumCountMismatch.selector, 1, 0));
        verifier.verifyAggregate(none, all.statements, all.points, new uint256[2][](0));
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.SumCountMismatch.selector, 2, 1));
        verifier.verifyAggregate(new VerifyingKey[](1), all.statements, all.points, all.sums);
    }

    // ------------------------------------------------------------------------------------------- the sums of C

    /// @dev The C as they are, or in another order, do not make the sum: it goes by the weights.
    function test_refusesOtherSums() public {
        (uint256[3][] memory inputs, Proof[] memory proofs) = _many(1, 3);
        Aggregate memory all = _aggregate(inputs, proofs);
        uint256[2] memory good = all.sums[0];
        all.sums[0] = TrapdoorKey.add(TrapdoorKey.add(proofs[0].c, proofs[1].c), proofs[2].c);
        _refusesInvalid(all);
        (proofs[1].c, proofs[2].c) = (proofs[2].c, proofs[1].c);
        _refusesInvalid(_aggregate(inputs, proofs));
        all.sums[0] = TrapdoorKey.negated(good);
        _refusesInvalid(all);
        all.sums[0] = [uint256(0), 0];
        _refusesInvalid(all);
        all.sums[0] = good;
        _verify(all);
    }

    /// @dev The two keys have the same delta: without weights of the keys, what one sum lacks the other could make up for.
    function test_refusesSumsThatMakeUpForEachOther() public {
        Aggregate memory all = _ofTwoKeys();
        _verify(all);
        all.sums[0] = TrapdoorKey.add(all.sums[0], TrapdoorKey.g1(5));
        all.sums[1] = TrapdoorKey.add(all.sums[1], TrapdoorKey.negated(TrapdoorKey.g1(5)));
        _refusesInvalid(all);
    }

    /// @dev The weights are of all that is handed in but the sums: a sum made for other points does not hold for these.
    function test_refusesTheSumOfOtherPoints() public {
        (uint256[3][] memory inputs, Proof[] memory proofs) = _many(1, 2);
        Aggregate memory all = _aggregate(inputs, proofs);
        // (-A, -B, C) is the same proof, with other weights.
        all.points[1].a = TrapdoorKey.negated(all.points[1].a);
        all.points[1].b = TrapdoorKey.negatedG2(all.points[1].b);
        _refusesInvalid(all);
    }

    // ---------------------------------------------------------------------------------------- several keys

    /// @dev Statements of the own key and of two others in any order.
    /// hardhat-config: fuzz.runs = 24
    function testFuzz_verifiesProofsOfSeveralKeys(uint256 seed, uint8 count, uint8 bad) public {
        uint256 total = bound(count, 4, 8);
        Aggregate memory all = _ofKeys(3, total, seed);
        _verify(all);
        uint256 place = 3 + bad % (total - 3); // each key has one of the first three
        uint256[4] memory wrong = all.statements[place];
        uint256 key = wrong[0];
        wrong[0] = 3;
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.UnknownKey.selector, place));
        _verify(all);
        wrong[0] = (key + 1) % 3;
        _refusesInvalid(all);
    }

    function test_refusesAKeyWithoutStatements() public {
        Aggregate memory all = _ofTwoKeys();
        for (uint256 i = 0; i < all.statements.length; ++i) {
            all.statements[i][0] = 1;
        }
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.UnusedKey.selector, 0));
        _verify(all);
        for (uint256 i = 0; i < all.statements.length; ++i) {
            all.statements[i][0] = 0;
        }
        vm.expectRevert(abi.encodeWithSelector(IGroth16Verifier.UnusedKey.selector, 1));
        _verify(all);
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

    /// @dev What {IGroth16Verifier-verifyAggregate} takes.
    struct Aggregate {
        VerifyingKey[] others;
        uint256[4][] statements;
        ProofPoints[] points;
        uint256[2][] sums;
    }

    function _verify(Aggregate memory all) private view {
        verifier.verifyAggregate{gas: 4_000_000}(all.others, all.statements, all.points, all.sums);
    }

    function _refusesInvalid(Aggregate memory all) private {
        vm.expectRevert(abi.encodePacked(IGroth16Verifier.InvalidProof.selector));
        _verify(all);
    }

    function _aggregate(uint256[3][] memory inputs, Proof[] memory proofs) private view returns (Aggregate memory all) {
        VerifyingKey[] memory keys = new VerifyingKey[](1);
        keys[0] = TrapdoorKey.key(ALPHA);
        all.statements = new uint256[4][](inputs.length);
        for (uint256 i = 0; i < inputs.length; ++i) {
            all.statements[i] = [0, inputs[i][0], inputs[i][1], inputs[i][2]];
        }
        (all.points, all.sums) = Aggregation.aggregate(keys, all.statements, proofs);
    }

    function _ofTwoKeys() private view returns (Aggregate memory) {
        return _ofKeys(2, 4, 1);
    }

    /// @dev Statements of the own key and of others, at random, but of every key one.
    function _ofKeys(uint256 keyCount, uint256 count, uint256 seed) private view returns (Aggregate memory all) {
        VerifyingKey[] memory keys = new VerifyingKey[](keyCount);
        all.others = new VerifyingKey[](keyCount - 1);
        for (uint256 k = 0; k < keyCount; ++k) {
            keys[k] = TrapdoorKey.key(ALPHA + k);
            if (k > 0) all.others[k - 1] = keys[k];
        }
        all.statements = new uint256[4][](count);
        Proof[] memory proofs = new Proof[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            uint256 k = i < keyCount ? keyCount - 1 - i : random % keyCount;
            uint256[3] memory inputs = [random % R, (random >> 8) % R, (random >> 16) % R];
            all.statements[i] = [k, inputs[0], inputs[1], inputs[2]];
            proofs[i] = TrapdoorKey.prove(ALPHA + k, inputs, random);
        }
        (all.points, all.sums) = Aggregation.aggregate(keys, all.statements, proofs);
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
