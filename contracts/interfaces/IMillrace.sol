// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Proof, ProofPoints} from "./IGroth16Verifier.sol";

/// @title Millrace on L1
/// @notice Holds the money, orders the batches, and finalizes what is proven. docs/protocol.md defines ops,
/// batch data, payouts and exits; the names here are those of that page. There is no upgrade, and the operator,
/// the only role, orders ops and registers tokens but has no way to touch funds. If it leaves L1 ops waiting
/// beyond the deadlines, anyone switches the rollup to exit mode, for good: nothing moves the state any more,
/// owners leave with proofs against the last finalized root, and unprocessed deposits are paid back.
interface IMillrace {
    // ------------------------------------------------------------------------------------------ structs

    /// @dev A size of batch circuit. The constructor's list gives each its shape id, from 0.
    /// @param verifier the {IGroth16Verifier} of its key
    /// @param n2 signed ops a batch, at most 65535
    /// @param n1 L1 ops a batch, 1 to 65535
    /// @param m accounts a batch
    /// @param blob whether the data of its batches are in blobs: another circuit, whose public inputs mean something else
    struct ShapeConfig {
        address verifier;
        uint32 n2;
        uint32 n1;
        uint24 m;
        bool blob;
    }

    /// @dev A batch as the operator hands it in.
    /// @param shape shape id
    /// @param newRoot state root after the batch, below r
    /// @param c `C`, the Poseidon hash of the public-data vector, below r
    /// @param data the bytes of docs/protocol.md section 3.3
    struct BatchInput {
        uint8 shape;
        uint256 newRoot;
        uint256 c;
        bytes data;
    }

    /// @dev A batch whose data are in a blob, as the operator hands it in.
    /// @param shape shape id
    /// @param newRoot state root after the batch, below r
    /// @param c `C`, the Poseidon hash of the public-data vector, below r
    /// @param y value at `z` of the batch's own part of the blob's polynomial, below the order of BLS12-381's groups
    /// @param data the bytes of docs/protocol.md section 3.5
    struct BlobBatchInput {
        uint8 shape;
        uint256 newRoot;
        uint256 c;
        uint256 y;
        bytes data;
    }

    /// @dev A committed batch. Its hash is `keccak256(abi.encode(parentHash, header))`; the genesis header
    /// has only `newRoot`, all else is 0, its parent's hash too.
    /// @param number 1 for the first batch
    /// @param shape shape id
    /// @param committedAt block time, seconds
    /// @param l1End position in the L1 queue of the first op that is not yet consumed after this batch
    /// @param newRoot state root after the batch
    /// @param c first public input: `C`; of a batch in a blob `C + z V`
    /// @param z second: `z`; `z | hi(y) @ 240`
    /// @param y third: `y`; `lo(y)`
    /// @param payoutsRoot root of the payout tree; 0 if the batch pays nothing out
    struct BatchHeader {
        uint64 number;
        uint8 shape;
        uint40 committedAt;
        uint64 l1End;
        uint256 newRoot;
        uint256 c;
        uint256 z;
        uint256 y;
        bytes32 payoutsRoot;
    }

    /// @dev A registered token.
    /// @param token ERC-20 contract; address 0 for ETH
    /// @param unitExponent one unit is 10^unitExponent of the token's smallest unit (wei)
    /// @param held units that the rollup owes: deposited, not yet claimed. Below 2^64
    struct Token {
        address token;
        uint8 unitExponent;
        uint64 held;
    }

    /// @dev Where the rollup stands.
    /// @param committedNumber number of the newest committed batch
    /// @param finalizedNumber number of the newest finalized batch
    /// @param l1Committed L1 ops consumed by committed batches
    /// @param l1Finalized L1 ops consumed by finalized batches
    /// @param l1QueueLength L1 ops ever queued, which is the id of the next one
    /// @param finalizedRoot state root after the newest finalized batch
    /// @param committedHash hash of the newest committed header
    /// @param finalizedHash hash of the newest finalized header
    /// @param exitMode whether the rollup is in exit mode
    struct RollupState {
        uint64 committedNumber;
        uint64 finalizedNumber;
        uint64 l1Committed;
        uint64 l1Finalized;
        uint64 l1QueueLength;
        uint256 finalizedRoot;
        bytes32 committedHash;
        bytes32 finalizedHash;
        bool exitMode;
    }

