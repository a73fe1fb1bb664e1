import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ToyFiles, toyCircuit, toyInput } from '../test/support/toy-circuit.ts';
import type { ChildRequest } from './child-protocol.ts';
import { componentLogger } from './log.ts';
import { verificationKeySchema } from './proof.ts';
import { ProverChild } from './prover-child.ts';
import { packInput } from './witness-input.ts';

const NODE = process.execPath;
const logger = componentLogger('test');
logger.level = 'silent';
const options = { timeoutMs: 60_000, signal: new AbortController().signal };

let toy: ToyFiles;
let request: ChildRequest;
let child: ProverChild;

beforeAll(async () => {
  toy = await toyCircuit();
  const { bytes, hash } = await packInput(toyInput(5n).input);
  const vkey = verificationKeySchema.parse(toy.vkey);
  const { wasm, zkey } = toy;
  request = { shape: 'toy', input: bytes, inputHash: hash, wasm, zkey, vkey, backend: 'snarkjs' };
}, 60_000);

beforeEach(() => {
  child = new ProverChild(logger);
});

afterEach(() => child.kill());

describe('ProverChild', () => {
  it('makes one proof at a time', async () => {
    const first = child.request(request, options);
    await expect(child.request(request, options)).rejects.toMatchObject({
      kind: 'internal',
      code: 'prover-busy',
    });
    expect(await first).toMatchObject({ kind: 'proof', publicSignals: toyInput(5n).publicSignals });
    expect(await child.request(request, options)).toMatchObject({ kind: 'proof' });
  });

  it('is killed when its proof is given up, and the next one forks another', async () => {
    const given = new AbortController();
    const proof = child.request(request, { ...options, signal: given.signal });
    const { pid } = child;
    given.abort();
    await expect(proof).rejects.toMatchObject({ kind: 'internal', code: 'prover-aborted' });
    expect(child.pid).toBeUndefined();
    expect(await child.request(request, options)).toMatchObject({ kind: 'proof' });
    expect(child.pid).not.toBe(pid);
  });

  it('is killed when it answers something else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-garbler-'));
    const garbler = join(folder, 'node');
    await writeFile(garbler, `#!${NODE}\nprocess.on('message', () => process.send({ kind: 'praise' }));\n`);
    await chmod(garbler, 0o755);
    try {
      process.execPath = garbler;
      await expect(child.request(request, options)).rejects.toMatchObject({
        kind: 'internal',
        code: 'prover-garbled',
      });
      expect(child.pid).toBeUndefined();
    } finally {
      process.execPath = NODE;
      await rm(folder, { recursive: true });
    }
  });
});
