/** Who has to act: the caller (`input`), nobody yet, the system's state forbids it (`refused`), or we (`internal`). */
export type ErrorKind = 'input' | 'refused' | 'internal';

/** Exit code of the command line for each kind of error. */
export const EXIT_CODE: Readonly<Record<ErrorKind, number>> = { input: 2, refused: 3, internal: 1 };

export interface ErrorOptionsMillrace {
  /** Where and what: file, line, account, op index, signal name, expected and found values. */
  details?: Readonly<Record<string, unknown>>;
  /** One sentence that tells the reader what to do next. */
  fix?: string;
  cause?: unknown;
}

/**
 * The one error class of Millrace. `code` is stable and meant for programs
 * (`'bad-signature'`, `'nonce-too-low'`, ...); `message` is one short sentence for people.
 */
export class MillraceError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly details: Readonly<Record<string, unknown>>;
  readonly fix: string | undefined;

  constructor(kind: ErrorKind, code: string, message: string, options: ErrorOptionsMillrace = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MillraceError';
    this.kind = kind;
    this.code = code;
    this.details = options.details ?? {};
    this.fix = options.fix;
  }
}
