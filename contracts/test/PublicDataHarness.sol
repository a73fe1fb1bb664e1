// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IMillrace} from "../interfaces/IMillrace.sol";
import {Payouts} from "../libraries/Payouts.sol";
import {PublicData} from "../libraries/PublicData.sol";

/// @title Shows what the rollup computes from batch data, for comparison with the model
contract PublicDataHarness {
    using PublicData for PublicData.Sections;

    struct Challenged {
        uint256 z;
        uint256 y;
        bytes32 payoutsRoot;
    }

    /// @param head `d_0 .. d_3`
    function read(
        bytes calldata data,
        IMillrace.ShapeConfig memory shape,
        uint256 depth,
        uint256 c,
        uint256 shapeId,
        uint256[4] memory head
    ) external pure returns (Challenged memory result) {
        PublicData.Sections memory sections = PublicData.open(head[0], depth);
        sections.setShape(shapeId, shape);
        sections.head = head;
        sections.parse(data);
        result.payoutsRoot = Payouts.root(sections);
        result.z = sections.challenge(c, data);
        result.y = sections.evaluate(result.z);
    }
}
