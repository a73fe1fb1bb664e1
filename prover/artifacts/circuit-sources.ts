import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, relative, resolve, sep } from 'node:path';
import { canonicalJson } from '../../protocol/canonical-json.ts';
import { MillraceError } from '../../protocol/error.ts';
import { hashText } from './file-hash.ts';

const require = createRequire(import.meta.url);

export interface Circuit {
  /** For people and file names. */
  readonly name: string;
  /** Text of the main file. */
  readonly main: string;
  /** Folders in which includes are looked up, after the including file's own; absolute. */
  readonly libraries: readonly string[];
  /** The compiler's flags; {@link CIRCOM} has those of what ships. */
  readonly flags?: readonly string[];
}

/** The compiler. Without `--O2` circuits come out two to three times larger. */
export const CIRCOM = {
  version: `circom2 ${(require('circom2/package.json') as { version: string }).version}`,
  flags: ['--O2'],
};

const INCLUDE = /^\s*include\s+"([^"]+)"\s*;/gm;
const COMMENT = /\/\*[\s\S]*?\*\/|\/\/.*$/gm;

/**
 * Hash of all that decides what the compiler makes of a circuit: the main file, every file that it includes,
 * directly or not, the compiler's version and flags. It does not depend on where the repository lies.
 *
 * @returns 64 hex digits
 * @throws {MillraceError} `internal/missing-include`
 */
export async function circuitSourceHash({ main, libraries, flags = CIRCOM.flags }: Circuit): Promise<string> {
  const files = new Map<string, string>();
  const visit = async (text: string, from: string | undefined): Promise<void> => {
    for (const include of includesOf(text)) {
      const found = await findInclude(include, from, libraries);
      if (files.has(found.path)) continue;
      files.set(found.path, found.text);
      await visit(found.text, found.path);
    }
  };
  await visit(main, undefined);
  const sources = [...files]
    .map(([path, text]) => ({ path: nameInLibrary(path, libraries), hash: hashText(text) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return hashText(canonicalJson({ main, sources, circom: { ...CIRCOM, flags } }));
}

function includesOf(text: string): string[] {
  return [...text.replace(COMMENT, '').matchAll(INCLUDE)].map(([, path = '']) => path);
}

/** Looks where circom looks: beside the including file, then in the libraries in order. */
async function findInclude(
  include: string,
  from: string | undefined,
  libraries: readonly string[],
): Promise<{ path: string; text: string }> {
  const folders = [...(from === undefined ? [] : [dirname(from)]), ...libraries];
  for (const folder of folders) {
    const path = resolve(folder, include);
    try {
      return { path, text: await readFile(path, 'utf8') };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new MillraceError('internal', 'missing-include', `A circuit includes ${include}, which is nowhere`, {
    details: { includedBy: from ?? 'the main file', lookedIn: folders },
    fix: 'Restore the file; circomlib comes with npm install.',
  });
}

function nameInLibrary(path: string, libraries: readonly string[]): string {
  const library = libraries.find((folder) => path.startsWith(folder + sep));
  return library === undefined ? path : relative(library, path);
}
