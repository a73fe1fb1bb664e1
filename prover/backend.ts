import { MillraceError } from '../protocol/error.ts';
import { loadNative } from './native/addon.ts';
import type { Groth16Proof } from './proof.ts';

export interface ProofOutput {
  readonly proof: Groth16Proof;
  /** Canonical decimal strings, as in snarkjs's `public.json`. */
  readonly publicSignals: string[];
}

/** Something that makes Groth16 proofs on BN254. It may keep proving keys loaded between proofs. */
export interface ProofBackend {
  readonly name: BackendName;
  /**
   * Proves. Both files are hostile until checked; neither is changed.
   *
   * @param zkey path of a Groth16 proving key of snarkjs, for any circuit
   * @param wtns path of the circuit's witness in iden3's format, or its bytes
   * @throws {MillraceError} `input` / `bad-witness-file`, `bad-zkey`, `witness-mismatch`; `refused` / `forgeable-key`
   */
  prove(zkey: string, wtns: string | Uint8Array): Promise<ProofOutput>;
  /** Frees what is kept. Waits for the proof in work. */
  close(): Promise<void>;
}

export type BackendName = 'snarkjs' | 'native';
export const BACKEND_CHOICES = ['auto', 'snarkjs', 'native'] as const;
export type BackendChoice = (typeof BACKEND_CHOICES)[number];

/**
 * Opens a backend; `auto` takes the fastest one that this installation has.
 *
 * @throws {MillraceError} `refused` / `backend-missing` when the named one is not there; `refused` / `native-kernel` as
 *   `loadNative`.
 */
export async function selectBackend(choice: BackendChoice): Promise<ProofBackend> {
  // snarkjs takes a third of a second to load.
  const openSnarkjs = async () => new (await import('./backends/snarkjs.ts')).SnarkjsBackend();
  if (choice === 'snarkjs') return openSnarkjs();
  const addon = loadNative();
  if (addon !== undefined) return new (await import('./backends/native.ts')).NativeBackend(addon);
  if (choice === 'auto') return openSnarkjs();
  throw new MillraceError('refused', 'backend-missing', 'This installation has no native prover', {
    fix: 'Install a C++ compiler (Debian: apt-get install g++) and run again; or use --backend snarkjs, or auto.',
  });
}