    // ------------------------------------------------------------------------------------------- events

    /// @notice Token `id` is registered from now on, for good.
    event TokenRegistered(uint16 indexed id, address indexed token, uint8 unitExponent);

    /// @notice An op from L1 has its place in the queue.
    /// @param id position in the queue, from 0
    /// @param sender depositor or owner
    /// @param e0 first element of the op, docs/protocol.md section 2.2
    /// @param e1 second element
    /// @param e2 third element
    /// @param timestamp block time, seconds; the deadline counts from it
    event L1OpQueued(
        uint256 indexed id, address indexed sender, uint256 e0, uint256 e1, uint256 e2, uint40 timestamp
    );

    /// @notice A header whose hash the contract keeps: those of {commitBatches}, and of the batches of
    /// {commitAndProveBatches} the last one. It holds what the next commit and the prover have to hand in.
    event BatchCommitted(uint64 indexed number, bytes32 batchHash, bytes32 parentHash, BatchHeader header);

    /// @notice All batches up to `number` are final: `newRoot` is the state root after this one, and its payouts can
    /// be claimed. Emitted for the last batch of a call and for every one that pays something out, in order.
    event BatchFinalized(uint64 indexed number, uint256 newRoot, bytes32 payoutsRoot);

    /// @notice The committed batches `first` to `last` were dropped without a proof. Their numbers and their L1
    /// ops, from `l1Committed` on, are free again.
    event BatchesReverted(uint64 indexed first, uint64 last, uint64 l1Committed);

    /// @notice The rollup is in exit mode from now on, for good.
    /// @param finalizedNumber number of the last batch there will ever be
    /// @param finalizedRoot state root that exits are proven against
    /// @param l1Finalized deposits in the queue from this id on are refunded
    event ExitModeActivated(uint64 finalizedNumber, uint256 finalizedRoot, uint64 l1Finalized);

    /// @notice The balance of an account was paid out in exit mode.
    /// @param amount units of the token
    event Exited(uint32 indexed index, address indexed owner, uint16 indexed token, uint64 amount);

    /// @notice An unprocessed deposit was paid back in exit mode.
    /// @param id position in the L1 queue
    /// @param amount units of the token
    event DepositRefunded(uint256 indexed id, address indexed depositor, uint16 indexed token, uint64 amount);

    /// @notice A payout was paid.
    /// @param amount units of the token
    event PayoutClaimed(
        uint64 indexed batchNumber, uint256 index, address indexed owner, uint16 indexed token, uint64 amount
    );

    // --------------------------------------------------------------------- errors: set-up and the operator

    /// @notice The call is the operator's alone.
    error NotOperator(address caller);
    /// @notice The operator cannot be address 0.
    error ZeroOperator();
    /// @notice A deadline has to be at least one second.
    error ZeroDeadline();
    /// @notice The depth has to be 1 to 32.
    error DepthOutOfRange(uint8 depth);
    /// @notice There have to be 1 to 256 shapes.
    error NoShapes();
    /// @notice A number of the shape at this place of the list is out of range.
    error ShapeOutOfRange(uint256 shape);
    /// @notice A verifier or token has no code.
    error NotAContract(address target);
    /// @notice The token has an id already.
    error TokenAlreadyRegistered(address token);
    /// @notice The exponent of a unit is at most 18.
    error UnitExponentOutOfRange(uint8 unitExponent);
    /// @notice All 65535 token ids are taken.
    error TooManyTokens();

    // ------------------------------------------------------------------------- errors: L1 ops and claims

    /// @notice No token has this id.
    error UnknownToken(uint16 token);
    /// @notice ETH: `amount` has to be the value sent; ERC-20: no value may be sent.
    error WrongValue(uint256 expected, uint256 sent);
    /// @notice `amount` is not a whole number of units of `unit` wei.
    error AmountNotInUnits(uint256 amount, uint256 unit);
    /// @notice Less than one unit arrived.
    error AmountZero();
    /// @notice With `units` more, the rollup would hold 2^64 units of the token or more.
    error TokenCapExceeded(uint16 token, uint64 held, uint256 units);
    /// @notice A key hash has to be 1 to r - 1.
    error KeyHashOutOfRange(uint256 keyHash);
    /// @notice Coordinates of a key have to be below r.
    error PublicKeyOutOfRange(uint256 ax, uint256 ay);
    /// @notice An account index has to be below 2^depth.
    error IndexOutOfRange(uint32 index);
    /// @notice There is no finalized batch of this number that pays anything out.
    error NoPayouts(uint64 batchNumber);
    /// @notice The proof does not lead from this payout to the batch's payouts root.
    error PayoutNotInBatch(uint64 batchNumber, uint256 index);
    /// @notice This payout was paid already.
    error PayoutAlreadyClaimed(uint64 batchNumber, uint256 index);
    /// @notice The owner did not take the ETH.
    error EthTransferFailed(address owner);
    /// @notice The token took more from the rollup than it was told to: others' money.
    error TokenOverdraws(uint16 token, uint256 amount, uint256 taken);

