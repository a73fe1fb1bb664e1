import { useSignatureCheck } from '../../protocol/keys.ts';
import { usePoseidon } from '../../protocol/poseidon.ts';
import { loadNative } from './addon.ts';

/**
 * Has the addon compute the process's hashes and check its signatures, where there is one; results stay the same. For
 * the start of a program.
 *
 * @throws {MillraceError} `refused` / `native-kernel` as {@link loadNative}
 */
export function useNativeArithmetic(): void {
  const addon = loadNative();
  if (addon === undefined) return;
  usePoseidon({ hash: addon.poseidon, hashMany: addon.poseidonMany });
  useSignatureCheck(
    (publicKey, { r8, s }, message) => addon.verifySignatures([...publicKey, ...r8, s, message])[0] === true,
  );
}
