import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Account } from '../../protocol/account.ts';
import { FIELD } from '../../protocol/field.ts';
import type { Sequencer } from '../sequencer.ts';
import type { Store } from '../store.ts';
import { notFound, numberInPath, parseRequest } from './errors.ts';

const indexInPath = z.object({ index: numberInPath });
const query = z.strictObject({
  keyHash: z
    .string()
    .regex(/^\d{1,78}$/, 'expected a decimal integer')
    .transform(BigInt)
    .refine((value) => value < FIELD, 'expected a field element'),
  token: numberInPath.optional(),
});

/** Accounts as all admitted ops leave them, and as of the last sealed batch. */
export function accountRoutes(
  app: FastifyInstance,
  { sequencer, store }: { sequencer: Sequencer; store: Store },
): void {
  const accountJson = (index: number, account: Account) => {
    const sealed = sequencer.sealedAccount(index);
    return {
      index,
      keyHash: String(account.keyHash),
      token: account.token,
      /** What the next op has to carry. */
      nonce: account.nonce,
      balance: String(account.balance),
      sealed: sealed === undefined ? null : { nonce: sealed.nonce, balance: String(sealed.balance) },
    };
  };

  app.get('/v1/accounts/:index', async (request) => {
    const { index } = parseRequest(indexInPath, request.params);
    const account = sequencer.account(index);
    if (account === undefined) {
      throw notFound(`account ${index}`, 'Wait for the deposit or transfer that creates it.');
    }
    return accountJson(index, account);
  });

  app.get('/v1/accounts', async (request) => {
    const { keyHash, token } = parseRequest(query, request.query);
    const indexes = [...store.accounts.ofHolder(keyHash), ...sequencer.createdFor(keyHash)].map(
      ([index]) => index,
    );
    const accounts = indexes.flatMap((index) => {
      const account = sequencer.account(index);
      return account === undefined || (token !== undefined && account.token !== token)
        ? []
        : [accountJson(index, account)];
    });
    return { accounts };
  });
}
