/**
 * Tables of the store. Field elements and 64-bit amounts are decimal TEXT, times are milliseconds since the epoch.
 *
 * A batch is `planned` while ops take their places in it; the row of `seals` makes it `sealed`, that of `proofs`
 * `proven`. Taking a seal away takes with it all that followed from it.
 */
export const SCHEMA = `
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE l1_ops (
  id INTEGER PRIMARY KEY,            -- position in the contract's queue
  e0 TEXT NOT NULL,
  e1 TEXT NOT NULL,
  e2 TEXT NOT NULL,
  timestamp INTEGER NOT NULL,        -- L1 block time, seconds
  block_number INTEGER NOT NULL,
  block_hash TEXT NOT NULL,
  transaction_hash TEXT NOT NULL
) STRICT;

CREATE TABLE batches (
  number INTEGER PRIMARY KEY,
  status TEXT NOT NULL CHECK (status IN ('planned', 'sealed', 'proven', 'submitted', 'finalized')),
  l1_first INTEGER NOT NULL,         -- the batch holds the L1 ops l1_first .. l1_end - 1
  l1_end INTEGER NOT NULL,
  fee_key_hash TEXT,                 -- whose accounts take the fees; NULL: no fees
  data_place TEXT NOT NULL CHECK (data_place IN ('calldata', 'blob')),  -- where its data go on L1
  opened_at INTEGER NOT NULL,
  closed INTEGER NOT NULL DEFAULT 0, -- 1 once it was sealed: after a reorg it takes no new ops
  submitted_at INTEGER,
  finalized_at INTEGER
) STRICT;
CREATE INDEX batches_by_status ON batches (status);

CREATE TABLE seals (
  batch INTEGER PRIMARY KEY REFERENCES batches (number),
  shape TEXT NOT NULL,
  shape_id INTEGER NOT NULL,
  signed_ops INTEGER NOT NULL,
  accounts INTEGER NOT NULL,         -- distinct accounts touched
  account_count INTEGER NOT NULL,    -- next index after the batch
  old_root TEXT NOT NULL,
  new_root TEXT NOT NULL,
  c TEXT NOT NULL,                   -- hash of the public-data vector
  public_signals TEXT,               -- JSON; NULL: not known before its blob is
  data BLOB NOT NULL,                -- calldata of the batch
  l1_results TEXT NOT NULL,          -- JSON
  payouts TEXT NOT NULL,             -- JSON
  witness BLOB NOT NULL,             -- gzipped JSON
  sealed_at INTEGER NOT NULL,
  seal_ms REAL NOT NULL
) STRICT;

CREATE TABLE blobs (
  first INTEGER PRIMARY KEY REFERENCES seals (batch) ON DELETE CASCADE,  -- the blob holds the batches first .. last
  last INTEGER NOT NULL REFERENCES seals (batch) ON DELETE CASCADE,
  versioned_hash TEXT NOT NULL
) STRICT;

CREATE TABLE blob_parts (
  batch INTEGER PRIMARY KEY REFERENCES seals (batch) ON DELETE CASCADE,
  visible TEXT NOT NULL,             -- JSON: elements that L1 reads in calldata
  hidden TEXT NOT NULL,              -- JSON: coefficients that go to the blob
  blob INTEGER REFERENCES blobs (first) ON DELETE SET NULL  -- NULL: it waits for others to share a blob with
) STRICT;
CREATE INDEX blob_parts_by_blob ON blob_parts (blob);

CREATE TABLE proofs (
  batch INTEGER PRIMARY KEY REFERENCES seals (batch) ON DELETE CASCADE,
  manifest_id TEXT NOT NULL,
  proof TEXT NOT NULL,               -- JSON as snarkjs writes it
  worker TEXT NOT NULL,
  timings TEXT NOT NULL,             -- JSON
  proven_at INTEGER NOT NULL
) STRICT;

CREATE TABLE finalizations (
  batch INTEGER PRIMARY KEY REFERENCES seals (batch) ON DELETE CASCADE,
  block_number INTEGER NOT NULL,
  block_hash TEXT NOT NULL,
  transaction_hash TEXT NOT NULL
) STRICT;

CREATE TABLE accounts (
  account INTEGER PRIMARY KEY,       -- as of the last sealed batch
  key_hash TEXT NOT NULL,
  token INTEGER NOT NULL,
  nonce INTEGER NOT NULL,
  balance TEXT NOT NULL
) STRICT;
CREATE INDEX accounts_by_key ON accounts (key_hash, token);

CREATE TABLE account_changes (
  batch INTEGER NOT NULL REFERENCES seals (batch) ON DELETE CASCADE,
  account INTEGER NOT NULL,
  nonce INTEGER,                     -- before the batch; NULL if the batch created the account
  balance TEXT,
  PRIMARY KEY (batch, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE ops (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- order of admission
  id TEXT NOT NULL UNIQUE,
  signed TEXT NOT NULL,              -- JSON
  received_at INTEGER NOT NULL,
  batch INTEGER REFERENCES batches (number),  -- NULL: rejected
  position INTEGER,                  -- place among the batch's signed ops
  to_index INTEGER,                  -- account that is paid; NULL for a Withdraw
  to_key_hash TEXT,                  -- its holder when the op was admitted
  rejection TEXT                     -- JSON
) STRICT;
CREATE INDEX ops_by_batch ON ops (batch, seq);

CREATE TABLE transactions (
  place INTEGER PRIMARY KEY AUTOINCREMENT,
  hash TEXT NOT NULL UNIQUE,
  sender TEXT NOT NULL,
  nonce INTEGER NOT NULL,
  raw TEXT NOT NULL,
  purpose TEXT NOT NULL,
  max_fee_per_gas TEXT NOT NULL,
  max_priority_fee_per_gas TEXT NOT NULL,
  gas_limit TEXT NOT NULL,
  saved_at INTEGER NOT NULL
) STRICT;
CREATE INDEX transactions_by_nonce ON transactions (sender, nonce, place)`;
