// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Proof, VerifyingKey} from "../../../contracts/interfaces/IGroth16Verifier.sol";
import {P, R} from "../../../contracts/libraries/Bn254.sol";

/// @dev A verifying key whose secrets are known, so that tests make proofs of anything: alpha = alpha_ G1,
/// beta = 2 G2, gamma = G2, delta = 3 G2, ic = (7, 11, 13, 17) G1. The proofs are ordinary Groth16
/// proofs to whoever verifies them.
library TrapdoorKey {
    uint256 private constant BETA = 2;
    uint256 private constant DELTA = 3;
    /// @dev 1/3 mod r.
    uint256 private constant DELTA_INVERSE =
        14592161914559516814830937163504850059032242933610689562465469457717205663745;

    function key(uint256 alpha) internal view returns (VerifyingKey memory made) {
        made.alpha = g1(alpha);
        made.beta = g2Double();
        made.gamma = g2();
        made.delta = g2Triple();
        for (uint256 j = 0; j < 4; ++j) {
            made.ic[j] = g1(_ic(j));
        }
    }

    /// @param salt proofs of the same statement with other salts differ
    function prove(uint256 alpha, uint256[3] memory inputs, uint256 salt) internal view returns (Proof memory proof) {
        // A = salt G1, B = G2: e(A, B) = alpha beta + x + C delta, so C = (salt - alpha beta - x) / delta.
        uint256 x = _ic(0);
        for (uint256 j = 0; j < 3; ++j) {
            x = addmod(x, mulmod(_ic(j + 1), inputs[j], R), R);
        }
        x = addmod(x, mulmod(alpha, BETA, R), R);
        proof.a = g1(salt);
        proof.b = g2();
        proof.c = g1(mulmod(addmod(salt, R - x, R), DELTA_INVERSE, R));
    }

    function g1(uint256 scalar) internal view returns (uint256[2] memory point) {
        return mul([uint256(1), 2], scalar);
    }

    function mul(uint256[2] memory point, uint256 scalar) internal view returns (uint256[2] memory) {
        (bool done, bytes memory output) = address(0x07).staticcall(abi.encode(point, scalar));
        require(done, "ecMul");
        return abi.decode(output, (uint256[2]));
    }

    function add(uint256[2] memory a, uint256[2] memory b) internal view returns (uint256[2] memory) {
        (bool done, bytes memory output) = address(0x06).staticcall(abi.encode(a, b));
        require(done, "ecAdd");
        return abi.decode(output, (uint256[2]));
    }

    function negated(uint256[2] memory point) internal pure returns (uint256[2] memory) {
        return [point[0], (P - point[1]) % P];
    }

    function g2() internal pure returns (uint256[2][2] memory) {
        return [
            [
                11559732032986387107991004021392285783925812861821192530917403151452391805634,
                10857046999023057135944570762232829481370756359578518086990519993285655852781
            ],
            [
                4082367875863433681332203403145435568316851327593401208105741076214120093531,
                8495653923123431417604973247489272438418190587263600148770280649306958101930
            ]
        ];
    }

    function g2Double() internal pure returns (uint256[2][2] memory) {
        return [
            [
                14583779054894525174450323658765874724019480979794335525732096752006891875705,
                18029695676650738226693292988307914797657423701064905010927197838374790804409
            ],
            [
                11474861747383700316476719153975578001603231366361248090558603872215261634898,
                2140229616977736810657479771656733941598412651537078903776637920509952744750
            ]
        ];
    }

    function g2Triple() internal pure returns (uint256[2][2] memory) {
        return [
            [
                7273165102799931111715871471550377909735733521218303035754523677688038059653,
                2725019753478801796453339367788033689375851816420509565303521482350756874229
            ],
            [
                957874124722006818841961785324909313781880061366718538693995380805373202866,
                2512659008974376214222774206987427162027254181373325676825515531566330959255
            ]
        ];
    }

    /// @dev `-point`.
    function negatedG2(uint256[2][2] memory point) internal pure returns (uint256[2][2] memory) {
        return [point[0], [P - point[1][0], P - point[1][1]]];
    }

    function _ic(uint256 j) private pure returns (uint256) {
        return j == 0 ? 7 : j == 1 ? 11 : j == 2 ? 13 : 17;
    }
}
