import type { Group } from '../native/addon.ts';

const PAGE_BYTES = 1 << 16;
/** What ffjavascript gives the module at first: its constants, and scratch memory that its functions take from. */
const INITIAL_PAGES = 25;
/** Of {@link WasmCurve.scratch}. */
export const SCRATCH_BYTES = 1 << 18;

/** What a thread needs to run ffjavascript's curve code; it can be posted to a worker. */
export interface WasmCurveCode {
  readonly module: WebAssembly.Module;
  /** Affine, in the layout of files. */
  readonly generators: Readonly<Record<Group, Uint8Array>>;
}

/** The standard names, which TypeScript has only with a browser's library. */
interface PagedMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
const Memory = WebAssembly.Memory as unknown as new (options: { initial: number }) => PagedMemory;
const Instance = WebAssembly.Instance as unknown as new (
  module: WebAssembly.Module,
  imports: { env: { memory: PagedMemory } },
) => { readonly exports: Readonly<Record<string, unknown>> };

/** An instance of ffjavascript's WASM curve code (`g1m_*` and `g2m_*` of wasmcurves) with memory of its own. */
export class WasmCurve {
  readonly generators: WasmCurveCode['generators'];
  /** A place for passing data, {@link SCRATCH_BYTES} long. */
  readonly scratch: number;
  readonly #memory = new Memory({ initial: INITIAL_PAGES });
  readonly #instance: InstanceType<typeof Instance>;

  constructor(code: WasmCurveCode) {
    this.generators = code.generators;
    this.#instance = new Instance(code.module, { env: { memory: this.#memory } });
    this.scratch = this.allocate(SCRATCH_BYTES);
  }

  /** Fresh pages at the end of the memory, which the curve code does not touch by itself. */
  allocate(bytes: number): number {
    return PAGE_BYTES * this.#memory.grow(Math.ceil(bytes / PAGE_BYTES));
  }

  set(pointer: number, bytes: Uint8Array): void {
    new Uint8Array(this.#memory.buffer).set(bytes, pointer);
  }

  /** A view, valid until the next call. */
  get(pointer: number, bytes: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, pointer, bytes);
  }

  call(name: string, ...values: number[]): void {
    const operation = this.#instance.exports[name];
    if (typeof operation !== 'function') throw new Error(`the curve code has no ${name}`);
    operation(...values);
  }
}
