import { MillraceError } from '../protocol/error.ts';
import { FIELD } from '../protocol/field.ts';
import type { CircuitInput, SignalValue } from './witness-input.ts';
import { VALUE_BYTES } from './wtns-file.ts';

/** What circom 2's generated WASM exports: docs of `--wasm` and the `witness_calculator.js` beside each module. */
interface CircomExports {
  readonly memory: WebAssembly.Memory;
  init(sanityCheck: number): void;
  getFieldNumLen32(): number;
  getRawPrime(): void;
  getSharedRWMemoryStart(): number;
  getInputSize(): number;
  /** Values that the input signal of this name hash takes; -1 when there is no such signal. */
  getInputSignalSize(hashHigh: number, hashLow: number): number;
  setInputSignal(hashHigh: number, hashLow: number, position: number): void;
  getWitnessSize(): number;
  getWitness(index: number): void;
  getMessageChar(): number;
}

/** One level of circom's error stack, the failing template first. */
export interface TemplateLine {
  readonly template: string;
  /** Line in the template's source file, from 1. */
  readonly line: number;
}

/** Error codes that the module passes to its exception handler. */
const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: 'Signal not found',
  2: 'Too many signals set',
  3: 'Signal already set',
  4: 'Assert failed',
  5: 'Not enough memory',
  6: 'Input signal array access exceeds the size',
  7: 'Out of bounds array access',
};

const LIMBS = VALUE_BYTES / 4;
/** Bytes before the values in the file that {@link calculateWtns} writes. */
const WTNS_PREFIX_BYTES = 76;

/**
 * Runs a circuit's witness calculator.
 *
 * @param module circom's `--wasm` output, circom 2.0 or later, field BN254
 * @returns the witness in iden3's `.wtns` format, version 2
 * @throws {MillraceError} `input` / `wrong-signals` when the input does not have exactly the circuit's input signals;
 *   `input` / `witness-failed` when the circuit refuses it, with `details.reason` and `details.stack`, the
 *   {@link TemplateLine}s; `input` / `bad-witness-wasm` when the module is not a calculator for this field.
 */
export async function calculateWtns(module: WebAssembly.Module, input: CircuitInput): Promise<Uint8Array> {
  const messages: string[] = [];
  let exports: CircomExports | undefined;
  const readMessage = (): string => {
    let message = '';
    for (let char = exports?.getMessageChar() ?? 0; char !== 0; char = exports?.getMessageChar() ?? 0) {
      message += String.fromCharCode(char);
    }
    return message;
  };
  const runtime = {
    exceptionHandler: (code: number) => {
      throw witnessFailed(EXCEPTIONS[code] ?? `Error ${code}`, messages);
    },
    printErrorMessage: () => messages.push(readMessage()),
    writeBufferMessage: readMessage,
    showSharedRWMemory: () => undefined,
  };
  try {
    const instance = await WebAssembly.instantiate(module, { runtime });
    exports = instance.exports as unknown as CircomExports;
    checkField(exports);
    exports.init(0);
    setInputs(exports, input);
    return readWitness(exports);
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    if (error instanceof WebAssembly.RuntimeError) throw witnessFailed(error.message, messages, error);
    throw new MillraceError(
      'input',
      'bad-witness-wasm',
      'This is not a witness calculator of circom 2 for BN254',
      {
        details: { reason: error instanceof Error ? error.message : String(error) },
        fix: 'Compile the circuit again with circom 2 --wasm and the default prime.',
        cause: error,
      },
    );
  }
}

function witnessFailed(reason: string, messages: readonly string[], cause?: unknown): MillraceError {
  const stack: TemplateLine[] = [];
  for (const message of messages) {
    // circom numbers its template instances: `Transfer_12` is the twelfth instance in all, of template `Transfer`.
    for (const match of message.matchAll(/Error in template (\S+?)(?:_\d+)? line: (\d+)/g)) {
      stack.push({ template: match[1] ?? '', line: Number(match[2]) });
    }
  }
  const place = stack[0] === undefined ? '' : ` in template ${stack[0].template}, line ${stack[0].line}`;
  return new MillraceError('input', 'witness-failed', `The circuit refuses this input: ${reason}${place}`, {
    details: { reason, stack },
    fix: 'Look at the constraint at that line: the input does not fulfil it.',
    cause,
  });
}