    // ----------------------------------------------------------------------------------- errors: batches

    /// @notice The list of batches or headers is empty.
    error NoBatches();
    /// @notice No shape has this id.
    error UnknownShape(uint8 shape);
    /// @notice A state root has to be below r.
    error RootOutOfRange(uint256 root);
    /// @notice `C` has to be below r.
    error CommitmentOutOfRange(uint256 c);
    /// @notice The header handed in as parent is not that of the newest committed batch.
    error ParentMismatch(bytes32 expected, bytes32 found);
    /// @notice Committed batches wait for their proofs; {commitAndProveBatches} needs there to be none.
    error UnprovenBatches(uint64 committedNumber, uint64 finalizedNumber);
    /// @notice As many committed batches as the contract keeps hashes of have no proof yet.
    error TooManyUnprovenBatches(uint64 limit);
    /// @notice The headers do not lead from the newest finalized batch to a committed one.
    error NotCommitted(uint64 number, bytes32 batchHash);
    /// @notice There are not as many proofs as batches.
    error ProofCountMismatch(uint256 batches, uint256 proofs);
    /// @notice A shape for blobs where its data are handed in, or the other way round.
    error WrongKindOfShape(uint8 shape);
    /// @notice The transaction carries no blob.
    error NoBlob();
    /// @notice The batches have more elements than a blob.
    error BlobTooSmall(uint256 elements, uint256 limit);
    /// @notice The `y` of this batch of the call is not below the order of BLS12-381's groups.
    error BlobValueOutOfRange(uint256 batch);
    /// @notice The blob's polynomial does not have the batches' values at `z`, or commitment or proof are not the blob's.
    error BlobOpeningInvalid();
    /// @notice The batch after this one is in the same blob: they are proven in one call.
    error BlobProvenInPart(uint64 number);
    /// @notice The batch data end too early or have bytes that belong to nothing.
    error DataLength(uint256 expected, uint256 found);
    /// @notice The batch has more L1 ops than its shape takes.
    error TooManyL1Ops(uint256 found, uint256 limit);
    /// @notice The batch has more signed ops than its shape takes.
    error TooManyOps(uint256 found, uint256 limit);
    /// @notice Bits of the last types or op-data element after the last op are not 0.
    error DataPadding();
    /// @notice Not every op of type 2 or 3, of which there are `expected`, lists its auxiliary value.
    error AuxCountMismatch(uint256 expected, uint256 found);
    /// @notice Positions of auxiliary values do not rise, or are not below the number of ops.
    error AuxPositionInvalid(uint256 position);
    /// @notice The op at this position has no auxiliary value.
    error AuxWithoutUse(uint256 position);
    /// @notice The auxiliary value of this withdrawal is not an address.
    error PayoutOwnerOutOfRange(uint256 position);
    /// @notice There is no op with this id in the L1 queue.
    error L1QueueExhausted(uint256 id);
    /// @notice The elements handed in are not those of the L1 op with this id.
    error L1OpMismatch(uint256 id);
    /// @notice The batch leaves the L1 op `id` behind, whose deadline has passed, though it has room for it.
    error L1QueueOverdue(uint256 id, uint40 timestamp);

    // --------------------------------------------------------------------- errors: reverting and exit mode

