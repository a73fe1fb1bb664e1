/** Builds the C++ addon unless it is there; returns its path, or undefined without a working compiler. See build.mjs. */
export function buildNative(options?: { log?: (line: string) => void }): string | undefined;
/** Folder of the builds. */
export const BUILDS: string;
