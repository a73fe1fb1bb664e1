import { diagnoseWitness } from '../protocol/diagnose.ts';
import { MillraceError } from '../protocol/error.ts';
import { SHAPES, type Shape } from '../protocol/shape.ts';
import type { CircuitInput } from './witness-input.ts';

/**
 * Says which signal and op are at fault when a batch circuit refuses its input. The circuit itself names a template and a
 * line at best; the reference model, run over the same input, names the first rule that is broken.
 *
 * @param error what the witness calculator threw
 * @param shape name of the batch shape; with another circuit's name the error stays as it is
 * @returns an error with `details.diagnosis` where there is one to give, else the same error
 */
export function explainWitnessError(error: unknown, input: CircuitInput, shape: string): unknown {
  const known: Shape | undefined = Object.values(SHAPES).find(({ name }) => name === shape);
  if (known === undefined || !(error instanceof MillraceError)) return error;
  if (error.code !== 'witness-failed' && error.code !== 'wrong-signals') return error;
  const diagnosis = diagnoseWitness(input, known);
  if (diagnosis === undefined) return error;
  const { signal, op } = diagnosis;
  const place = [signal && `signal ${signal}`, op && `${op.layer} op ${op.index}`].filter(Boolean).join(', ');
  return new MillraceError(
    'input',
    error.code,
    `${error.message}: ${diagnosis.message}${place && ` (${place})`}`,
    {
      details: { ...error.details, diagnosis },
      fix: 'Correct the named signal, or seal the batch again.',
      cause: error,
    },
  );
}
