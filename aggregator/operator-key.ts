import { readFileSync } from 'node:fs';
import { isHexString, Wallet } from 'ethers';
import { MillraceError } from '../protocol/error.ts';

/** Where the operator's key is; of the two, `operatorKey` counts. */
export interface OperatorKeySettings {
  /** The key itself, 0x + 64 hex. */
  readonly operatorKey?: string | undefined;
  /** A file that holds it. */
  readonly operatorKeyFile?: string | undefined;
}

/**
 * Wallet of the operator, from a key that is never an argument of a program and never in an error or log.
 * @throws {MillraceError} `input/no-operator-key`, `input/bad-operator-key`
 */
export function operatorWallet({ operatorKey: inline, operatorKeyFile: file }: OperatorKeySettings): Wallet {
  const source = inline !== undefined ? 'MILLRACE_OPERATOR_KEY' : 'MILLRACE_OPERATOR_KEY_FILE';
  const key = (inline ?? (file === undefined ? undefined : readKeyFile(file)))?.trim();
  if (key === undefined) {
    throw new MillraceError('input', 'no-operator-key', 'The operator key is not set', {
      fix: 'Set MILLRACE_OPERATOR_KEY, or MILLRACE_OPERATOR_KEY_FILE to the path of a file that holds the key.',
    });
  }
  if (!isHexString(key, 32)) throw badKey(source);
  try {
    return new Wallet(key);
  } catch {
    // The library's error quotes the key.
    throw badKey(source);
  }
}

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new MillraceError('input', 'no-operator-key', 'The file with the operator key cannot be read', {
      details: { path },
      fix: 'Check MILLRACE_OPERATOR_KEY_FILE and the permissions of the file.',
      cause,
    });
  }
}

function badKey(source: string): MillraceError {
  return new MillraceError('input', 'bad-operator-key', 'The operator key is malformed', {
    details: { source, expected: '0x and 64 hex digits, a valid secp256k1 key' },
    fix: `Put a private key in ${source}.`,
  });
}
