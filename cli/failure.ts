import { EXIT_CODE, MillraceError } from '../protocol/error.ts';

/**
 * Prints an error for people (what was wrong, where, what to do) and gives the exit code that belongs to it:
 * 2 bad input, 3 refused state, 1 internal failure. Only an internal failure shows a stack.
 */
export function reportFailure(error: unknown, write: (text: string) => void): number {
  if (!(error instanceof MillraceError)) {
    write(
      `millrace: internal failure: ${withoutSecrets(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`,
    );
    return EXIT_CODE.internal;
  }
  write(`millrace: ${error.message} [${error.code}]\n`);
  for (const [name, value] of Object.entries(error.details)) write(`  ${name}: ${printable(value)}\n`);
  if (error.fix) write(`  what to do: ${error.fix}\n`);
  if (error.kind === 'internal' && error.cause instanceof Error)
    write(`  cause: ${withoutSecrets(error.cause.stack ?? error.cause.message)}\n`);
  return EXIT_CODE[error.kind];
}

/** Libraries quote the URLs of L1 and Redis, which may hold keys and passwords: no more than the host is shown. */
function withoutSecrets(text: string): string {
  return text.replace(/\b(https?|wss?|rediss?):\/\/[^\s"'`<>)]+/g, (url, protocol: string) =>
    URL.canParse(url) ? `${protocol}://${new URL(url).host}/...` : `${protocol}://...`,
  );
}

function printable(value: unknown): string {
  if (typeof value === 'string') return value;
  return (
    JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? part.toString() : part)) ?? String(value)
  );
}
