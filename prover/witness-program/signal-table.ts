import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { MillraceError } from '../../protocol/error.ts';
import type { ProgramInputs } from './program-file.ts';

/** What a `.sym` file says of a circuit's signals. */
export interface SignalTable {
  /** Signals in all, the constant 1 included. */
  readonly signals: number;
  /** Signal of each witness value. */
  readonly witness: readonly number[];
  /** The main component's signals from one on to another, as the inputs that they are. */
  inputs(first: number, count: number): ProgramInputs;
}

/**
 * Reads circom's `--sym` output: a line `signal,witness value or -1,component,name` for each signal.
 *
 * @throws {MillraceError} `internal` / `unknown-circom-output`
 */
export async function readSignalTable(path: string): Promise<SignalTable> {
  const witness = [0];
  const names: string[] = [''];
  let signals = 1;
  for await (const line of createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    const [signal, value, , name = ''] = line.split(',');
    if (Number(signal) !== signals) throw unknown('signals are not numbered in order');
    if (Number(value) >= 0) witness[Number(value)] ??= signals;
    // The main component's own signals come first.
    if (names.length === signals && /^main\.[^.]+$/.test(name)) names.push(name);
    signals++;
  }
  for (let i = 0; i < witness.length; i++) {
    if (witness[i] === undefined) throw unknown('a witness value has no signal');
  }
  const inputs = (first: number, count: number): ProgramInputs => {
    const list: { name: string; size: number }[] = [];
    for (let place = first; place < first + count; place++) {
      const name = /^main\.(\w+)(\[\d+\])*$/.exec(names[place] ?? '')?.[1];
      if (name === undefined) throw unknown('an input has no plain name');
      const last = list.at(-1);
      if (last?.name === name) last.size++;
      else list.push({ name, size: 1 });
    }
    return list;
  };
  return { signals, witness, inputs };
}

function unknown(problem: string): MillraceError {
  return new MillraceError(
    'internal',
    'unknown-circom-output',
    "circom's --sym output is not of the known form",
    {
      details: { problem },
      fix: 'Use the version of circom2 that package-lock.json names.',
    },
  );
}
