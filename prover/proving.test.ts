import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ToyFiles, toyCircuit, toyInput } from '../test/support/toy-circuit.ts';
import type { VerifiedProof } from './dispatcher.ts';
import { componentLogger } from './log.ts';
import { parseProofFile, verificationKeySchema } from './proof.ts';
import { type Proving, type ProvingShape, startProving } from './proving.ts';

const WAIT = { timeout: 60_000, interval: 20 };
const logger = componentLogger('test');
logger.level = 'silent';

let toy: ToyFiles;
let shapes: ReadonlyMap<string, ProvingShape>;
let proving: Proving;

beforeAll(async () => {
  vi.stubEnv('MILLRACE_LOG_LEVEL', 'silent'); // for the worker processes
  toy = await toyCircuit();
  const vkey = parseProofFile(verificationKeySchema, 'verification key', toy.vkey);
  shapes = new Map([['toy', { manifestId: 'm1', wasm: toy.wasm, zkey: toy.zkey, vkey }]]);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await proving.stop();
});

async function provesABatch(): Promise<void> {
  const proofs: VerifiedProof[] = [];
  proving.dispatcher.on('proof', (proof) => proofs.push(proof));
  const { input, publicSignals } = toyInput(5n);
  await proving.dispatcher.submit({ batch: 1, shape: 'toy', witness: input, publicSignals });
  await vi.waitUntil(() => proofs.length > 0, WAIT);
  expect(proofs[0]?.publicSignals).toEqual(publicSignals);
}

describe('startProving', () => {
  it('runs worker processes on a private Redis', async () => {
    proving = await startProving({ shapes, workers: 1, backend: 'snarkjs', logger });
    expect(proving.transport).toBe('private-redis');
    expect(proving.workerPids()).toHaveLength(1);
    await provesABatch();
  });

  it('works inside this process where there is no redis-server', async () => {
    vi.stubEnv('PATH', '/nonexistent');
    proving = await startProving({ shapes, workers: 2, backend: 'snarkjs', logger });
    expect(proving.transport).toBe('embedded');
    await provesABatch();
  });
});
