/** Builds the C++ addon, and its prover as a program beside it, unless it is there; returns the addon's path, or undefined without a working compiler. See build.mjs. */
export function buildNative(options?: { log?: (line: string) => void }): string | undefined;
/** Folder of the builds. */
export const BUILDS: string;
/** How each file of the addon is compiled for a processor (as in `process.arch`): its path, and the arguments but for input and output. */
export function compilations(architecture: string): { source: string; args: string[] }[];
