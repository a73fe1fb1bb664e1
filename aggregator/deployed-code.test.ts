import { getBytes, hexlify } from 'ethers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codeDifference, wordsOf } from './deployed-code.ts';

const WORDS = [`0x${'11'.repeat(32)}`, `0x${'22'.repeat(32)}`];
/** Two immutables, of which the first has two places. */
const COMPILED = {
  deployedBytecode: `0x6001${'00'.repeat(32)}6002${'00'.repeat(32)}6003${'00'.repeat(32)}f3`,
  immutables: [
    [
      { start: 2, length: 32 },
      { start: 70, length: 32 },
    ],
    [{ start: 36, length: 32 }],
  ],
};
const code = (first: string, second: string, third: string): string =>
  `0x6001${first.slice(2)}6002${second.slice(2)}6003${third.slice(2)}f3`;
const DEPLOYED = code(WORDS[0]!, WORDS[1]!, WORDS[0]!);

test('finds no difference where the constructor put what it was given', () => {
  expect(codeDifference(COMPILED, DEPLOYED, WORDS)).toBeUndefined();
  expect(codeDifference(COMPILED, DEPLOYED, [...WORDS].reverse())).toBeUndefined();
});

test('finds every changed byte', () => {
  const bytes = getBytes(DEPLOYED);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
      const changed = Uint8Array.from(bytes);
      changed[place]! ^= change;
      expect(codeDifference(COMPILED, hexlify(changed), WORDS)).toBeDefined();
    }),
  );
});

test.each([
  ['no code', '0x', WORDS, 'no contract'],
  ['more code', `${DEPLOYED}00`, WORDS, '104 bytes of code, expected 103'],
  ['another instruction', DEPLOYED.replace('6002', '6004'), WORDS, 'byte 35 is 0x04, expected 0x02'],
  ['an immutable of two values', code(WORDS[0]!, WORDS[1]!, WORDS[1]!), WORDS, 'byte 70: one immutable'],
  ['another value', DEPLOYED, [WORDS[0]!, `0x${'33'.repeat(32)}`], 'not one that the deployment gave'],
  ['a value too many', DEPLOYED, [...WORDS, `0x${'33'.repeat(32)}`], 'not one that the deployment gave'],
])('tells of %s', (_, found, immutables, text) => {
  expect(codeDifference(COMPILED, found, immutables)).toContain(text);
});

test('words of an encoding', () => {
  expect(wordsOf(`${WORDS[0]}${WORDS[1]!.slice(2)}`)).toEqual(WORDS);
});
