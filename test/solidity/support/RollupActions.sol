// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Proof, ProofPoints} from "../../../contracts/interfaces/IGroth16Verifier.sol";
import {IMillrace} from "../../../contracts/interfaces/IMillrace.sol";
import {R} from "../../../contracts/libraries/Bn254.sol";
import {FeeOnTransferToken} from "../../../contracts/test/HostileTokens.sol";
import {Batch, BatchData, L1Entry, Op} from "./BatchData.sol";
import {Receiver} from "./Receiver.sol";
import {RollupFixture} from "./RollupFixture.sol";
import {bound, vm} from "./Vm.sol";

/// @dev What everybody does to the rollup, at random, and a model of what has to come of it. The proofs are
/// real ones; the model keeps to what the circuit lets through: a batch pays out no more of a token than L2
/// has by then. Attempts that must fail are made too, and reported as `broken` if they do not. After exit mode has
/// begun, what concerns batches does nothing, and owners leave with any share of what L2 held. Some of them are a contract
/// that takes ETH only when it likes. L1 goes back and on another way, splits, and has a second rollup with the same keys.
contract RollupActions is RollupFixture {
    struct Due {
        uint64 batch;
        uint256 index;
        address owner;
        uint16 id;
        uint64 units;
        bytes32[] proof;
        uint256 paid; // times
    }

    uint16 public constant TOKENS = 3;

    /// @dev Set once something that must not happen did.
    string public broken;

    // The model, in units by token id.
    uint256[TOKENS + 1] public queued; // deposited, not in a committed batch
    uint256[TOKENS + 1] public onL2; // in accounts, after the committed batches
    uint256[TOKENS + 1] public leaving; // in payouts of committed batches, not yet paid
    uint256 public root = GENESIS_ROOT;
    uint256 public finalizedNumber;
    uint256 public consumed;
    uint256 public consumedFinal;
    bool public exitMode;
    mapping(uint256 id => uint256) public refunded; // times

    FeeOnTransferToken public feeToken;
    uint16 private feeId;
    L1Entry[] private entries;
    IMillrace.BatchHeader[] private pending;
    bytes[] private pendingBatches; // ABI-encoded
    /// @dev The newest final header, its parent's hash and its own.
    IMillrace.BatchHeader private finalHead;
    bytes32 private finalParentHash;
    bytes32 private finalHash;
    uint32 private nextExit;
    Due[] private dues;
    Receiver private moody;
    bool private refusesEth;
    /// @dev Another rollup of the same operator, keys and roots, and the header of its newest batch.
    IMillrace private twin;
    IMillrace.BatchHeader private twinHead;

    constructor() {
        setUpRollup();
        twin = rollup;
        setUpRollup();
        twinHead = head;
        moody = new Receiver();
        feeToken = new FeeOnTransferToken();
        feeId = rollup.registerToken(address(feeToken), 1);
        (finalHead, finalHash) = (head, headHash);
    }

    function theRollup() external view returns (IMillrace) {
        return rollup;
    }

    function theToken() external view returns (address) {
        return address(token);
    }

    function queueLength() external view returns (uint256) {
        return entries.length;
    }

    function dueCount() external view returns (uint256) {
        return dues.length;
    }

    function due(uint256 i) external view returns (Due memory) {
        return dues[i];
    }

    // --------------------------------------------------------------------------------------------- everyone

    function deposit(uint256 who, uint256 what, uint64 units) external {
        if (exitMode) return;
        address from = _actor(who);
        units = uint64(bound(units, 1, 2 ** 40));
        uint256 id = bound(what, 1, TOKENS);
        if (id == 1) {
            entries.push(depositEth(from, units));
        } else if (id == tokenId) {
            entries.push(depositToken(from, units));
        } else {
            uint256 amount = uint256(units) * 10;
            uint64 arrived = uint64((amount - amount / 100) / 10);
            feeToken.mint(from, amount);
            vm.prank(from);
            feeToken.approve(address(rollup), amount);
            if (arrived == 0) return;
            vm.prank(from);
            rollup.deposit(feeId, amount, KEY_HASH);
            entries.push(depositEntry(from, feeId, arrived));
            units = arrived;
        }
        queued[id] += units;
    }

    function requestForcedExit(uint256 who, uint8 index) external {
        if (exitMode) return;
        entries.push(forcedExit(_actor(who), index, uint256(keccak256(abi.encode(who))) % R, 1));
    }

    function claim(uint256 which, bool twice) external {
        if (dues.length == 0) return;
        Due storage chosen = dues[which % dues.length];
        bool isFinal = chosen.batch <= finalizedNumber;
        bool paid = _tryClaim(chosen, chosen.units);
        if (paid != (isFinal && chosen.paid == 0 && _takes(chosen.owner, chosen.id))) broken = "claim";
        if (paid) {
            ++chosen.paid;
            leaving[chosen.id] -= chosen.units;
        }
        if (twice && paid && _tryClaim(chosen, chosen.units)) broken = "claimed twice";
        if (_tryClaim(chosen, chosen.units + 1)) broken = "claimed more";
    }

    function changeMood(bool refuses) external {
        refusesEth = refuses;
        moody.set(refuses ? Receiver.Mode.Revert : Receiver.Mode.Take, "");
    }

    function passTime(uint32 howLong) external {
        vm.warp(block.timestamp + bound(howLong, 0, 8 hours));
    }

    // ------------------------------------------------------------------------------------- honest operator

    /// @dev Commits a batch, or finalizes it at once if nothing is pending.
    function batch(uint256 random, bool atOnce) external {
        if (exitMode || pending.length >= 6) return;
        uint8 shape = uint8(random % 2);
        Batch memory made = _randomBatch(random, shape);
        if (atOnce && pending.length == 0) {
            _noteCommitted(commitAndProve(made, shape), made);
            _noteFinalized(head);
        } else {
            _noteCommitted(commit(made, shape), made);
            pending.push(head);
            pendingBatches.push(abi.encode(made));
        }
    }

    function proveSome(uint256 howMany) external {
        if (pending.length == 0) return;
        uint256 count = bound(howMany, 1, pending.length);
        IMillrace.BatchHeader[] memory headers = new IMillrace.BatchHeader[](count);
        for (uint256 i = 0; i < count; ++i) {
            headers[i] = pending[i];
        }
        (ProofPoints[] memory proofs, uint256[2][] memory sums) = together(headers);
        rollup.proveBatches(headers, proofs, sums);
        for (uint256 i = 0; i < count; ++i) {
            _noteFinalized(headers[i]);
        }
        for (uint256 i = count; i < pending.length; ++i) {
            pending[i - count] = pending[i];
            pendingBatches[i - count] = pendingBatches[i];
        }
        for (uint256 i = 0; i < count; ++i) {
            pending.pop();
            pendingBatches.pop();
        }
    }

    // ------------------------------------------------------------------------------ when the operator does not

    /// @dev Goes through exactly if the oldest unproven batch is late, and starts exit mode exactly if the first
    /// restored op is overdue.
    function revertLate(uint256 which) external {
        if (pending.length == 0) return;
        IMillrace.BatchHeader memory oldest = pending[0];
        if (which % 4 == 0) oldest = pending[pending.length - 1];
        bool allowed = !exitMode && oldest.number == pending[0].number
            && block.timestamp > uint256(oldest.committedAt) + PROOF_DEADLINE;
        try rollup.revertBatches(oldest) {
            if (!allowed) broken = "reverted";
            _noteReverted();
            exitMode = _overdue();
        } catch (bytes memory) {
            if (allowed) broken = "not reverted";
        }
    }

    /// @dev Goes through exactly if an op outside of all committed batches is overdue.
    function activateExitMode(uint256 random) external {
        bool allowed = !exitMode && _overdue();
        if (allowed && random % 8 != 0) return; // most runs go on
        try rollup.activateExitMode() {
            if (!allowed) broken = "activated";
            _noteReverted();
            exitMode = true;
        } catch (bytes memory) {
            if (allowed) broken = "not activated";
        }
    }

    /// @dev Some account with a share of what L2 holds leaves; then tries again, and with more.
    function exitSome(uint256 who, uint256 what, uint256 share) external {
        uint16 id = uint16(bound(what, 1, TOKENS));
        uint64 units = uint64(share % (onL2[id] + 1));
        if (nextExit > 255) return;
        bool paid = _tryExit(nextExit, _actor(who), id, units);
        if (paid != (exitMode && _takes(_actor(who), id))) broken = "exit";
        if (!paid) return;
        onL2[id] -= units;
        if (_tryExit(nextExit, _actor(who), id, units)) broken = "exited twice";
        ++nextExit;
    }

    function refundSome(uint256 which, uint256 as_) external {
        if (entries.length == 0) return;
        uint256 id = which % entries.length;
        L1Entry memory entry = entries[as_ % 4 == 0 ? as_ % entries.length : id];
        bool allowed = exitMode && id >= consumedFinal && refunded[id] == 0 && entry.e0 & 3 == 1
            && keccak256(abi.encode(entry)) == keccak256(abi.encode(entries[id]))
            && _takes(address(uint160(entry.e0 >> 88)), uint16(entry.e0 >> 8));
        try rollup.refundDeposit(id, entry.e0, entry.e1, entry.e2) {
            if (!allowed) broken = "refunded";
            ++refunded[id];
            queued[(entry.e0 >> 8) & 0xffff] -= uint64(entry.e0 >> 24);
        } catch (bytes memory) {
            if (allowed) broken = "not refunded";
        }
    }

    /// @dev Liveness: whatever happened before, with nobody's help all money leaves. One account of each token
    /// stands for all of it. Who does not take ETH holds up nobody else, and leaves when it does.
    function everybodyLeaves() external {
        if (!exitMode) {
            entries.push(forcedExit(alice, 1, 1, 1));
            uint256 wait = uint256(DEADLINE) + 1;
            vm.warp(block.timestamp + wait); // longer than a proof may take, too
            if (pending.length > 0) rollup.revertBatches(pending[0]);
            if (!rollup.state().exitMode) rollup.activateExitMode();
            _noteReverted();
            exitMode = true;
        }
        for (uint16 id = 1; id <= TOKENS; ++id) {
            uint64 most = uint64(onL2[id]);
            if (!_tryExit(nextExit, alice, id, most)) broken = "cannot exit";
            onL2[id] = 0;
            ++nextExit;
        }
        _payEverybody();
        if (!refusesEth) return;
        this.changeMood(false);
        _payEverybody();
    }

    /// @dev Liveness from this state on, and not only from where the sequence ends. Then all of it is undone.
    function everybodyCouldLeave(uint256 random) external {
        if (random % 4 != 0) return; // it takes as long as all else together
        uint256 snapshot = vm.snapshotState();
        this.everybodyLeaves();
        string memory problem = broken;
        for (uint16 id = 1; id <= TOKENS; ++id) {
            if (rollup.tokens(id).held != 0) problem = "something stays";
        }
        vm.revertToState(snapshot);
        if (bytes(problem).length > 0) broken = problem;
    }

    // --------------------------------------------------------------------------------------- reorgs, replays

    /// @dev A deposit and the batch that took it fall out of L1, and another deposit is in their place: neither the batch nor
    /// its proof is good for anything any more, and what had become final on the way is not.
    function reorg(uint256 random, bool proven) external {
        if (exitMode || pending.length >= 6 || _overdue()) return;
        uint8 shape = uint8(random % 2);
        if (entries.length - consumed >= rollup.shapes(shape).n1) return;
        uint64 units = uint64(bound(random >> 8, 1, 2 ** 40));
        uint256 snapshot = vm.snapshotState();
        Batch memory made;
        made.l1 = _waitingAnd(depositEth(alice, units));
        IMillrace.BatchHeader memory parent = head;
        bytes32 grandparentHash = headParentHash;
        IMillrace.BatchHeader[] memory headers = _withPending(commit(made, shape));
        IMillrace.BatchInput[] memory batches = new IMillrace.BatchInput[](1);
        batches[0] = input(made, shape, head.number);
        (ProofPoints[] memory proofs, uint256[2][] memory sums) = together(headers);
        if (proven) rollup.proveBatches(headers, proofs, sums);
        vm.revertToState(snapshot);

        this.deposit(random >> 128, 1, units + 1);
        try rollup.commitBatches(grandparentHash, parent, batches) {
            broken = "committed what fell out";
        } catch (bytes memory) {}
        try rollup.proveBatches(headers, proofs, sums) {
            broken = "proved what fell out";
        } catch (bytes memory) {}
    }

    /// @dev L1 splits. What waits for its proof is good on both sides; what is new is proven for one of them.
    function splitChain(uint256 random) external {
        if (exitMode || pending.length >= 6 || _overdue() || random % 3 == 0) return;
        uint8 shape = uint8(random % 2);
        uint256 snapshot = vm.snapshotState();
        uint256 id = block.chainid;
        Proof memory foreign = proofOf(headerOf(none(), shape, head));
        vm.chainId(id + 1 + random % 1000);
        IMillrace.BatchHeader memory header = commit(none(), shape);
        IMillrace.BatchHeader[] memory headers = _withPending(header);
        Proof[] memory whole = proofsOf(headers);
        whole[whole.length - 1] = foreign;
        (ProofPoints[] memory proofs, uint256[2][] memory sums) = together(headers, whole);
        bool replayed;
        try rollup.proveBatches(headers, proofs, sums) {
            replayed = true;
        } catch (bytes memory) {}
        (proofs, sums) = together(headers);
        if (!replayed) rollup.proveBatches(headers, proofs, sums);
        vm.chainId(id);
        vm.revertToState(snapshot);
        if (replayed) broken = "replayed on another chain";
    }

    /// @dev The twin's next batch differs from this rollup's of the same number in nothing but the domain.
    function replayOnTwin(uint256 random) external {
        uint8 shape = uint8(random % 2);
        IMillrace.BatchInput[] memory batches = new IMillrace.BatchInput[](1);
        batches[0] = input(none(), shape, twinHead.number + 1);
        (, ProofPoints[] memory proofs, uint256[2][] memory sums) = _one(headerOf(none(), shape, twinHead));
        try twin.commitAndProveBatches(batches, proofs, sums) {
            broken = "replayed on another rollup";
        } catch (bytes memory) {}
        (rollup, twin) = (twin, rollup);
        twinHead = headerOf(none(), shape, twinHead);
        (rollup, twin) = (twin, rollup);
        (proofs, sums) = alone(proofOf(twinHead));
        twin.commitAndProveBatches(batches, proofs, sums);
    }

    // ----------------------------------------------------------------------------------- what has to fail

    /// @dev A root that no proof speaks of.
    function proveWrongly(uint256 random) external {
        if (exitMode) random = 0; // nothing is right
        IMillrace.BatchHeader memory header = pending.length > 0 ? pending[0] : headerOf(none(), 0, head);
        (IMillrace.BatchHeader[] memory headers, ProofPoints[] memory proofs, uint256[2][] memory sums) =
            _one(header);
        uint256 kind = pending.length > 0 ? random % 4 : random % 3;
        if (kind == 0) headers[0].newRoot ^= 1 + (random >> 250);
        if (kind == 1) headers[0].payoutsRoot = keccak256(abi.encode(random));
        if (kind == 2) headers[0].number += uint64(1 + random % 300);
        if (kind == 3) sums[0] = proofs[0].a;
        try rollup.proveBatches(headers, proofs, sums) {
            broken = "proved wrongly";
        } catch (bytes memory) {}
    }

    /// @dev The next L1 ops left out, swapped or consumed twice.
    function misorder(uint256 random) external {
        L1Entry memory wrong;
        if (entries.length == 0) wrong = depositEntry(alice, 1, 1);
        else wrong = entries[random % entries.length];
        if (consumed < entries.length && keccak256(abi.encode(wrong)) == keccak256(abi.encode(entries[consumed]))) return;
        IMillrace.BatchInput[] memory batches = new IMillrace.BatchInput[](1);
        batches[0] = input(withL1(wrong), 0, head.number + 1);
        try rollup.commitBatches(headParentHash, head, batches) {
            broken = "misordered";
        } catch (bytes memory) {}
    }

    // --------------------------------------------------------------------------------------------- helpers

    /// @dev Takes as many L1 ops as fit, or any number if none of the others is overdue.
    function _randomBatch(uint256 random, uint8 shape) private view returns (Batch memory made) {
        uint256 most = entries.length - consumed;
        uint256 places = rollup.shapes(shape).n1;
        if (most > places) most = places;
        uint256 take = most;
        if (most > 0) {
            (uint40 oldest,) = rollup.l1Queue(consumed);
            if (block.timestamp <= oldest + DEADLINE) take = (random >> 8) % (most + 1);
        }
        made.l1 = new L1Entry[](take);
        uint256[TOKENS + 1] memory available = onL2;
        for (uint256 i = 0; i < take; ++i) {
            L1Entry memory entry = entries[consumed + i];
            made.l1[i] = L1Entry(entry.e0, entry.e1, entry.e2, entry.result);
            if (entry.e0 & 3 == 1) {
                available[(entry.e0 >> 8) & 0xffff] += uint64(entry.e0 >> 24);
            } else if (random & (1 << (16 + i)) != 0) {
                uint64 units = uint64((random >> 32) % (available[1] + 1));
                available[1] -= units; // the exit pays out this much ETH
                made.l1[i].result = (entry.e0 >> 14 & 0xffffffff) | (1 << 32) | (uint256(units) << 48);
            }
        }
        made.ops = new Op[]((random >> 64) % 5);
        for (uint256 i = 0; i < made.ops.length; ++i) {
            uint256 value = uint256(keccak256(abi.encode(random, i)));
            uint16 id = uint16(bound(value, 1, TOKENS));
            uint64 units = uint64((value >> 16) % (available[id] + 1));
            if (value & 0x100 == 0) {
                made.ops[i] = Op(BatchData.TRANSFER, 3, 4, units, 5, 0);
            } else {
                available[id] -= units;
                made.ops[i] = withdrawal(_actor(value >> 80), id, units);
            }
        }
    }

    /// @dev All refunds and claims of those who take them.
    function _payEverybody() private {
        for (uint256 id = consumedFinal; id < entries.length; ++id) {
            L1Entry memory entry = entries[id];
            if (refunded[id] > 0 || entry.e0 & 3 != 1) continue;
            if (!_takes(address(uint160(entry.e0 >> 88)), uint16(entry.e0 >> 8))) continue;
            refund(id, entry);
            queued[(entry.e0 >> 8) & 0xffff] -= uint64(entry.e0 >> 24);
            ++refunded[id];
        }
        for (uint256 i = 0; i < dues.length; ++i) {
            if (dues[i].paid > 0 || !_takes(dues[i].owner, dues[i].id)) continue;
            if (!_tryClaim(dues[i], dues[i].units)) broken = "cannot claim";
            leaving[dues[i].id] -= dues[i].units;
            ++dues[i].paid;
        }
    }

    /// @dev The L1 ops that wait for a batch and one more.
    function _waitingAnd(L1Entry memory last) private view returns (L1Entry[] memory all) {
        all = new L1Entry[](entries.length - consumed + 1);
        for (uint256 i = 0; i + 1 < all.length; ++i) {
            all[i] = entries[consumed + i];
        }
        all[all.length - 1] = last;
    }

    /// @dev The batches that wait for their proofs and one more.
    function _withPending(IMillrace.BatchHeader memory last)
        private
        view
        returns (IMillrace.BatchHeader[] memory headers)
    {
        headers = new IMillrace.BatchHeader[](pending.length + 1);
        for (uint256 i = 0; i < headers.length; ++i) {
            headers[i] = i < pending.length ? pending[i] : last;
        }
    }

    function _noteCommitted(IMillrace.BatchHeader memory header, Batch memory made) private {
        for (uint256 i = 0; i < made.l1.length; ++i) {
            L1Entry memory entry = made.l1[i];
            if (entry.e0 & 3 == 1) {
                uint256 id = (entry.e0 >> 8) & 0xffff;
                queued[id] -= uint64(entry.e0 >> 24);
                onL2[id] += uint64(entry.e0 >> 24);
            }
        }
        consumed += made.l1.length;
        uint256 index = 0;
        for (uint256 i = 0; i < made.l1.length; ++i) {
            uint256 result = made.l1[i].result;
            if (result >> 48 == 0) continue;
            _owe(header, made, index++, address(uint160(made.l1[i].e0 >> 88)), 1, uint64(result >> 48));
        }
        for (uint256 i = 0; i < made.ops.length; ++i) {
            Op memory op = made.ops[i];
            if (op.opType != BatchData.WITHDRAW) continue;
            _owe(header, made, index++, address(uint160(op.aux)), uint16(op.to), uint64(op.amount));
        }
    }

    function _owe(
        IMillrace.BatchHeader memory header,
        Batch memory made,
        uint256 index,
        address owner,
        uint16 id,
        uint64 units
    ) private {
        onL2[id] -= units;
        leaving[id] += units;
        dues.push(Due(header.number, index, owner, id, units, payoutProof(made, index), 0));
    }

    function _noteFinalized(IMillrace.BatchHeader memory header) private {
        root = header.newRoot;
        finalizedNumber = header.number;
        consumedFinal = header.l1End;
        (finalHead, finalParentHash) = (header, finalHash);
        finalHash = keccak256(abi.encode(finalParentHash, header));
    }

    /// @dev The committed batches that are not final never were.
    function _noteReverted() private {
        while (pending.length > 0) {
            uint64 number = pending[pending.length - 1].number;
            Batch memory made = abi.decode(pendingBatches[pending.length - 1], (Batch));
            while (dues.length > 0 && dues[dues.length - 1].batch == number) {
                Due storage due_ = dues[dues.length - 1];
                leaving[due_.id] -= due_.units;
                onL2[due_.id] += due_.units;
                dues.pop();
            }
            for (uint256 i = 0; i < made.l1.length; ++i) {
                if (made.l1[i].e0 & 3 != 1) continue;
                uint256 id = (made.l1[i].e0 >> 8) & 0xffff;
                onL2[id] -= uint64(made.l1[i].e0 >> 24);
                queued[id] += uint64(made.l1[i].e0 >> 24);
            }
            pending.pop();
            pendingBatches.pop();
        }
        consumed = consumedFinal;
        (head, headHash, headParentHash) = (finalHead, finalHash, finalParentHash);
    }

    /// @dev Whether the first op that is in no committed batch is older than the deadline.
    function _overdue() private view returns (bool) {
        if (consumed == entries.length) return false;
        (uint40 queuedAt,) = rollup.l1Queue(consumed);
        return block.timestamp > uint256(queuedAt) + DEADLINE;
    }

    function _tryExit(uint32 index, address owner, uint16 id, uint64 units) private returns (bool) {
        try rollup.exit(index, owner, id, units, exitProof(root, index, owner, id, units)) {
            return true;
        } catch (bytes memory) {
            return false;
        }
    }

    function _tryClaim(Due storage chosen, uint64 units) private returns (bool) {
        try rollup.claim(chosen.batch, chosen.index, chosen.owner, chosen.id, units, chosen.proof) {
            return true;
        } catch (bytes memory) {
            return false;
        }
    }

    function _actor(uint256 who) private view returns (address) {
        return who % 4 == 0 ? address(moody) : address(uint160(0xac7000 + who % 4));
    }

    /// @dev Whether the owner can be paid now.
    function _takes(address owner, uint16 id) private view returns (bool) {
        return id != 1 || owner != address(moody) || !refusesEth;
    }
}
