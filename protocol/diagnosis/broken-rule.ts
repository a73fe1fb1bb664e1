import { checkBits } from '../bits.ts';
import { MillraceError } from '../error.ts';

/** The first rule that a circuit input breaks. */
export interface Diagnosis {
  /** Stable name of the rule, such as `signal-missing`, `slot-opening`, `bad-signature` or `new-root`. */
  readonly rule: string;
  /** One sentence for people. */
  readonly message: string;
  /** The signal with its index, such as `opS[3]`, where one can be named. */
  readonly signal?: string;
  /** The op at fault and its place among the batch's L1 or signed ops. */
  readonly op?: { readonly layer: 'L1' | 'L2'; readonly index: number };
  readonly expected?: string;
  readonly found?: string;
}

/** Carries a {@link Diagnosis} out of the checks. */
export class BrokenRule extends MillraceError {
  readonly diagnosis: Diagnosis;

  constructor(diagnosis: Diagnosis) {
    super('input', 'bad-witness', diagnosis.message, { details: { ...diagnosis } });
    this.diagnosis = diagnosis;
  }
}

/** Where a rule was broken. */
export type Place = Pick<Diagnosis, 'signal' | 'op'>;

/** @throws {BrokenRule} unless `found` is `expected` */
export function expectEqual(
  found: bigint,
  expected: bigint,
  about: Omit<Diagnosis, 'expected' | 'found'>,
): void {
  if (found !== expected) throw new BrokenRule({ ...about, expected: `${expected}`, found: `${found}` });
}

/**
 * Runs a check of the rules that every room shares and turns its refusal into a {@link BrokenRule}.
 * @param place where the check looks, by the code of its refusal
 */
export function translate<T>(check: () => T, place: (code: string) => Place): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    const { expected, found, elements } = error.details;
    throw new BrokenRule({
      rule: error.code,
      message: error.message,
      ...place(error.code),
      ...(expected === undefined ? {} : { expected: String(expected) }),
      ...(found === undefined && elements === undefined ? {} : { found: String(found ?? elements) }),
    });
  }
}

/** @throws {BrokenRule} unless the value is below 2^bits */
export function expectRange(signal: string, value: bigint, bits: number, op?: Diagnosis['op']): void {
  translate(
    () => checkBits(signal, value, bits),
    () => ({ signal, ...(op === undefined ? {} : { op }) }),
  );
}
