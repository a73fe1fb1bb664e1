import fc from 'fast-check';
import { expect, test } from 'vitest';
import { piecesOf, TRANSACTIONS_AT_ONCE } from './log-pieces.ts';

/** Blocks, each with the number of logs of each of its transactions. */
const blocks = fc.array(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 50 }), {
  maxLength: 60,
});

test('all logs are there, in order; blocks are whole; there are few transactions in each', () => {
  fc.assert(
    fc.property(blocks, (counts) => {
      const logs = counts.flatMap((transactions, blockNumber) =>
        transactions.flatMap((logs, i) =>
          Array.from({ length: logs }, () => ({ blockNumber, transactionHash: `${blockNumber}-${i}` })),
        ),
      );
      const pieces = piecesOf(logs);
      expect(pieces.flat()).toEqual(logs);
      const numbers = pieces.map((piece) => new Set(piece.map(({ blockNumber }) => blockNumber)));
      expect(numbers.reduce((sum, { size }) => sum + size, 0)).toBe(counts.length);
      pieces.forEach((piece, i) => {
        const { size } = new Set(piece.map(({ transactionHash }) => transactionHash));
        expect(size <= TRANSACTIONS_AT_ONCE || numbers[i]!.size === 1).toBe(true);
        // A piece ends because the next block does not fit.
        if (i + 1 < pieces.length)
          expect(size + counts[Math.min(...numbers[i + 1]!)]!.length).toBeGreaterThan(TRANSACTIONS_AT_ONCE);
      });
    }),
  );
});

test('no logs are one piece', () => {
  expect(piecesOf([])).toEqual([[]]);
});