    /// @notice The rollup is in exit mode: there are no new ops, batches or proofs.
    error ExitModeActive();
    /// @notice The call is for exit mode, which the rollup is not in.
    error ExitModeInactive();
    /// @notice No L1 op waits for a committed batch beyond the deadline.
    error NoOverdueL1Op();
    /// @notice The oldest unproven batch may still be proven until `deadline`, seconds of block time.
    error ProofNotOverdue(uint64 number, uint256 deadline);
    /// @notice The balance of this account was paid out already.
    error AlreadyExited(uint32 index);
    /// @notice The L1 op with this id is in a finalized batch.
    error L1OpProcessed(uint256 id);
    /// @notice The L1 op with this id is not a deposit.
    error NotADeposit(uint256 id);
    /// @notice This deposit was paid back already.
    error DepositAlreadyRefunded(uint256 id);

    // ---------------------------------------------------------------------------------- for the operator

    /// @notice Registers an ERC-20 token. Deposits of a token are exact only if its balances change by
    /// transfers alone (no rebasing). Operator only.
    /// @param token its contract, not registered before
    /// @param unitExponent a unit is 10^unitExponent of the token's smallest unit; at most 18
    /// @return id from 2 upwards
    function registerToken(address token, uint8 unitExponent) external returns (uint16 id);

    /// @notice Commits batches on top of the newest committed one: fixes their order and consumes their L1
    /// ops. Operator only.
    /// @param grandparentHash hash of the parent's parent header; 0 if the parent is the genesis
    /// @param parent header of the newest committed batch
    /// @param batches the batches in order, at least one
    function commitBatches(bytes32 grandparentHash, BatchHeader calldata parent, BatchInput[] calldata batches)
        external;

    /// @notice Commits and finalizes batches that are proven already, which costs least. Operator only; there
    /// must be no committed batch that waits for its proof.
    /// @param batches the batches in order, at least one
    /// @param proofs one for each batch
    /// @param sums the proofs' C, one sum for each shape, see {proveBatches}
    function commitAndProveBatches(
        BatchInput[] calldata batches,
        ProofPoints[] calldata proofs,
        uint256[2][] calldata sums
    ) external;

    /// @notice {commitBatches} for batches whose data are in the transaction's first blob. Operator only.
    /// @param opening the blob's KZG commitment and the proof of its value at `z`, 48 bytes each
    /// @param batches all batches of the blob, in the order in which they lie in it
    function commitBlobBatches(
        bytes32 grandparentHash,
        BatchHeader calldata parent,
        bytes calldata opening,
        BlobBatchInput[] calldata batches
    ) external;

    /// @notice {commitAndProveBatches} for batches whose data are in the transaction's first blob. Operator only.
    /// @param opening the blob's KZG commitment and the proof of its value at `z`, 48 bytes each
    /// @param batches all batches of the blob, in the order in which they lie in it
    /// @param proofs one for each batch
    /// @param sums the proofs' C, one sum for each shape, see {proveBatches}
    function commitAndProveBlobBatches(
        bytes calldata opening,
        BlobBatchInput[] calldata batches,
        ProofPoints[] calldata proofs,
        uint256[2][] calldata sums
    ) external;

    // --------------------------------------------------------------------------------------- for everyone

    /// @notice Finalizes the committed batches that follow the newest finalized one. Anyone may call it. Batches of one blob
    /// are proven in one call: what one lacks in the blob, another could make up for that is never proven.
    /// @param headers their headers in order, at least one
    /// @param proofs one for each batch
    /// @param sums for each shape in use, in the order of their first batches: the proofs' C, added up as
    /// {IGroth16Verifier-verifyAggregate} says; for a single batch it is the proof's C
    function proveBatches(
        BatchHeader[] calldata headers,
        ProofPoints[] calldata proofs,
        uint256[2][] calldata sums
    ) external;

    /// @notice Queues a deposit to the account with `keyHash` and the token, which is created if need be.
    /// Credited is what arrives, in whole units: of a token that takes a fee on transfers the part of a unit
    /// that may be left over is nobody's.
    /// @param token registered token; 1 is ETH
    /// @param amount the token's smallest unit (wei), a multiple of the token's unit; ETH: the value sent
    /// @param keyHash `P_3(Ax, Ay, owner)` of the account, 1 to r - 1
    /// @return id position in the L1 queue
    function deposit(uint16 token, uint256 amount, uint256 keyHash) external payable returns (uint256 id);

    /// @notice Queues a forced exit: if the account belongs to the caller and the key, its whole balance is
    /// paid out to the caller; if not, nothing happens.
    /// @param index of the account, below 2^depth
    /// @param ax x coordinate of the account's key, below r
    /// @param ay y coordinate of the account's key, below r
    /// @return id position in the L1 queue
    function requestForcedExit(uint32 index, uint256 ax, uint256 ay) external returns (uint256 id);

