import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Name of a blob's file in an archive: its bytes as EIP-4844 has them. @param versionedHash 0x + 64 hex */
export function blobFileName(versionedHash: string): string {
  return `${versionedHash.toLowerCase()}.blob`;
}

/**
 * Keeps a blob: L1 forgets it after 18 days, and whoever restores the rollup later needs it. On disk whole or not at all.
 * @param folder made, for this user alone, if it is missing
 */
export function archiveBlob(folder: string, versionedHash: string, blob: Uint8Array): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, blobFileName(versionedHash));
  writeFileSync(`${file}.part`, blob, { flush: true });
  renameSync(`${file}.part`, file);
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor); // the new name
  closeSync(descriptor);
}
