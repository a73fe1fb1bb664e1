import { Worker } from 'node:worker_threads';
import { MillraceError } from '../../protocol/error.ts';
import { bn254 } from '../curve.ts';
import type { CircuitLayout, Group, QapScalars, SetupSecrets } from '../native/addon.ts';
import { type FixedBase, POINT_BYTES, SCALAR_BYTES, type SetupBackend } from './backend.ts';
import type { WasmCurveCode } from './wasm-curve.ts';
import type { WasmReply, WasmTask } from './wasm-worker.ts';

/**
 * The setup's arithmetic in WASM, for machines without a C++ compiler: several times slower than native, so for the
 * smaller circuits. Secrets pass through garbage-collected memory that cannot be wiped; the threads end in `close`.
 */
export class WasmSetupBackend implements SetupBackend {
  readonly name = 'wasm';
  readonly #threads: readonly Thread[];

  private constructor(threads: readonly Thread[]) {
    this.#threads = threads;
  }

  static async start(threads: number): Promise<WasmSetupBackend> {
    // Got here, because a worker cannot import ffjavascript: its worker shim takes the thread for one of its own.
    const { tm, G1, G2 } = await bn254();
    const code = {
      module: await WebAssembly.compile(tm.code),
      generators: { 1: G1.toAffine(G1.g), 2: G2.toAffine(G2.g) },
    };
    return new WasmSetupBackend(Array.from({ length: threads }, () => new Thread(code)));
  }

  async fixedBase(group: Group, expectedScalars: number): Promise<FixedBase> {
    const perThread = Math.ceil(expectedScalars / this.#threads.length);
    await Promise.all(
      this.#threads.map((thread) => thread.bytes({ kind: 'table', group, expectedScalars: perThread })),
    );
    return {
      multiply: (scalars) =>
        this.#split(scalars, SCALAR_BYTES, (part) => ({ kind: 'multiply', group, scalars: part })),
    };
  }

  toBigEndian(group: Group, points: Uint8Array): Promise<Uint8Array> {
    return this.#split(points, POINT_BYTES[group], (part) => ({ kind: 'toBigEndian', group, points: part }));
  }

  async evaluateQap(
    layout: CircuitLayout,
    secrets: SetupSecrets,
    fd: number,
    position: number,
  ): Promise<QapScalars> {
    const [thread] = this.#threads;
    const result = await thread?.run({ kind: 'qap', layout, secrets, fd, position });
    if (result === undefined || result instanceof Uint8Array) throw lost('answered with something else');
    return result;
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  /** Gives each thread a run of whole records and joins the answers. */
  async #split(bytes: Uint8Array, record: number, task: (part: Uint8Array) => WasmTask): Promise<Uint8Array> {
    const share = record * Math.ceil(bytes.length / record / this.#threads.length);
    const parts = this.#threads.map((thread, i) =>
      thread.bytes(task(bytes.slice(share * i, share * (i + 1)))),
    );
    return Buffer.concat(await Promise.all(parts));
  }
}

interface Waiting {
  resolve(result: Uint8Array | QapScalars): void;
  reject(error: Error): void;
}

/** A worker thread and the requests that it has not answered. */
class Thread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;

  constructor(code: WasmCurveCode) {
    this.#worker = new Worker(new URL('./wasm-worker.ts', import.meta.url), { workerData: code });
    this.#worker.on('message', (reply: WasmReply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if (reply.result !== undefined) waiting?.resolve(reply.result);
      else waiting?.reject(rebuild(reply.error));
    });
    this.#worker.on('error', (error) => this.#fail(lost(error.message)));
    this.#worker.on('exit', () => this.#fail(lost('a thread ended')));
  }

  run(task: WasmTask): Promise<Uint8Array | QapScalars> {
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, task });
    });
  }

  async bytes(task: WasmTask): Promise<Uint8Array> {
    const result = await this.run(task);
    if (result instanceof Uint8Array) return result;
    throw lost('answered with something else');
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}

function rebuild(error: WasmReply['error']): MillraceError {
  if (error === undefined) return lost('gave an empty answer');
  const { kind, code, message, details, fix } = error;
  return new MillraceError(kind, code, message, {
    details: { ...details },
    ...(fix === undefined ? {} : { fix }),
  });
}

function lost(reason: string): MillraceError {
  return new MillraceError('internal', 'setup-failed', `The WASM setup failed: ${reason}`, {
    fix: 'Check free memory and run the setup again; a C++ compiler makes it faster and leaner.',
  });
}
