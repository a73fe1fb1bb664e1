// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// @dev Receives ETH as told.
contract Receiver {
    enum Mode {
        Take,
        Revert,
        BurnGas,
        ReturnMuch,
        Reenter
    }

    Mode private mode;
    bytes private data;
    bytes4 public refusal;

    function set(Mode mode_, bytes calldata data_) external {
        (mode, data) = (mode_, data_);
    }

    receive() external payable {
        if (mode == Mode.Revert) revert("no");
        if (mode == Mode.BurnGas) {
            assembly {
                invalid()
            }
        }
        if (mode == Mode.ReturnMuch) {
            assembly {
                return(0, 1000000)
            }
        }
        if (mode == Mode.Reenter) {
            (bool done, bytes memory returned) = msg.sender.call(data);
            require(!done, "reentered");
            refusal = bytes4(returned);
        }
    }
}
