import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeTestCircuit, type TestCircuit } from '../native/test-circuit.ts';
import { SnarkjsBackend } from './snarkjs.ts';

const COEFFICIENT_SECTION = 4;
const HEADER_BYTES = 12;
let folder: string;
let circuit: TestCircuit;
const backend = new SnarkjsBackend();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-snarkjs-'));
  circuit = await makeTestCircuit(folder, 'circuit', { publicWires: 2, privateWires: 10 });
});

afterAll(async () => {
  await backend.close();
  await rm(folder, { recursive: true });
});

/** Place of a section's payload. */
function payloadOf(zkey: Buffer, section: number): number {
  let at = HEADER_BYTES;
  while (zkey.readUInt32LE(at) !== section) at += HEADER_BYTES + Number(zkey.readBigUInt64LE(at + 4));
  return at + HEADER_BYTES;
}

it('says that snarkjs cannot prove with a coefficient of a matrix that does not exist, and goes on', async () => {
  const bytes = await readFile(circuit.zkey);
  bytes.writeUInt32LE(7, payloadOf(bytes, COEFFICIENT_SECTION) + 4);
  const altered = join(folder, 'altered.zkey');
  await writeFile(altered, bytes);
  const refused = backend.prove(altered, circuit.wtns);
  const proven = backend.prove(circuit.zkey, circuit.wtns);
  await expect(refused).rejects.toMatchObject({
    kind: 'internal',
    code: 'prover-failed',
    details: { zkey: altered },
    fix: expect.stringContaining('snarkjs zkey verify'),
  });
  expect((await proven).publicSignals).toEqual(circuit.publicSignals);
});
