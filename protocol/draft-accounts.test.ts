import { expect, test } from 'vitest';
import { DraftAccounts } from './draft-accounts.ts';
import { State } from './state.ts';

test('no credit goes to nobody, or beyond 64 bits', () => {
  const accounts = new DraftAccounts(new State(8));
  const index = accounts.create({ keyHash: 1n, token: 1, nonce: 0, balance: 2n ** 64n - 3n });
  const refused = expect.objectContaining({ kind: 'internal', code: 'balance-overflow' });
  accounts.credit(index, 2n);
  expect(() => accounts.credit(index, 1n)).toThrow(refused);
  expect(accounts.get(index)?.balance).toBe(2n ** 64n - 1n);
  expect(() => accounts.credit(index + 1, 0n)).toThrow(refused);
});
