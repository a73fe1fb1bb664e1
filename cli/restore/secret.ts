import { readFileSync } from 'node:fs';
import { getBytes, isHexString, Wallet } from 'ethers';
import { MillraceError } from '../../protocol/error.ts';
import { type KeyPair, keyPairFromPrivateKey } from '../../protocol/keys.ts';

/** Environment variables of the keys with which an owner leaves; `..._FILE` names a file that holds the key instead. */
export const L1_KEY = 'MILLRACE_L1_KEY';
export const L2_KEY = 'MILLRACE_L2_KEY';

/**
 * Wallet of the L1 account that pays for transactions.
 * @throws {MillraceError} `input/no-key`, `input/bad-key`, neither of which tells the key
 */
export function l1Wallet(): Wallet {
  const key = readKey(L1_KEY);
  if (key === undefined) {
    throw new MillraceError('input', 'no-key', 'There is no L1 key to send transactions with', {
      fix: `Set ${L1_KEY}, or ${L1_KEY}_FILE to the path of a file that holds the key.`,
    });
  }
  try {
    return new Wallet(key);
  } catch {
    throw badKey(L1_KEY); // the library's error quotes the key
  }
}

/** The L2 key pair, if there is a private key. @throws {MillraceError} `input/bad-key` */
export function l2KeyPair(): KeyPair | undefined {
  const key = readKey(L2_KEY);
  return key === undefined ? undefined : keyPairFromPrivateKey(getBytes(key));
}

function readKey(name: string): string | undefined {
  const file = process.env[`${name}_FILE`];
  let key = process.env[name];
  if (key === undefined && file !== undefined) {
    try {
      key = readFileSync(file, 'utf8');
    } catch (cause) {
      throw new MillraceError('input', 'no-key', 'The file with the key cannot be read', {
        details: { path: file },
        fix: `Check ${name}_FILE and the permissions of the file.`,
        cause,
      });
    }
  }
  if (key === undefined) return undefined;
  if (!isHexString(key.trim(), 32)) throw badKey(name);
  return key.trim();
}

function badKey(name: string): MillraceError {
  return new MillraceError('input', 'bad-key', 'A key is malformed', {
    details: { source: name, expected: '0x and 64 hex digits' },
    fix: `Put a private key in ${name} or its file.`,
  });
}