    /// @notice Pays a payout of a finalized batch to its owner. Anyone may call it.
    /// @param batchNumber number of the batch
    /// @param index place of the payout in the batch
    /// @param owner who is paid
    /// @param token token id
    /// @param amount units of the token
    /// @param proof siblings of the payout's leaf, from the bottom
    function claim(
        uint64 batchNumber,
        uint256 index,
        address owner,
        uint16 token,
        uint64 amount,
        bytes32[] calldata proof
    ) external;

    /// @notice Drops all committed batches that are not proven, if the oldest of them has waited for its proof
    /// longer than {proofDeadline}. Their L1 ops are back in the queue; if the first of these is beyond its
    /// deadline by now, the rollup goes to exit mode in the same call. Anyone may call it.
    /// @param oldest header of the batch after the newest finalized one
    function revertBatches(BatchHeader calldata oldest) external;

    /// @notice Switches the rollup to exit mode, if an L1 op has waited for a committed batch longer than
    /// {l1Deadline}. Committed batches that are not proven are dropped. Anyone may call it.
    function activateExitMode() external;

    /// @notice In exit mode, pays out the balance that an account has in the last finalized state, once for each
    /// index. Anyone may call it. If the owner does not take the money the call reverts and can be repeated.
    /// @param index of the account, below 2^depth
    /// @param owner of the account, who is paid
    /// @param token token id of the account
    /// @param balance units of the token
    /// @param proof of the exit circuit for the public inputs
    /// `[finalizedRoot, index, owner | token @ 160 | balance @ 176]`
    function exit(uint32 index, address owner, uint16 token, uint64 balance, Proof calldata proof) external;

    /// @notice In exit mode, pays a deposit that is in no finalized batch back to its depositor, once. Anyone may
    /// call it.
    /// @param id position in the L1 queue
    /// @param e0 elements of the op, as {L1OpQueued} tells them
    function refundDeposit(uint256 id, uint256 e0, uint256 e1, uint256 e2) external;

    // --------------------------------------------------------------------------------------------- views

    /// @notice The only account that orders batches and registers tokens.
    function operator() external view returns (address);

    /// @notice Bits of an account index.
    function depth() external view returns (uint8);

    /// @notice Seconds within which a queued L1 op has to be in a committed batch; then anyone may call
    /// {activateExitMode}.
    function l1Deadline() external view returns (uint40);

    /// @notice Seconds within which a committed batch has to be proven; then anyone may call {revertBatches}.
    function proofDeadline() external view returns (uint40);

    /// @notice The {IGroth16Verifier} of the exit circuit's key.
    function exitVerifier() external view returns (address);

    /// @notice What binds signatures and batches to this contract on this chain, docs/protocol.md section 2.
    function domain() external view returns (uint256);

    /// @notice Where the rollup stands.
    function state() external view returns (RollupState memory);

    /// @notice Number of shapes.
    function shapeCount() external view returns (uint256);

    /// @notice The shape with this id; reverts if there is none.
    function shapes(uint8 shape) external view returns (ShapeConfig memory);

    /// @notice The highest token id.
    function tokenCount() external view returns (uint16);

    /// @notice The token with this id; reverts if there is none.
    function tokens(uint16 id) external view returns (Token memory);

    /// @notice Id of a registered ERC-20 token; 0 if it is not registered.
    function tokenId(address token) external view returns (uint16);

    /// @notice A queued L1 op; reverts if there is none with this id.
    /// @return timestamp block time at which it was queued, seconds
    /// @return opHash the high 216 bits of `keccak256(abi.encode(id, e0, e1, e2))`
    function l1Queue(uint256 id) external view returns (uint40 timestamp, uint216 opHash);

    /// @notice Root of a finalized batch's payouts; 0 if it pays nothing out or is not final.
    function payoutsRoot(uint64 batchNumber) external view returns (bytes32);

    /// @notice True once this payout was paid.
    function isClaimed(uint64 batchNumber, uint256 index) external view returns (bool);

    /// @notice True once the balance of this account was paid out in exit mode.
    function isExited(uint32 index) external view returns (bool);

    /// @notice True once this deposit was paid back in exit mode.
    function isRefunded(uint256 id) external view returns (bool);
}
