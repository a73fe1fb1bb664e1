import { describe, expect, it } from 'vitest';
import { MillraceError } from '../protocol/error.ts';
import { explainWitnessError } from './witness-diagnosis.ts';

const failed = new MillraceError('input', 'witness-failed', 'The circuit refuses this input', {
  details: { stack: [{ template: 'Batch', line: 3 }] },
});

describe('explainWitnessError', () => {
  it('adds the broken rule to what the circuit said', () => {
    expect(explainWitnessError(failed, { C: '1', bogus: '2' }, 'tiny')).toMatchObject({
      code: 'witness-failed',
      message: expect.stringContaining('signal '),
      details: { stack: [{ template: 'Batch', line: 3 }], diagnosis: { rule: expect.any(String) } },
    });
  });

  it('leaves other circuits and other errors alone', () => {
    expect(explainWitnessError(failed, {}, 'toy')).toBe(failed);
    const other = new MillraceError('input', 'bad-witness-wasm', 'no');
    expect(explainWitnessError(other, {}, 'tiny')).toBe(other);
    const foreign = new Error('no');
    expect(explainWitnessError(foreign, {}, 'tiny')).toBe(foreign);
  });
});