function checkField(exports: CircomExports): void {
  if (exports.getFieldNumLen32() !== LIMBS) throw new Error(`values of ${exports.getFieldNumLen32()} limbs`);
  exports.getRawPrime();
  const prime = Array.from(sharedLimbs(exports)).reduceRight((sum, limb) => (sum << 32n) | BigInt(limb), 0n);
  if (prime !== FIELD) throw new Error(`prime ${prime}`);
}

/** The eight 32-bit limbs, lowest first, through which values go in and out. The memory may have grown since. */
function sharedLimbs(exports: CircomExports): Uint32Array {
  return new Uint32Array(exports.memory.buffer, exports.getSharedRWMemoryStart(), LIMBS);
}

function setInputs(exports: CircomExports, input: CircuitInput): void {
  const sizes = new Map<string, number>();
  for (const [signal, value] of Object.entries(input)) {
    const [high, low] = signalHash(signal);
    const values = flatten(value);
    const expected = exports.getInputSignalSize(high, low);
    if (expected < 0) throw wrongSignals(`The circuit has no input signal ${signal}`, { signal });
    if (values.length !== expected) {
      throw wrongSignals(`Input signal ${signal} takes ${expected} values`, {
        signal,
        expected,
        found: values.length,
      });
    }
    sizes.set(signal, expected);
  }
  const set = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (set !== exports.getInputSize()) {
    throw wrongSignals('The input does not set all input signals', {
      expected: exports.getInputSize(),
      found: set,
    });
  }
  // The calculation starts by itself when the last value is set.
  for (const [signal, value] of Object.entries(input)) {
    const [high, low] = signalHash(signal);
    flatten(value).forEach((text, position) => {
      const number = BigInt(text);
      if (number >= FIELD)
        throw wrongSignals(`Input signal ${signal} is not below r`, { signal, position, found: text });
      const limbs = sharedLimbs(exports);
      for (let limb = 0; limb < LIMBS; limb++)
        limbs[limb] = Number((number >> BigInt(32 * limb)) & 0xffffffffn);
      exports.setInputSignal(high, low, position);
    });
  }
}

function flatten(value: SignalValue): string[] {
  return typeof value === 'string' ? [value] : value.flatMap(flatten);
}

function wrongSignals(message: string, details: Record<string, unknown>): MillraceError {
  return new MillraceError('input', 'wrong-signals', message, {
    details,
    fix: 'Make the input for this very circuit: same shape, same version.',
  });
}

/** 64-bit FNV-1a of a signal's name, as two 32-bit halves: how the module knows its signals. */
function signalHash(signal: string): [number, number] {
  let hash = 0xcbf29ce484222325n;
  for (const char of signal)
    hash = ((hash ^ BigInt(char.charCodeAt(0))) * 0x100000001b3n) & 0xffffffffffffffffn;
  return [Number(hash >> 32n), Number(hash & 0xffffffffn)];
}

function readWitness(exports: CircomExports): Uint8Array {
  const count = exports.getWitnessSize();
  const words = new Uint32Array((WTNS_PREFIX_BYTES + count * VALUE_BYTES) / 4);
  exports.getRawPrime();
  words.set([
    0x736e7477, // "wtns"
    2, // version
    2, // sections
    1, // section 1: the header
    4 + VALUE_BYTES + 4,
    0,
    VALUE_BYTES,
    ...sharedLimbs(exports),
    count,
    2, // section 2: the values
    (count * VALUE_BYTES) % 2 ** 32,
    Math.floor((count * VALUE_BYTES) / 2 ** 32),
  ]);
  const limbs = sharedLimbs(exports);
  for (let i = 0, position = WTNS_PREFIX_BYTES / 4; i < count; i++, position += LIMBS) {
    exports.getWitness(i);
    words.set(limbs, position);
  }
  return new Uint8Array(words.buffer);
}
