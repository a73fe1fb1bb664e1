import { existsSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Notes for the launcher (`millrace`) that the set-up is complete, and where Node 24 is. The launcher
 * believes it until one of the files that set-up depends on is newer; so the note is as old as the check.
 *
 * Without an addon there is no note, because a compiler may appear; nor with a compiler of the caller's own.
 *
 * @param {string} root of the repository
 * @param {string} bin the folder that holds Node 24
 * @param {Date} checkedAt when the check began
 */
export function noteReady(root, bin, checkedAt) {
  const note = join(root, 'build', 'ready');
  if (process.env.CXX !== undefined || !existsSync(join(root, 'build', 'native', 'current'))) {
    rmSync(note, { force: true });
    return;
  }
  mkdirSync(join(root, 'build'), { recursive: true });
  const temporary = `${note}.${process.pid}.tmp`;
  writeFileSync(temporary, `${bin}\n`);
  utimesSync(temporary, checkedAt, checkedAt);
  renameSync(temporary, note);
}
