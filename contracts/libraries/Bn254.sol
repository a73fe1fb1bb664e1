// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// @dev Order of BN254's groups: the field of the circuits.
uint256 constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

/// @dev Order of BN254's base field: coordinates of its points are below it.
uint256 constant P = 21888242871839275222246405745257275088696311157297823662689037894645226208583;

/// @dev The precompiles of EIP-196 and EIP-197.
uint256 constant EC_ADD = 0x06;
uint256 constant EC_MUL = 0x07;
uint256 constant EC_PAIRING = 0x08;
