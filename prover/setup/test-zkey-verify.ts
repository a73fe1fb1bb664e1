import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** What `snarkjs zkey verify` prints; in a process of its own, because it leaves files open. */
export async function zkeyVerify(r1cs: string, ptau: string, zkey: string): Promise<string> {
  const cli = join(dirname(require.resolve('snarkjs')), 'cli.cjs');
  const { stdout } = await run(process.execPath, [cli, 'zkey', 'verify', r1cs, ptau, zkey]);
  return stdout;
}
