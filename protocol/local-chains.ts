/** Chain ids that development chains use: nothing on them has a value. */
export const LOCAL_CHAINS: ReadonlySet<number> = new Set([31337, 1337]);
