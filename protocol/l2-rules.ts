import { type Account, NONCE_LIMIT } from './account.ts';
import { checkBits } from './bits.ts';
import type { DraftAccounts } from './draft-accounts.ts';
import { MillraceError } from './error.ts';
import { decodeFee } from './fee.ts';
import { keyHash, verifySignature } from './keys.ts';
import { type SignedOp, signingMessage } from './ops.ts';

/**
 * The conditions on the paying account of a signed op (docs/protocol.md, section 2.1).
 * @param account the one at `op.from`, if it exists
 * @param checkSignature false if this signature is known to be right: it is most of the work
 * @returns the account
 * @throws {MillraceError} `input/bad-field`; `refused` with `unknown-account`, `key-mismatch`, `token-mismatch`,
 *   `nonce-exhausted`, `bad-nonce`, `insufficient-balance` or `bad-signature`
 */
export function checkPayer(
  signed: SignedOp,
  account: Account | undefined,
  domain: bigint,
  checkSignature: boolean,
): Account {
  const { op, publicKey, signature } = signed;
  const message = signingMessage(op, domain);
  const from = checkSigner(signed, account);
  const refuse = (code: string, text: string, expected: unknown, found: unknown, fix: string): never => {
    throw refusal(
      code,
      `Account ${op.from}: ${text}`,
      { account: op.from, expected: String(expected), found: String(found) },
      fix,
    );
  };
  if (from.token !== op.token) {
    refuse(
      'token-mismatch',
      'the account is of another token',
      from.token,
      op.token,
      'Pay from the account of this token.',
    );
  }
  if (from.nonce >= NONCE_LIMIT) {
    refuse(
      'nonce-exhausted',
      'it can sign no more',
      `nonce below ${NONCE_LIMIT}`,
      from.nonce,
      'Take the balance out with a forced exit on L1.',
    );
  }
  if (from.nonce !== op.nonce) throw badNonce(signed, from.nonce);
  const cost = op.amount + decodeFee(op.feeCode);
  if (from.balance < cost) {
    refuse(
      'insufficient-balance',
      'amount and fee are above the balance',
      `at most ${from.balance}`,
      cost,
      'Pay less, or deposit first.',
    );
  }
  if (checkSignature && !verifySignature(publicKey, signature, message)) {
    refuse(
      'bad-signature',
      'the signature is not of this op',
      `a signature of message ${message}`,
      'another or none',
      'Sign this op for this rollup and chain (docs/protocol.md, section 2.1).',
    );
  }
  return from;
}

/**
 * That the signer is who holds the paying account; says nothing of the signature.
 * @param account the one at `op.from`, if it exists
 * @returns the account
 * @throws {MillraceError} `input/bad-field`; `refused` with `unknown-account` or `key-mismatch`
 */
export function checkSigner({ op, publicKey, owner }: SignedOp, account: Account | undefined): Account {
  checkBits('owner', owner, 160);
  if (account === undefined) throw unknownAccount('from', op.from);
  const signer = keyHash(publicKey, owner);
  if (account.keyHash === signer) return account;
  throw refusal(
    'key-mismatch',
    `Account ${op.from}: the signer's key and owner are not the account's`,
    { account: op.from, expected: String(account.keyHash), found: String(signer) },
    'Sign with the key of this account, or name the account of this key.',
  );
}

/** `refused/bad-nonce` of an op whose account has another nonce. */
export function badNonce({ op }: SignedOp, expected: number): MillraceError {
  return refusal(
    'bad-nonce',
    `Account ${op.from}: this is not the account's nonce`,
    { account: op.from, expected: String(expected), found: String(op.nonce) },
    'Sign again with the expected nonce.',
  );
}

/**
 * The account that a Transfer pays.
 * @throws {MillraceError} `refused` with `unknown-account` or `token-mismatch`
 */
export function checkPayee(index: number, to: Account | undefined, token: number): void {
  if (to === undefined) throw unknownAccount('to', index);
  if (to.token !== token) {
    throw refusal(
      'token-mismatch',
      `Account ${index}: the receiving account is of another token`,
      { account: index, expected: String(token), found: String(to.token) },
      'Pay to an account of the same token, or use TransferToNew.',
    );
  }
}

/**
 * A key that is to get its first account of a token.
 * @throws {MillraceError} `refused` with `account-exists` or `tree-full`
 */
export function checkNew(toKeyHash: bigint, token: number, accounts: DraftAccounts): void {
  const existing = accounts.find(toKeyHash, token);
  if (existing !== undefined) {
    throw refusal(
      'account-exists',
      `This key has account ${existing} of token ${token} already`,
      { account: existing, expected: 'no account of this key and token', found: existing },
      `Send a Transfer to account ${existing}.`,
    );
  }
  if (accounts.isFull) {
    throw refusal(
      'tree-full',
      'The state has no room for another account',
      { expected: 'fewer accounts than the tree has leaves', found: accounts.accountCount },
      'Pay to an account that exists.',
    );
  }
}

/** The account after it has paid `cost` units and its nonce has risen. */
export function pay(from: Account, cost: bigint): Account {
  return { ...from, nonce: from.nonce + 1, balance: from.balance - cost };
}

/** An op that does not apply in this state. */
export function refusal(
  code: string,
  message: string,
  details: Readonly<Record<string, unknown>>,
  fix: string,
): MillraceError {
  return new MillraceError('refused', code, message, { details, fix });
}

function unknownAccount(field: 'from' | 'to', index: number): MillraceError {
  return refusal(
    'unknown-account',
    `Account ${index} does not exist`,
    { field, account: index, expected: 'an account of the state', found: 'none' },
    'Wait for the deposit or transfer that creates it, or name another account.',
  );
}
