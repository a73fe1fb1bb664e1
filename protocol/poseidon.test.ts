import { buildPoseidonReference } from 'circomlibjs';
import { describe, expect, test } from 'vitest';
import { Random } from '../scripts/random.ts';
import { FIELD } from './field.ts';
import { MAX_INPUTS, poseidon } from './poseidon.ts';

describe('poseidon', async () => {
  const reference = await buildPoseidonReference();

  test('gives the published value for (1, 2)', () => {
    expect(poseidon([1n, 2n])).toBe(
      7853200120776062878684798364095072458815029376092732009249414926327459813530n,
    );
  });

  test.each(Array.from({ length: MAX_INPUTS }, (_, i) => i + 1))(
    'equals the reference for %d inputs',
    (n) => {
      const random = new Random(n);
      const extremes = Array.from({ length: n }, (_, i) => (i % 2 === 0 ? FIELD - 1n : 0n));
      for (const inputs of [extremes, extremes.map(() => random.bits(256) % FIELD)]) {
        expect(poseidon(inputs)).toBe(reference.F.toObject(reference(inputs)));
      }
    },
  );

  test.each([
    ['no input', []],
    ['17 inputs', Array<bigint>(17).fill(0n)],
    ['a value of r', [FIELD]],
    ['a negative value', [-1n]],
  ])('refuses %s', (_, inputs) => {
    expect(() => poseidon(inputs)).toThrow(expect.objectContaining({ code: 'bad-poseidon-input' }));
  });
});
