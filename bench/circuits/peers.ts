/** Another rollup's circuit, compiled as ours: circom 2.2.3, `--O2`. */
export interface Peer {
  readonly name: string;
  readonly source: string;
  /** Constraints of one more transfer, by depth. */
  readonly marginal: Readonly<Record<number, number>>;
}

/** Measured once, with the sources that stand here; rounded to hundreds. */
export const PEERS: readonly Peer[] = [
  {
    name: 'Hermez RollupMain',
    source: 'github.com/hermeznetwork/circuits',
    marginal: { 24: 43_600, 32: 52_600 },
  },
  { name: 'RollupNC', source: 'github.com/rollupnc/RollupNC', marginal: { 24: 88_200, 32: 110_100 } },
  { name: 'fluidex', source: 'github.com/fluidex/circuits', marginal: { 24: 92_000 } },
];
