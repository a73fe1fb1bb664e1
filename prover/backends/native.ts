import { readFile, stat } from 'node:fs/promises';
import { MillraceError } from '../../protocol/error.ts';
import type { ProofBackend, ProofOutput } from '../backend.ts';
import type { NativeAddon } from '../native/addon.ts';
import { NativeProver } from '../native/native-prover.ts';
import { proverThreads } from '../threads.ts';

interface OpenKey {
  /** What tells whether the file is still the one that was opened. */
  readonly identity: string;
  readonly prover: Promise<NativeProver>;
}

/** The C++ prover. Every proving key stays opened until the backend is closed or the key's file is another one. */
export class NativeBackend implements ProofBackend {
  readonly name = 'native';
  readonly #addon: NativeAddon;
  readonly #threads: number;
  readonly #keys = new Map<string, OpenKey>();
  readonly #inWork = new Set<Promise<unknown>>();

  constructor(addon: NativeAddon, threads: number = proverThreads()) {
    this.#addon = addon;
    this.#threads = threads;
  }

  prove(zkey: string, wtns: string | Uint8Array): Promise<ProofOutput> {
    const proof = this.#prove(zkey, wtns);
    const ended = proof.catch(() => undefined).finally(() => this.#inWork.delete(ended));
    this.#inWork.add(ended);
    return proof;
  }

  async close(): Promise<void> {
    await Promise.all(this.#inWork);
    for (const zkey of this.#keys.keys()) await this.#drop(zkey);
  }

  async #prove(zkey: string, wtns: string | Uint8Array): Promise<ProofOutput> {
    const bytes = typeof wtns === 'string' ? await readWitness(wtns) : wtns;
    const prover = await this.#open(zkey);
    return prover.prove(bytes);
  }

  async #open(zkey: string): Promise<NativeProver> {
    const identity = await fileIdentity(zkey);
    const known = this.#keys.get(zkey);
    if (known?.identity === identity) return known.prover;
    if (known !== undefined) await this.#drop(zkey);
    const prover = NativeProver.open(this.#addon, zkey, this.#threads);
    this.#keys.set(zkey, { identity, prover });
    try {
      return await prover;
    } catch (error) {
      if (this.#keys.get(zkey)?.prover === prover) this.#keys.delete(zkey);
      throw error;
    }
  }

  async #drop(zkey: string): Promise<void> {
    const key = this.#keys.get(zkey);
    this.#keys.delete(zkey);
    const prover = await key?.prover.catch(() => undefined);
    prover?.close();
  }
}

async function fileIdentity(zkey: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs } = await stat(zkey, { bigint: true });
    return [dev, ino, size, mtimeNs].join(':');
  } catch (cause) {
    throw new MillraceError('input', 'bad-zkey', 'The proving key cannot be opened', {
      details: { file: zkey, reason: cause instanceof Error ? cause.message : String(cause) },
      fix: 'Pass the path of a proving key of snarkjs.',
    });
  }
}

async function readWitness(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new MillraceError('input', 'bad-witness-file', 'The witness cannot be read', {
      details: { file: path, reason: cause instanceof Error ? cause.message : String(cause) },
      fix: 'Pass the path of a witness file.',
    });
  }
}
