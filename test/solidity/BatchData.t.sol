// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IMillrace} from "../../contracts/interfaces/IMillrace.sol";
import {PublicDataHarness} from "../../contracts/test/PublicDataHarness.sol";
import {Batch, BatchData, L1Entry, Op} from "./support/BatchData.sol";
import {Deployer} from "./support/Deployer.sol";
import {vm} from "./support/Vm.sol";

/// @dev Every way in which batch data can break docs/protocol.md section 3.3.
contract BatchDataTest {
    PublicDataHarness private harness = PublicDataHarness(new Deployer().deploy("PublicDataHarness", ""));

    function test_lengths() public {
        _refuses("", abi.encodeWithSelector(IMillrace.DataLength.selector, 22, 0));
        _refuses(new bytes(17), abi.encodeWithSelector(IMillrace.DataLength.selector, 22, 17));
        _refuses(new bytes(19), abi.encodeWithSelector(IMillrace.DataLength.selector, 22, 19));
        _refuses(new bytes(21), abi.encodeWithSelector(IMillrace.DataLength.selector, 22, 21));
        harness.read(new bytes(22), _shape(), 8, 0, 0, _head());
        _refuses(new bytes(23), abi.encodeWithSelector(IMillrace.DataLength.selector, 22, 23));
        bytes memory data = BatchData.encode(_batch());
        bytes memory longer = bytes.concat(data, hex"00");
        _refuses(longer, abi.encodeWithSelector(IMillrace.DataLength.selector, data.length, data.length + 1));
        assembly ("memory-safe") {
            mstore(data, sub(mload(data), 1))
        }
        _refuses(data, abi.encodeWithSelector(IMillrace.DataLength.selector, data.length + 1, data.length));
    }

    /// @dev Counts beyond the end are read from what follows in calldata, here the rest of good data: no end but the right one is
    /// taken.
    function test_lengthsWithinGoodData() public view {
        bytes memory data = BatchData.encode(_batch());
        bytes memory input = abi.encodeCall(harness.read, (data, _shape(), 8, 0, 0, _head()));
        uint256 lengthAt = input.length - (data.length + 31) / 32 * 32 - 32;
        for (uint256 length = 0; length <= data.length; ++length) {
            assembly ("memory-safe") {
                mstore(add(add(input, 32), lengthAt), length)
            }
            (bool taken, bytes memory reason) = address(harness).staticcall(input);
            vm.assertTrue(taken == (length == data.length), "taken");
            if (taken) continue;
            bytes memory refusal = abi.encodeWithSelector(IMillrace.DataLength.selector, data.length, length);
            vm.assertEq(keccak256(reason), keccak256(refusal), "reason");
        }
    }

    function test_counts() public {
        Batch memory batch = _batch();
        batch.l1 = new L1Entry[](3);
        _refuses(BatchData.encode(batch), abi.encodeWithSelector(IMillrace.TooManyL1Ops.selector, 3, 2));
        batch = _batch();
        batch.ops = new Op[](7);
        _refuses(BatchData.encode(batch), abi.encodeWithSelector(IMillrace.TooManyOps.selector, 7, 6));
    }

    /// @dev An op after the last one would be proven, but a reader that stops there would not see it.
    function test_padding() public {
        bytes memory data = BatchData.encode(_batch()); // three ops: types at 127, op data at 158 and 189
        data[127] = 0x01;
        _refuses(data, abi.encodePacked(IMillrace.DataPadding.selector));
        data = BatchData.encode(_batch());
        data[157] |= 0x40; // the type of op 3
        _refuses(data, abi.encodePacked(IMillrace.DataPadding.selector));
        data = BatchData.encode(_batch());
        data[189] = 0x01; // op 3 in the second element
        _refuses(data, abi.encodePacked(IMillrace.DataPadding.selector));
    }

    function test_auxiliaryValues() public {
        uint256 aux = 222; // of op 1, a TransferToNew; then of op 2, a Withdraw
        bytes memory data = BatchData.encode(_batch());
        data[aux + 1] = 0x02;
        data[aux + 34] = 0x01; // falling
        _refuses(data, abi.encodeWithSelector(IMillrace.AuxPositionInvalid.selector, 1));
        data[aux + 34] = 0x02; // twice the same
        _refuses(data, abi.encodeWithSelector(IMillrace.AuxPositionInvalid.selector, 2));
        data[aux + 1] = 0x01;
        data[aux + 34] = 0x03; // no op
        _refuses(data, abi.encodeWithSelector(IMillrace.AuxPositionInvalid.selector, 3));
        data[aux + 1] = 0x00; // a transfer
        data[aux + 34] = 0x02;
        _refuses(data, abi.encodeWithSelector(IMillrace.AuxWithoutUse.selector, 0));

        Batch memory batch = _batch();
        data = BatchData.encode(batch);
        uint256 shorter = data.length - 33;
        data[aux - 1] = 0x01; // the withdrawal is not listed
        assembly ("memory-safe") {
            mstore(data, shorter)
        }
        _refuses(data, abi.encodeWithSelector(IMillrace.AuxCountMismatch.selector, 2, 1));
    }

    function test_payoutOwner() public {
        Batch memory batch = _batch();
        batch.ops[2].aux = 1 << 160;
        _refuses(BatchData.encode(batch), abi.encodeWithSelector(IMillrace.PayoutOwnerOutOfRange.selector, 2));
    }

    /// @dev The number of auxiliary values that are wanted, over every number of ops and across elements.
    /// hardhat-config: fuzz.runs = 24
    function testFuzz_countsAuxiliaryValues(uint256 seed, uint16 count) public view {
        Batch memory batch;
        batch.ops = new Op[](count % 400);
        for (uint256 i = 0; i < batch.ops.length; ++i) {
            batch.ops[i].opType = uint256(keccak256(abi.encode(seed, i))) % 4;
        }
        IMillrace.ShapeConfig memory shape = IMillrace.ShapeConfig(address(0), 400, 2, 8, false);
        PublicDataHarness.Challenged memory found =
            harness.read(BatchData.encode(batch), shape, 24, 1, 0, _head());
        vm.assertEq(found.y, BatchData.evaluate(batch, 2, 400, _head(), found.z), "y");
    }

    function _batch() private pure returns (Batch memory batch) {
        batch.l1 = new L1Entry[](1);
        batch.ops = new Op[](3);
        batch.ops[0] = Op(BatchData.TRANSFER, 1, 2, 3, 4, 0);
        batch.ops[1] = Op(BatchData.TRANSFER_TO_NEW, 1, 2, 3, 4, 5);
        batch.ops[2] = Op(BatchData.WITHDRAW, 1, 2, 3, 4, type(uint160).max);
    }

    function _shape() private pure returns (IMillrace.ShapeConfig memory) {
        return IMillrace.ShapeConfig(address(0), 6, 2, 8, false);
    }

    function _head() private pure returns (uint256[4] memory) {
        return [uint256(1), 2, 3, 4];
    }

    function _refuses(bytes memory data, bytes memory refusal) private {
        vm.expectRevert(refusal);
        harness.read(data, _shape(), 8, 0, 0, _head());
    }
}
