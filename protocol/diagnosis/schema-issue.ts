import type { z } from 'zod';
import type { Diagnosis } from './broken-rule.ts';

const SHOWN_LENGTH = 100;

/** Says of an issue of the witness schema which signal it is about and what stands there. */
export function diagnoseIssue(issue: z.core.$ZodIssue, witness: unknown): Diagnosis {
  if (issue.code === 'unrecognized_keys') {
    const signal = shorten(issue.keys[0] ?? '');
    return { rule: 'signal-unknown', message: `The circuit has no signal '${signal}'`, signal };
  }
  const [name, ...indexes] = issue.path;
  if (name === undefined) {
    return {
      rule: 'not-an-object',
      message: 'A circuit input is an object of signals',
      found: show(witness),
    };
  }
  const signal = `${String(name)}${indexes.map((index) => `[${String(index)}]`).join('')}`;
  const found = issue.path.reduce<unknown>(
    (value, key) => (value as Readonly<Record<PropertyKey, unknown>> | undefined)?.[key],
    witness,
  );
  if (found === undefined) return { rule: 'signal-missing', message: `Signal ${signal} is missing`, signal };
  const rule = issue.code === 'too_small' || issue.code === 'too_big' ? 'signal-length' : 'signal-value';
  return {
    rule,
    message: `Signal ${signal} is not what the circuit takes`,
    signal,
    expected: issue.message,
    found: show(found),
  };
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `${value.length} values`;
  if (typeof value === 'string') return shorten(value);
  return typeof value === 'number' || typeof value === 'boolean'
    ? `${value} (a ${typeof value})`
    : typeof value;
}

function shorten(text: string): string {
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}...` : text;
}
