import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHAPES } from '../protocol/shape.ts';
import type { SealedBatch } from '../protocol/transition.ts';
import { ensureArtifacts } from '../prover/artifacts/ensure-artifacts.ts';
import type { ShapeArtifacts } from '../prover/artifacts/load-artifacts.ts';
import { verifyProof } from '../prover/verify.ts';
import { RandomRollup } from '../test/support/random-batch.ts';
import { type CommandOutcome, runCommand } from '../test/support/run-command.ts';
import { registerProve } from './prove.ts';

let artifacts: ShapeArtifacts;
let batch: SealedBatch;
let folder: string;
const path = (name: string): string => join(folder, name);
const prove = (...args: string[]): Promise<CommandOutcome> => runCommand(registerProve, ['prove', ...args]);

beforeAll(async () => {
  artifacts = await ensureArtifacts('tiny');
  batch = new RandomRollup(1, SHAPES.tiny.depth).nextBatch(SHAPES.tiny, 'full').batch;
  folder = await mkdtemp(join(tmpdir(), 'millrace-prove-'));
  await writeFile(path('batch.json'), JSON.stringify(batch.witness));
}, 600_000);

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('prove', () => {
  it("writes a batch's proof, public signals and calldata", async () => {
    const outcome = await prove('--batch', path('batch.json'), '--out', path('out'));
    expect(outcome).toMatchObject({ exitCode: 0 });
    const read = async (name: string) => JSON.parse(await readFile(join(folder, 'out', name), 'utf8'));
    const [proof, signals, calldata] = await Promise.all(
      ['proof.json', 'public.json', 'calldata.json'].map(read),
    );
    expect(signals).toEqual([batch.c, batch.z, batch.y].map(String));
    expect(await verifyProof(artifacts.vkey, signals, proof)).toBe(true);
    expect(calldata[3].map(BigInt)).toEqual([batch.c, batch.z, batch.y]);
    expect(calldata[1][0].map(BigInt)).toEqual([proof.pi_b[0][1], proof.pi_b[0][0]].map(BigInt));
  });

  it('names the signal and the op that the circuit refuses', async () => {
    const opS = [...batch.witness.opS];
    opS[0] = '1';
    await writeFile(path('forged.json'), JSON.stringify({ ...batch.witness, opS }));
    const { exitCode, stderr } = await prove('--batch', path('forged.json'), '--out', path('none'));
    expect(exitCode).toBe(2);
    expect(stderr).toContain('witness-failed');
    expect(stderr).toContain('signal opS[0], L2 op 0');
    expect(stderr).toMatch(/in template \w+, line \d+/);
  });

  it('ends with 2 for what is no batch', async () => {
    await writeFile(path('text.json'), 'not json');
    await writeFile(path('odd.json'), '{"opType":["1"]}');
    await writeFile(path('negative.json'), '{"opType":["-1"]}');
    const cases = {
      'absent.json': 'unreadable-file',
      'text.json': 'input-corrupt',
      'odd.json': 'unknown-shape',
      'negative.json': 'input-corrupt',
    };
    for (const [file, code] of Object.entries(cases)) {
      const outcome = await prove('--batch', path(file), '--out', path('none'));
      expect(outcome).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(code) });
    }
    const named = await prove('--batch', path('odd.json'), '--out', path('none'), '--shape', 'tiny');
    expect(named).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('wrong-signals') });
  });
});
