import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { SetupSecrets } from '../native/addon.ts';
import { packScalars } from './little-endian.ts';
import { MAX_PTAU_POWER, writePreparedPtau } from './prepared-ptau.ts';
import { WasmSetupBackend } from './wasm-backend.ts';

it('is not written for large circuits', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-ptau-'));
  const path = join(folder, 'large.ptau');
  const file = await open(path, 'w');
  const backend = await WasmSetupBackend.start(1);
  const [tau, alpha, beta, delta] = [2n, 3n, 5n, 7n].map((value) => packScalars([value]));
  const secrets = { tau, alpha, beta, delta } as SetupSecrets;
  const job = { file, backend, secrets, power: MAX_PTAU_POWER + 1 };
  try {
    await expect(writePreparedPtau(job)).rejects.toMatchObject({
      kind: 'input',
      code: 'circuit-too-large',
      details: { rows: 2 ** 15, most: 2 ** 14 },
    });
    expect((await stat(path)).size).toBe(0);
  } finally {
    await backend.close();
    await file.close();
    await rm(folder, { recursive: true });
  }
});
