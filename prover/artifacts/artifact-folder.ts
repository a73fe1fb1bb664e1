import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** Where artifacts are cached: `MILLRACE_ARTIFACTS`, else `artifacts/` in the repository. */
export function artifactFolder(): string {
  const override = process.env.MILLRACE_ARTIFACTS;
  return override ? resolve(override) : join(REPOSITORY, 'artifacts');
}
