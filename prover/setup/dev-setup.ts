import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { MillraceError } from '../../protocol/error.ts';
import { loadNative } from '../native/addon.ts';
import type { SetupBackend } from './backend.ts';
import { NativeSetupBackend } from './native-backend.ts';
import { writePreparedPtau } from './prepared-ptau.ts';
import { readR1csHeader } from './r1cs-header.ts';
import { withSecrets } from './secrets.ts';
import { WasmSetupBackend } from './wasm-backend.ts';
import { writeZkey } from './zkey-writer.ts';

export interface SetupProgress {
  readonly stage: 'constraints' | 'points';
  /** Of `total`; constraints or points. */
  readonly done: number;
  readonly total: number;
}

export interface DevSetupOptions {
  /** The circuit, as circom compiled it for bn128. */
  readonly r1cs: string;
  /** Where the proving key goes. It appears there only when it is complete. */
  readonly zkey: string;
  /** Also writes a prepared powers-of-tau file here, for judging the key with `snarkjs zkey verify`; small circuits only. */
  readonly ptau?: string;
  /** Default: what the machine has. */
  readonly threads?: number;
  /** Default: native where the addon was built, else WASM. */
  readonly backend?: 'native' | 'wasm';
  readonly onProgress?: (progress: SetupProgress) => void;
}

/**
 * Makes a Groth16 proving key for development: straight from the circuit and random secrets that are wiped at the end.
 * Whoever could read this process's memory meanwhile can forge proofs, so such keys are for local chains only.
 *
 * The file is what snarkjs makes by `zkey new` and one `zkey contribute`: gamma is 1 and delta is random. snarkjs
 * accepts it everywhere, `zkey verify` included.
 *
 * @returns which arithmetic was used, and the time it took in ms
 * @throws {MillraceError} `input` / `bad-r1cs`, `circuit-too-large` (for a ptau file); `refused` / `backend-missing`
 */
export async function devSetup(
  options: DevSetupOptions,
): Promise<{ backend: 'native' | 'wasm'; ms: number }> {
  const started = performance.now();
  const layout = await readR1csHeader(options.r1cs);
  const backend = await selectBackend(options);
  const onProgress = options.onProgress ?? (() => undefined);
  try {
    await withSecrets(async (secrets) => {
      await writeWhole(options.zkey, (file) => writeZkey({ file, backend, layout, secrets, onProgress }));
      const { ptau } = options;
      if (ptau === undefined) return;
      await writeWhole(ptau, (file) =>
        writePreparedPtau({ file, backend, secrets, power: layout.domainPower }),
      );
    });
  } finally {
    await backend.close();
  }
  return { backend: backend.name, ms: Math.round(performance.now() - started) };
}

/** Writes under another name first, so that `path` is never half a file. */
async function writeWhole(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, 'w');
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function selectBackend({
  backend,
  threads = availableParallelism(),
}: DevSetupOptions): Promise<SetupBackend> {
  if (backend === 'wasm') return WasmSetupBackend.start(threads);
  const native = loadNative();
  if (native !== undefined) return new NativeSetupBackend(native, threads);
  if (backend === undefined) return WasmSetupBackend.start(threads);
  throw new MillraceError('refused', 'backend-missing', 'This installation has no native addon', {
    fix: 'Install g++ or clang++ and run the bootstrap again, or leave the choice of the backend open.',
  });
}
