import { MillraceError } from '../../protocol/error.ts';
import { FIELD, invert, reduce } from '../../protocol/field.ts';

/** A signal, or an array of them, at the border of a template; or a bus's field. */
export interface FieldDefinition {
  readonly offset: number;
  /** Sizes of the dimensions after the first. */
  readonly lengths: readonly number[];
  /** Of one element. */
  readonly size: number;
  readonly busId: number;
}

interface BorderDefinitions {
  readonly defs: readonly FieldDefinition[];
}

/** What circom writes with `--c`: the code and the data beside it. */
export interface CircuitText {
  readonly code: string;
  /** Name of each template instance, by its id. */
  readonly templates: readonly string[];
  /** For each function with a body: where its opening brace is in the code. */
  readonly functions: ReadonlyMap<string, number>;
  readonly constants: readonly bigint[];
  /** By template id; only of templates that stand beside others in one array. */
  readonly borders: ReadonlyMap<number, BorderDefinitions>;
  readonly buses: readonly BorderDefinitions[];
  /** Id of the main component's template. */
  readonly main: number;
  /** Signals in all, the constant 1 included. */
  readonly signals: number;
  /** Place of the first input signal of the main component, and their number. */
  readonly firstInput: number;
  readonly inputs: number;
}

const HASH_ENTRY_BYTES = 24;
const WITNESS_ENTRY_BYTES = 8;
const ELEMENT_BYTES = 40;
/** 2^-256 mod r: constants are in Montgomery form. */
const MONTGOMERY_INVERSE = invert(reduce(1n << 256n));

/**
 * Reads circom 2's C++ output for BN254.
 *
 * @param code text of the `.cpp` file
 * @param data the `.dat` file
 * @throws {MillraceError} `internal` / `unknown-circom-output`
 */
export function readCircuitText(code: string, data: Buffer): CircuitText {
  const size = (name: string): number => {
    const match = new RegExp(`^uint get_${name}\\(\\) \\{return (\\d+);\\}`, 'm').exec(code);
    if (match === null) throw unknown(`no ${name}`);
    return Number(match[1]);
  };
  const functions = new Map<string, number>();
  for (const match of code.matchAll(/^void (\w+)\([^)]*\)\s*\{/gm)) {
    functions.set(match[1] ?? '', match.index + match[0].length - 1);
  }
  const table = /_functionTable\[\d+\] = \{([^}]*)\}/.exec(code)?.[1] ?? '';
  const templates = table.split(',').map((entry) => entry.trim().replace(/_run$/, ''));
  const mainName = /^void run\(Circom_CalcWit\* ctx\)\{\s*(\w+)_create\(1,0,ctx,"main",0\);/m.exec(code)?.[1];
  const main = templates.indexOf(mainName ?? '');
  if (main < 0) throw unknown('no main component');

  const reader = new DataReader(data);
  reader.skip(size('size_of_input_hashmap') * HASH_ENTRY_BYTES);
  reader.skip(size('size_of_witness') * WITNESS_ENTRY_BYTES);
  const constants = Array.from({ length: size('size_of_constants') }, () => reader.element());
  const ids = Array.from({ length: size('size_of_io_map') }, () => reader.word());
  const borders = new Map(ids.map((id) => [id, { defs: reader.definitions() }]));
  const busCount = ids.length > 0 ? size('size_of_bus_field_map') : 0;
  const buses = Array.from({ length: busCount }, () => ({ defs: reader.definitions() }));
  reader.end();
  return {
    code,
    templates,
    functions,
    constants,
    borders,
    buses,
    main,
    signals: size('total_signal_no'),
    firstInput: size('main_input_signal_start'),
    inputs: size('main_input_signal_no'),
  };
}

/** Reads the little-endian data file. */
class DataReader {
  readonly #data: Buffer;
  #position = 0;

  constructor(data: Buffer) {
    this.#data = data;
  }

  skip(bytes: number): void {
    this.#take(bytes);
  }

  word(): number {
    return this.#data.readUInt32LE(this.#take(4));
  }

  /** A field element: 8 bytes of a short form, then the Montgomery form, which is always there. */
  element(): bigint {
    const at = this.#take(ELEMENT_BYTES) + 8;
    const hex = Buffer.from(this.#data.subarray(at, at + 32))
      .reverse()
      .toString('hex');
    return (BigInt(`0x${hex}`) * MONTGOMERY_INVERSE) % FIELD;
  }

  definitions(): FieldDefinition[] {
    return Array.from({ length: this.word() }, () => {
      const offset = this.word();
      const lengths = Array.from({ length: this.word() }, () => this.word());
      return { offset, lengths, size: this.word(), busId: this.word() };
    });
  }

  end(): void {
    if (this.#position !== this.#data.length) throw unknown('bytes after the data');
  }

  #take(bytes: number): number {
    const at = this.#position;
    if (at + bytes > this.#data.length) throw unknown('data too short');
    this.#position += bytes;
    return at;
  }
}

function unknown(problem: string): MillraceError {
  return new MillraceError(
    'internal',
    'unknown-circom-output',
    "circom's C++ output is not of the known form",
    {
      details: { problem },
      fix: 'Use the version of circom2 that package-lock.json names.',
    },
  );
}
