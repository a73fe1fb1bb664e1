/** A rollup and its surroundings, as the simulation sees them. Times in seconds. */
export interface Model {
  /** Transfers that arrive a second, independently of each other (Poisson). */
  readonly arrivals: number;
  readonly batch: {
    /** Transfers in a full batch. */
    readonly size: number;
    /** After so long it is closed as it is. */
    readonly age: number;
  };
  readonly node: {
    /** One, as it is built; more show what comes after it. */
    readonly threads: number;
    /** CPU to let a transfer in. */
    readonly admission: number;
    /** CPU for a batch: sealing, packing its input, checking its proof, L1. */
    readonly batch: number;
  };
  readonly redis: {
    /** CPU of a job from its adding to its removal. */
    readonly job: number;
  };
  readonly workers: {
    readonly count: number;
    /** Measured times of a witness and its proof; each job draws one. */
    readonly prove: readonly number[];
    /** What the queue adds to a job. */
    readonly handOver: number;
  };
  readonly failures: Failures;
  readonly l1: L1Model;
}

export interface Failures {
  /** Of one worker. It loses its job. */
  readonly crashesAnHour: number;
  /** From a crash until another worker may take the job, and until the worker is back. */
  readonly lock: number;
  readonly restart: number;
  /** Probability that the queue forgets a job, and the time until the node sees it. */
  readonly lostJobs: number;
  readonly sweep: number;
  /** Probabilities that a transaction fails, and that its block is dropped. */
  readonly failedTransactions: number;
  readonly reorgs: number;
}

export const NO_FAILURES: Failures = {
  crashesAnHour: 0,
  // As the queue and the worker processes have them.
  lock: 10,
  restart: 2,
  lostJobs: 0,
  sweep: 2,
  failedTransactions: 0,
  reorgs: 0,
};

export interface L1Model {
  /** Between two blocks. */
  readonly slot: number;
  /** Gas of a block that the rollup can have. */
  readonly blockGas: number;
  /** Gas of a call with so many batches. */
  readonly callGas: (batches: number) => number;
  /** Batches that a transaction carries at most. */
  readonly mostBatches: number;
  /** Calls of a block at most, other than by their gas: those with a blob each take one of the block's. */
  readonly mostCalls: number;
  /** Blob gas of a call, 0 for calldata. */
  readonly blobGas: number;
  /** How long a proven batch waits for others to share its call. */
  readonly patience: number;
  /** Blocks after the one with the transaction until it counts as final. */
  readonly confirmations: number;
}
