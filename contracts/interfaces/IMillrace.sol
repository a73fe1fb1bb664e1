// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Proof} from "./IGroth16Verifier.sol";

/// @title Millrace on L1
/// @notice Holds the money, orders the batches, and finalizes what is proven. docs/protocol.md defines ops,
/// batch data and payouts; the names here are those of that page. There is no upgrade, and the operator,
/// the only role, orders ops and registers tokens but has no way to touch funds.
interface IMillrace {
    // ------------------------------------------------------------------------------------------ structs

    /// @dev A size of batch circuit. The constructor's list gives each its shape id, from 0.
    /// @param verifier the {IGroth16Verifier} of its key
    /// @param n2 signed ops a batch, at most 65535
    /// @param n1 L1 ops a batch, 1 to 65535
    /// @param m accounts a batch
    struct ShapeConfig {
        address verifier;
        uint32 n2;
        uint32 n1;
        uint32 m;
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

    /// @dev A committed batch. Its hash is `keccak256(abi.encode(parentHash, header))`; the genesis header
    /// has only `newRoot`, all else is 0, its parent's hash too.
    /// @param number 1 for the first batch
    /// @param shape shape id
    /// @param committedAt block time, seconds
    /// @param l1End position in the L1 queue of the first op that is not yet consumed after this batch
    /// @param newRoot state root after the batch
    /// @param c public input `C`
    /// @param z public input `z`
    /// @param y public input `y`
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
    struct RollupState {
        uint64 committedNumber;
        uint64 finalizedNumber;
        uint64 l1Committed;
        uint64 l1Finalized;
        uint64 l1QueueLength;
        uint256 finalizedRoot;
        bytes32 committedHash;
        bytes32 finalizedHash;
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

    /// @notice Batch `number` is final: `newRoot` is the state root, its payouts can be claimed.
    event BatchFinalized(uint64 indexed number, uint256 newRoot, bytes32 payoutsRoot);

    /// @notice A payout was paid.
    /// @param amount units of the token
    event PayoutClaimed(
        uint64 indexed batchNumber, uint256 index, address indexed owner, uint16 indexed token, uint64 amount
    );

    // --------------------------------------------------------------------- errors: set-up and the operator

    error NotOperator(address caller);
    error ZeroOperator();
    error ZeroDeadline();
    error DepthOutOfRange(uint8 depth);
    error NoShapes();
    error ShapeOutOfRange(uint256 shape);
    error NotAContract(address target);
    error TokenAlreadyRegistered(address token);
    error UnitExponentOutOfRange(uint8 unitExponent);
    error TooManyTokens();

    // ------------------------------------------------------------------------- errors: L1 ops and claims

    error UnknownToken(uint16 token);
    /// @notice ETH: `amount` has to be the value sent; ERC-20: no value may be sent.
    error WrongValue(uint256 expected, uint256 sent);
    /// @notice `amount` is not a whole number of units of `unit` wei.
    error AmountNotInUnits(uint256 amount, uint256 unit);
    /// @notice Less than one unit arrived.
    error AmountZero();
    /// @notice With `units` more, the rollup would hold 2^64 units of the token or more.
    error TokenCapExceeded(uint16 token, uint64 held, uint256 units);
    error KeyHashOutOfRange(uint256 keyHash);
    error PublicKeyOutOfRange(uint256 ax, uint256 ay);
    error IndexOutOfRange(uint32 index);
    /// @notice There is no finalized batch of this number that pays anything out.
    error NoPayouts(uint64 batchNumber);
    error PayoutNotInBatch(uint64 batchNumber, uint256 index);
    error PayoutAlreadyClaimed(uint64 batchNumber, uint256 index);
    /// @notice The owner did not take the ETH.
    error EthTransferFailed(address owner);
    /// @notice The token took more from the rollup than it was told to: others' money.
    error TokenOverdraws(uint16 token, uint256 amount, uint256 taken);

    // ----------------------------------------------------------------------------------- errors: batches

    error NoBatches();
    error UnknownShape(uint8 shape);
    error RootOutOfRange(uint256 root);
    error CommitmentOutOfRange(uint256 c);
    /// @notice The header handed in as parent is not that of the newest committed batch.
    error ParentMismatch(bytes32 expected, bytes32 found);
    /// @notice Committed batches wait for their proofs; {commitAndProveBatches} needs there to be none.
    error UnprovenBatches(uint64 committedNumber, uint64 finalizedNumber);
    /// @notice As many committed batches as the contract keeps hashes of have no proof yet.
    error TooManyUnprovenBatches(uint64 limit);
    /// @notice The headers do not lead from the newest finalized batch to a committed one.
    error NotCommitted(uint64 number, bytes32 batchHash);
    error ProofCountMismatch(uint256 batches, uint256 proofs);
    /// @notice The batch data end too early or have bytes that belong to nothing.
    error DataLength(uint256 expected, uint256 found);
    error TooManyL1Ops(uint256 found, uint256 limit);
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
    /// @notice The batch has another op at the place of the L1 op with this id.
    error L1OpMismatch(uint256 id);
    /// @notice The batch leaves the L1 op `id` behind, whose deadline has passed, though it has room for it.
    error L1QueueOverdue(uint256 id, uint40 timestamp);

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
    function commitAndProveBatches(BatchInput[] calldata batches, Proof[] calldata proofs) external;

    // --------------------------------------------------------------------------------------- for everyone

    /// @notice Finalizes the committed batches that follow the newest finalized one. Anyone may call it.
    /// @param headers their headers in order, at least one
    /// @param proofs one for each batch
    function proveBatches(BatchHeader[] calldata headers, Proof[] calldata proofs) external;

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

    // --------------------------------------------------------------------------------------------- views

    function operator() external view returns (address);

    /// @notice Bits of an account index.
    function depth() external view returns (uint8);

    /// @notice Seconds within which a queued L1 op has to be in a batch.
    function l1Deadline() external view returns (uint40);

    /// @notice What binds signatures and batches to this contract on this chain, docs/protocol.md section 2.
    function domain() external view returns (uint256);

    function state() external view returns (RollupState memory);

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
}
