import { expect, it } from 'vitest';
import { isNewEnough, isOnPath } from './toolchain.mjs';

it.each([
  ['18.19.0', false],
  ['20.20.2', false],
  ['24.2.0', false],
  ['24.3.0', true],
  ['25.0.0', true],
])('Node %s runs Millrace: %s', (version, expected) => {
  expect(isNewEnough(version)).toBe(expected);
});

it('tells programs that are on PATH', () => {
  expect(isOnPath('node')).toBe(true);
  expect(isOnPath('no-such-program')).toBe(false);
});
