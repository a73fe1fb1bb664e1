import { expect, test } from 'vitest';
import { contractArtifact } from './contract-artifacts.ts';

test('a contract that was not compiled is told of, with what makes it', () => {
  expect(() => contractArtifact('Nowhere')).toThrow(
    expect.objectContaining({
      kind: 'refused',
      code: 'contracts-not-built',
      details: expect.objectContaining({ reason: expect.stringContaining('Nowhere.sol/Nowhere.json') }),
      fix: expect.stringContaining('hardhat build'),
    }),
  );
  expect(contractArtifact('Millrace').interface.getFunction('state')).not.toBeNull();
});
