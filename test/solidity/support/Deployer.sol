// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";

/// @dev Deploys the compiled contracts by name. Tests that said `new` would each have them compiled in.
contract Deployer {
    /// @param arguments those of the constructor, ABI-encoded
    function deploy(string calldata name, bytes calldata arguments) external returns (address deployed) {
        return deployCode(vm.getCode(name), arguments);
    }

    /// @param creationCode without the arguments
    function deployCode(bytes memory creationCode, bytes calldata arguments) public returns (address deployed) {
        bytes memory code = bytes.concat(creationCode, arguments);
        assembly ("memory-safe") {
            deployed := create(0, add(code, 32), mload(code))
            if iszero(deployed) {
                let ptr := mload(0x40)
                returndatacopy(ptr, 0, returndatasize())
                revert(ptr, returndatasize())
            }
        }
    }
}
