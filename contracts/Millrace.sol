// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {IGroth16Verifier, Proof, ProofPoints} from "./interfaces/IGroth16Verifier.sol";
import {IMillrace} from "./interfaces/IMillrace.sol";
import {BatchHeaders} from "./libraries/BatchHeaders.sol";
import {BatchProofs} from "./libraries/BatchProofs.sol";
import {BlobData} from "./libraries/BlobData.sol";
import {R} from "./libraries/Bn254.sol";
import {L1Queue} from "./libraries/L1Queue.sol";
import {Payouts} from "./libraries/Payouts.sol";
import {PublicData} from "./libraries/PublicData.sol";
import {TokenVault} from "./libraries/TokenVault.sol";

/// @title The rollup
/// @notice See {IMillrace}. A batch is committed (its data checked and evaluated, its L1 ops consumed, its
/// header chained to its parent's) and finalized (its proof verified); {commitAndProveBatches} does both
/// without a storage write per batch. Exit mode is the way out if the operator lets L1 ops wait.
contract Millrace is IMillrace, ReentrancyGuardTransient {
    using BatchHeaders for BatchHeader;
    using BatchProofs for uint256[];
    using BatchProofs for mapping(uint256 id => ShapeConfig);
    using BitMaps for BitMaps.BitMap;
    using BlobData for BlobData.Evaluation;
    using L1Queue for mapping(uint256 id => bytes32);
    using PublicData for PublicData.Sections;
    using TokenVault for TokenVault.Vault;

    /// @dev Places of {_batchHashes}, which bounds how many batches can wait for their proofs.
    uint64 private constant HASH_PLACES = 256;
    uint256 private constant LOW_MASK = (1 << 248) - 1;

    /// @dev One slot. Counters that rise by one a batch or a queued op do not reach 2^48.
    struct Chain {
        uint48 committedNumber;
        uint48 finalizedNumber;
        uint48 l1Committed;
        uint48 l1Finalized;
        uint48 l1QueueLength;
        bool exitMode;
    }

    /// @inheritdoc IMillrace
    address public immutable operator;
    /// @inheritdoc IMillrace
    uint8 public immutable depth;
    /// @inheritdoc IMillrace
    uint40 public immutable l1Deadline;
    /// @inheritdoc IMillrace
    uint40 public immutable proofDeadline;
    /// @inheritdoc IMillrace
    address public immutable exitVerifier;
    /// @inheritdoc IMillrace
    uint256 public immutable shapeCount;

    uint256 private immutable DEPLOYMENT_CHAIN_ID;
    uint256 private immutable DEPLOYMENT_DOMAIN;

    Chain private _chain;
    uint256 private _finalizedRoot;
    /// @dev Ring: the hash of header `n` is at `n % HASH_PLACES`. Valid are the places of the newest finalized
    /// header, of all committed ones after it and of no other.
    bytes32[HASH_PLACES] private _batchHashes;
    /// @dev Bit `n % HASH_PLACES`: batch `n` is in a blob together with batch `n + 1`. Counts for committed batches of
    /// shapes for blobs.
    uint256 private _sharesBlobWithNext;
    mapping(uint256 id => ShapeConfig) private _shapes;
    TokenVault.Vault private _vault;
    mapping(uint256 id => bytes32) private _l1Queue;
    /// @inheritdoc IMillrace
    mapping(uint64 batchNumber => bytes32) public payoutsRoot;
    mapping(uint64 batchNumber => BitMaps.BitMap) private _claimed;
    BitMaps.BitMap private _exited;
    BitMaps.BitMap private _refunded;

    modifier onlyOperator() {
        if (msg.sender != operator) revert NotOperator(msg.sender);
        _;
    }

    /// @param operator_ who orders batches and registers tokens
    /// @param genesisRoot state root before the first batch, below r
    /// @param depth_ bits of an account index, 1 to 32
    /// @param shapes_ 1 to 256 shapes of that depth
    /// @param l1Deadline_ seconds within which a queued L1 op has to be in a committed batch, at least 1
    /// @param proofDeadline_ seconds within which a committed batch has to be proven, at least 1
    /// @param exitVerifier_ verifier of the exit circuit of that depth
    constructor(
        address operator_,
        uint256 genesisRoot,
        uint8 depth_,
        ShapeConfig[] memory shapes_,
        uint40 l1Deadline_,
        uint40 proofDeadline_,
        address exitVerifier_
    ) {
        if (operator_ == address(0)) revert ZeroOperator();
        if (genesisRoot >= R) revert RootOutOfRange(genesisRoot);
        if (depth_ == 0 || depth_ > 32) revert DepthOutOfRange(depth_);
        if (l1Deadline_ == 0 || proofDeadline_ == 0) revert ZeroDeadline();
        if (exitVerifier_.code.length == 0) revert NotAContract(exitVerifier_);
        if (shapes_.length == 0 || shapes_.length > 256) revert NoShapes();
        for (uint256 i = 0; i < shapes_.length; ++i) {
            ShapeConfig memory shape = shapes_[i];
            if (shape.verifier.code.length == 0) revert NotAContract(shape.verifier);
            if (shape.n2 > type(uint16).max || shape.n1 == 0 || shape.n1 > type(uint16).max) revert ShapeOutOfRange(i);
            _shapes[i] = shape;
        }
        shapeCount = shapes_.length;
        operator = operator_;
        depth = depth_;
        l1Deadline = l1Deadline_;
        proofDeadline = proofDeadline_;
        exitVerifier = exitVerifier_;
        DEPLOYMENT_CHAIN_ID = block.chainid;
        DEPLOYMENT_DOMAIN = _domain();
        _vault.registerEth();

        BatchHeader memory genesis;
        genesis.newRoot = genesisRoot;
        _batchHashes[0] = genesis.hash(0);
        _finalizedRoot = genesisRoot;
        emit BatchCommitted(0, _batchHashes[0], 0, genesis);
    }

    /// @inheritdoc IMillrace
    function registerToken(address token, uint8 unitExponent) external onlyOperator returns (uint16 id) {
        return _vault.register(token, unitExponent);
    }

    /// @inheritdoc IMillrace
    function deposit(uint16 token, uint256 amount, uint256 keyHash)
        external
        payable
        nonReentrant
        returns (uint256 id)
    {
        uint64 units = _vault.take(token, amount);
        (uint256 e0, uint256 e1, uint256 e2) = L1Queue.depositElements(msg.sender, token, units, keyHash);
        return _enqueue(e0, e1, e2);
    }

    /// @inheritdoc IMillrace
    function requestForcedExit(uint32 index, uint256 ax, uint256 ay) external returns (uint256 id) {
        if (uint256(index) >> depth != 0) revert IndexOutOfRange(index);
        (uint256 e0, uint256 e1, uint256 e2) = L1Queue.forcedExitElements(msg.sender, index, ax, ay);
        return _enqueue(e0, e1, e2);
    }

    /// @inheritdoc IMillrace
    function commitBatches(bytes32 grandparentHash, BatchHeader calldata parent, BatchInput[] calldata batches)
        external
        onlyOperator
    {
        (Chain memory chain, BatchHeader memory header, bytes32 batchHash) =
            _startCommit(grandparentHash, parent, batches.length);
        PublicData.Sections memory sections = PublicData.open(domain(), depth);
        L1Queue.Cursor memory cursor = L1Queue.open(chain.l1Committed, chain.l1QueueLength);
        for (uint256 i = 0; i < batches.length; ++i) {
            _follow(header, batches[i], sections, cursor);
            batchHash = _keep(header, batchHash);
        }
        _endCommit(chain, header);
    }

    /// @inheritdoc IMillrace
    function commitBlobBatches(
        bytes32 grandparentHash,
        BatchHeader calldata parent,
        bytes calldata opening,
        BlobBatchInput[] calldata batches
    ) external onlyOperator {
        (Chain memory chain, BatchHeader memory header, bytes32 batchHash) =
            _startCommit(grandparentHash, parent, batches.length);
        BatchHeader[] memory headers =
            _followBlob(header, opening, batches, L1Queue.open(chain.l1Committed, chain.l1QueueLength));
        uint256 shares = _sharesBlobWithNext;
        for (uint256 i = 0; i < headers.length; ++i) {
            header = headers[i];
            batchHash = _keep(header, batchHash);
            uint256 bit = 1 << (header.number % HASH_PLACES);
            shares = i + 1 < headers.length ? shares | bit : shares & ~bit;
        }
        _sharesBlobWithNext = shares;
        _endCommit(chain, header);
    }

    /// @inheritdoc IMillrace
    function proveBatches(
        BatchHeader[] calldata headers,
        ProofPoints[] calldata proofs,
        uint256[2][] calldata sums
    ) external {
        if (headers.length == 0) revert NoBatches();
        Chain memory chain = _runningChain();
        uint256[] memory statements = new uint256[](headers.length * BatchProofs.STATEMENT_WORDS);
        BatchHeader memory header;
        bytes32 batchHash = _batchHashes[chain.finalizedNumber % HASH_PLACES];
        for (uint256 i = 0; i < headers.length; ++i) {
            header.copy(headers, i);
            batchHash = header.hash(batchHash);
            statements.set(i, header);
            if (header.payoutsRoot != 0) _finalize(header);
        }
        if (header.payoutsRoot == 0) _finalize(header);
        // The hash of the last one vouches for all before it.
        if (
            header.number <= chain.finalizedNumber || header.number > chain.committedNumber
                || _batchHashes[header.number % HASH_PLACES] != batchHash
        ) revert NotCommitted(header.number, batchHash);
        if (_shapes[header.shape].blob && (_sharesBlobWithNext >> (header.number % HASH_PLACES)) & 1 != 0) {
            revert BlobProvenInPart(header.number);
        }
        _shapes.verify(shapeCount, statements, proofs, sums);
        chain.finalizedNumber = uint48(header.number);
        chain.l1Finalized = uint48(header.l1End);
        _chain = chain;
        _finalizedRoot = header.newRoot;
    }

    /// @inheritdoc IMillrace
    function commitAndProveBatches(
        BatchInput[] calldata batches,
        ProofPoints[] calldata proofs,
        uint256[2][] calldata sums
    ) external onlyOperator {
        (Chain memory chain, BatchHeader memory header, bytes32 batchHash) = _startFinal(batches.length);
        uint256[] memory statements = new uint256[](batches.length * BatchProofs.STATEMENT_WORDS);
        PublicData.Sections memory sections = PublicData.open(domain(), depth);
        L1Queue.Cursor memory cursor = L1Queue.open(chain.l1Committed, chain.l1QueueLength);
        bytes32 parentHash;
        for (uint256 i = 0; i < batches.length; ++i) {
            parentHash = batchHash;
            _follow(header, batches[i], sections, cursor);
            batchHash = header.hash(parentHash);
            statements.set(i, header);
            if (header.payoutsRoot != 0) _finalize(header);
        }
        if (header.payoutsRoot == 0) _finalize(header);
        _shapes.verify(shapeCount, statements, proofs, sums);
        _endFinal(chain, header, batchHash, parentHash);
    }

    /// @inheritdoc IMillrace
    function commitAndProveBlobBatches(
        bytes calldata opening,
        BlobBatchInput[] calldata batches,
        ProofPoints[] calldata proofs,
        uint256[2][] calldata sums
    ) external onlyOperator {
        (Chain memory chain, BatchHeader memory header, bytes32 batchHash) = _startFinal(batches.length);
        BatchHeader[] memory headers =
            _followBlob(header, opening, batches, L1Queue.open(chain.l1Committed, chain.l1QueueLength));
        uint256[] memory statements = new uint256[](headers.length * BatchProofs.STATEMENT_WORDS);
        bytes32 parentHash;
        for (uint256 i = 0; i < headers.length; ++i) {
            header = headers[i];
            parentHash = batchHash;
            batchHash = header.hash(parentHash);
            statements.set(i, header);
            if (header.payoutsRoot != 0) _finalize(header);
        }
        if (header.payoutsRoot == 0) _finalize(header);
        _shapes.verify(shapeCount, statements, proofs, sums);
        _endFinal(chain, header, batchHash, parentHash);
    }

    /// @inheritdoc IMillrace
    function claim(
        uint64 batchNumber,
        uint256 index,
        address owner,
        uint16 token,
        uint64 amount,
        bytes32[] calldata proof
    ) external nonReentrant {
        bytes32 root = payoutsRoot[batchNumber];
        if (root == 0) revert NoPayouts(batchNumber);
        if (!MerkleProof.verifyCalldata(proof, root, Payouts.leaf(index, owner, token, amount))) {
            revert PayoutNotInBatch(batchNumber, index);
        }
        BitMaps.BitMap storage claimed = _claimed[batchNumber];
        if (claimed.get(index)) revert PayoutAlreadyClaimed(batchNumber, index);
        claimed.set(index);
        _vault.pay(token, owner, amount);
        emit PayoutClaimed(batchNumber, index, owner, token, amount);
    }

    /// @inheritdoc IMillrace
    function revertBatches(BatchHeader calldata oldest) external {
        Chain memory chain = _runningChain();
        uint64 number = chain.finalizedNumber + 1;
        BatchHeader memory header = oldest;
        bytes32 batchHash = header.hash(_batchHashes[chain.finalizedNumber % HASH_PLACES]);
        if (number > chain.committedNumber || _batchHashes[number % HASH_PLACES] != batchHash) {
            revert NotCommitted(header.number, batchHash);
        }
        uint256 deadline = uint256(header.committedAt) + proofDeadline;
        if (block.timestamp <= deadline) revert ProofNotOverdue(number, deadline);
        _dropUnproven(chain);
        // In one call: between two, the operator could commit the ops again, and never be held to its deadline.
        if (_l1Queue.isOverdue(chain.l1Committed, chain.l1QueueLength, l1Deadline)) _enterExitMode(chain);
        _chain = chain;
    }

    /// @inheritdoc IMillrace
    function activateExitMode() external {
        Chain memory chain = _runningChain();
        if (!_l1Queue.isOverdue(chain.l1Committed, chain.l1QueueLength, l1Deadline)) revert NoOverdueL1Op();
        // A batch that became final after owners have left would let them leave twice.
        if (chain.committedNumber != chain.finalizedNumber) _dropUnproven(chain);
        _enterExitMode(chain);
        _chain = chain;
    }

    /// @inheritdoc IMillrace
    function exit(uint32 index, address owner, uint16 token, uint64 balance, Proof calldata proof)
        external
        nonReentrant
    {
        if (!_chain.exitMode) revert ExitModeInactive();
        if (uint256(index) >> depth != 0) revert IndexOutOfRange(index);
        if (_exited.get(index)) revert AlreadyExited(index);
        uint256 holding = uint256(uint160(owner)) | (uint256(token) << 160) | (uint256(balance) << 176);
        IGroth16Verifier(exitVerifier).verify([_finalizedRoot, index, holding], proof);
        _exited.set(index);
        _vault.pay(token, owner, balance);
        emit Exited(index, owner, token, balance);
    }

    /// @inheritdoc IMillrace
    function refundDeposit(uint256 id, uint256 e0, uint256 e1, uint256 e2) external nonReentrant {
        Chain memory chain = _chain;
        if (!chain.exitMode) revert ExitModeInactive();
        if (id < chain.l1Finalized) revert L1OpProcessed(id);
        if (id >= chain.l1QueueLength) revert L1QueueExhausted(chain.l1QueueLength);
        if (_refunded.get(id)) revert DepositAlreadyRefunded(id);
        _l1Queue.requireOp(id, e0, e1, e2);
        (address depositor, uint16 token, uint64 units) = L1Queue.readDeposit(id, e0);
        _refunded.set(id);
        _vault.pay(token, depositor, units);
        emit DepositRefunded(id, depositor, token, units);
    }

    /// @inheritdoc IMillrace
    function domain() public view returns (uint256) {
        // After a chain split, nothing that was signed or proven for one chain is good for the other.
        return block.chainid == DEPLOYMENT_CHAIN_ID ? DEPLOYMENT_DOMAIN : _domain();
    }

    /// @inheritdoc IMillrace
    function state() external view returns (RollupState memory) {
        Chain memory chain = _chain;
        return RollupState({
            committedNumber: chain.committedNumber,
            finalizedNumber: chain.finalizedNumber,
            l1Committed: chain.l1Committed,
            l1Finalized: chain.l1Finalized,
            l1QueueLength: chain.l1QueueLength,
            finalizedRoot: _finalizedRoot,
            committedHash: _batchHashes[chain.committedNumber % HASH_PLACES],
            finalizedHash: _batchHashes[chain.finalizedNumber % HASH_PLACES],
            exitMode: chain.exitMode
        });
    }

    /// @inheritdoc IMillrace
    function shapes(uint8 shape) public view returns (ShapeConfig memory) {
        if (shape >= shapeCount) revert UnknownShape(shape);
        return _shapes[shape];
    }

    /// @inheritdoc IMillrace
    function tokenCount() external view returns (uint16) {
        return _vault.count;
    }

    /// @inheritdoc IMillrace
    function tokens(uint16 id) external view returns (Token memory) {
        return _vault.get(id);
    }

    /// @inheritdoc IMillrace
    function tokenId(address token) external view returns (uint16) {
        return _vault.ids[token];
    }

    /// @inheritdoc IMillrace
    function l1Queue(uint256 id) external view returns (uint40 timestamp, uint216 opHash) {
        if (id >= _chain.l1QueueLength) revert L1QueueExhausted(id);
        return L1Queue.unpack(_l1Queue[id]);
    }

    /// @inheritdoc IMillrace
    function isClaimed(uint64 batchNumber, uint256 index) external view returns (bool) {
        return _claimed[batchNumber].get(index);
    }

    /// @inheritdoc IMillrace
    function isExited(uint32 index) external view returns (bool) {
        return _exited.get(index);
    }

    /// @inheritdoc IMillrace
    function isRefunded(uint256 id) external view returns (bool) {
        return _refunded.get(id);
    }

    /// @dev Where the rollup stands; refuses exit mode.
    function _runningChain() private view returns (Chain memory chain) {
        chain = _chain;
        if (chain.exitMode) revert ExitModeActive();
    }

    /// @dev Takes back all committed batches that are not final. The caller stores `chain`.
    function _dropUnproven(Chain memory chain) private {
        emit BatchesReverted(chain.finalizedNumber + 1, chain.committedNumber, chain.l1Finalized);
        (chain.committedNumber, chain.l1Committed) = (chain.finalizedNumber, chain.l1Finalized);
    }

    /// @dev The caller stores `chain`.
    function _enterExitMode(Chain memory chain) private {
        chain.exitMode = true;
        emit ExitModeActivated(chain.finalizedNumber, _finalizedRoot, chain.l1Finalized);
    }

    function _enqueue(uint256 e0, uint256 e1, uint256 e2) private returns (uint256 id) {
        Chain memory chain = _runningChain();
        id = chain.l1QueueLength++;
        _chain = chain;
        uint40 timestamp = uint40(block.timestamp);
        _l1Queue[id] = L1Queue.entry(id, e0, e1, e2, timestamp);
        emit L1OpQueued(id, msg.sender, e0, e1, e2, timestamp);
    }

    /// @dev What every commit begins with.
    /// @return chain where the rollup stands
    /// @return header the parent's, which is that of the newest committed batch
    /// @return batchHash its hash
    function _startCommit(bytes32 grandparentHash, BatchHeader calldata parent, uint256 count)
        private
        view
        returns (Chain memory chain, BatchHeader memory header, bytes32 batchHash)
    {
        if (count == 0) revert NoBatches();
        chain = _runningChain();
        header = parent;
        batchHash = header.hash(grandparentHash);
        bytes32 expected = _batchHashes[chain.committedNumber % HASH_PLACES];
        if (batchHash != expected) revert ParentMismatch(expected, batchHash);
        // The place of the newest finalized header's hash must not be written over.
        if (chain.committedNumber - chain.finalizedNumber + count >= HASH_PLACES) {
            revert TooManyUnprovenBatches(HASH_PLACES - 1);
        }
    }

    /// @dev Keeps the hash of a committed batch.
    function _keep(BatchHeader memory header, bytes32 parentHash) private returns (bytes32 batchHash) {
        batchHash = header.hash(parentHash);
        _batchHashes[header.number % HASH_PLACES] = batchHash;
        emit BatchCommitted(header.number, batchHash, parentHash, header);
    }

    /// @param header of the last batch
    function _endCommit(Chain memory chain, BatchHeader memory header) private {
        chain.committedNumber = uint48(header.number);
        chain.l1Committed = uint48(header.l1End);
        _chain = chain;
    }

    /// @dev What every call begins with that commits and proves: the newest batch is final.
    /// @return chain where the rollup stands
    /// @return header of the newest batch, as far as the next one needs it
    /// @return batchHash its hash
    function _startFinal(uint256 count)
        private
        view
        returns (Chain memory chain, BatchHeader memory header, bytes32 batchHash)
    {
        if (count == 0) revert NoBatches();
        chain = _runningChain();
        if (chain.committedNumber != chain.finalizedNumber) {
            revert UnprovenBatches(chain.committedNumber, chain.finalizedNumber);
        }
        (header.number, header.newRoot) = (chain.committedNumber, _finalizedRoot);
        batchHash = _batchHashes[chain.committedNumber % HASH_PLACES];
    }

    /// @param header of the last batch, whose hash is the only one of the call that is kept
    function _endFinal(Chain memory chain, BatchHeader memory header, bytes32 batchHash, bytes32 parentHash) private {
        _batchHashes[header.number % HASH_PLACES] = batchHash;
        emit BatchCommitted(header.number, batchHash, parentHash, header);
        (chain.committedNumber, chain.finalizedNumber) = (uint48(header.number), uint48(header.number));
        (chain.l1Committed, chain.l1Finalized) = (uint48(header.l1End), uint48(header.l1End));
        _chain = chain;
        _finalizedRoot = header.newRoot;
    }

    /// @dev Checks a batch on top of its parent and makes its header, which takes the place of the parent's.
    /// @param header of the parent, of which the number and root count
    /// @param sections overwritten; handed in so that all batches of a call share it, and its shape
    function _follow(
        BatchHeader memory header,
        BatchInput calldata batch,
        PublicData.Sections memory sections,
        L1Queue.Cursor memory cursor
    ) private view {
        (uint256 c, bytes calldata data) = (batch.c, batch.data);
        _setShape(sections, batch.shape, false);
        sections.parse(data);
        _advance(header, sections, cursor, batch.newRoot, c);
        header.payoutsRoot = Payouts.root(sections); // checks the auxiliary values, so it comes before y
        header.z = sections.challenge(c, data);
        header.y = sections.evaluate(header.z);
    }

    /// @dev Checks the batches of a blob on top of their parent, opens the blob, and makes their headers.
    /// @param header of the parent, of which the number and root count; overwritten
    function _followBlob(
        BatchHeader memory header,
        bytes calldata opening,
        BlobBatchInput[] calldata batches,
        L1Queue.Cursor memory cursor
    ) private view returns (BatchHeader[] memory headers) {
        PublicData.Sections memory sections = PublicData.open(domain(), depth);
        headers = new BatchHeader[](batches.length);
        bytes32[] memory leaves = new bytes32[](batches.length + 1);
        leaves[0] = BlobData.versionedHash();
        uint256 oldRoot = header.newRoot;
        for (uint256 i = 0; i < batches.length; ++i) {
            BlobBatchInput calldata batch = batches[i];
            (uint256 c, bytes calldata data) = (batch.c, batch.data);
            _setShape(sections, batch.shape, true);
            BlobData.parse(sections, data);
            _advance(header, sections, cursor, batch.newRoot, c);
            header.payoutsRoot = Payouts.blobRoot(sections); // checks the withdrawals, so it comes before the statement
            leaves[i + 1] = sections.bind(c, data);
            header.copyTo(headers[i]);
        }

        // What L1 reads of the batches is fixed now, and with it the point. Of each batch it is read again for its value.
        BlobData.Evaluation memory evaluation;
        evaluation.z = BlobData.point(leaves);
        for (uint256 i = batches.length; i > 0;) {
            --i;
            BlobBatchInput calldata batch = batches[i];
            uint256 y = batch.y;
            _setShape(sections, batch.shape, true);
            BlobData.parse(sections, batch.data);
            evaluation.prepend(sections, i, y);
            header = headers[i];
            sections.setHead(header.number, i == 0 ? oldRoot : headers[i - 1].newRoot, header.newRoot);
            (header.c, header.z, header.y) = BlobData.statement(sections, header.c, evaluation.z, y);
        }
        evaluation.requireOpening(opening, leaves[0]);
    }

    /// @param blob whether the shape has to be one for blobs
    function _setShape(PublicData.Sections memory sections, uint8 shapeId, bool blob) private view {
        if (sections.shape == shapeId) return;
        ShapeConfig memory shape = shapes(shapeId);
        if (shape.blob != blob) revert WrongKindOfShape(shapeId);
        sections.setShape(shapeId, shape);
    }

    /// @dev Checks what does not depend on where the data are, and turns the parent's header into the batch's, without
    /// public inputs and payouts.
    function _advance(
        BatchHeader memory header,
        PublicData.Sections memory sections,
        L1Queue.Cursor memory cursor,
        uint256 newRoot,
        uint256 c
    ) private view {
        if (newRoot >= R) revert RootOutOfRange(newRoot);
        if (c >= R) revert CommitmentOutOfRange(c);
        _l1Queue.consume(cursor, sections, l1Deadline);
        unchecked {
            header.number += 1;
        }
        sections.setHead(header.number, header.newRoot, newRoot);
        header.shape = uint8(sections.shape);
        header.committedAt = uint40(block.timestamp);
        header.l1End = uint64(cursor.next);
        header.newRoot = newRoot;
        header.c = c;
    }

    /// @dev For the last batch of a call and for all that pay something out: the event of the last speaks for the others.
    function _finalize(BatchHeader memory header) private {
        if (header.payoutsRoot != 0) payoutsRoot[header.number] = header.payoutsRoot;
        emit BatchFinalized(header.number, header.newRoot, header.payoutsRoot);
    }

    function _domain() private view returns (uint256) {
        return uint256(keccak256(abi.encode("Millrace v1", block.chainid, address(this)))) & LOW_MASK;
    }
}
