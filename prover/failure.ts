import { MillraceError } from '../protocol/error.ts';

/** An error in the form in which it crosses process boundaries. */
export interface PlainFailure {
  readonly code: string;
  readonly message: string;
  readonly details: Record<string, unknown>;
}

/** Makes plain data of an error: BigInt becomes decimal text, stacks and causes stay here. */
export function plainFailure(error: unknown): PlainFailure {
  if (!(error instanceof MillraceError)) {
    return {
      code: 'unexpected',
      message: (error instanceof Error ? error.message : String(error)).slice(0, 4096),
      details: {},
    };
  }
  const text = JSON.stringify(error.details, (_, value) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  return { code: error.code, message: error.message.slice(0, 4096), details: JSON.parse(text) };
}
