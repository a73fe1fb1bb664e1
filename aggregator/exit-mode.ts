import { MillraceError } from '../protocol/error.ts';
import type { RollupContract } from './rollup-contract.ts';

export interface ExitModeWatchOptions {
  readonly rollup: RollupContract;
  /** Called once, when the rollup is seen in exit mode, with the number of its last batch. */
  readonly onExitMode: (lastBatch: number) => void;
}

/**
 * Sees when the rollup goes to exit mode. It looks on its own: whoever submits may wait for a block, or for lower fees,
 * as long as the deadlines are.
 */
export class ExitModeWatch {
  readonly #options: ExitModeWatchOptions;
  #seen = false;

  constructor(options: ExitModeWatchOptions) {
    this.#options = options;
  }

  /** One look at L1's latest block. @returns false: there is nothing more to do at once */
  async step(): Promise<boolean> {
    if (this.#seen) return false;
    const { finalizedNumber, exitMode } = await this.#options.rollup.state();
    if (exitMode) {
      this.#seen = true;
      this.#options.onExitMode(finalizedNumber);
    }
    return false;
  }
}

/**
 * Why nothing can be done in a rollup that is in exit mode: `refused/exit-mode`.
 * @param lastBatch number of the newest finalized batch, for good
 */
export function rollupEnded(lastBatch: number): MillraceError {
  return new MillraceError(
    'refused',
    'exit-mode',
    `The rollup is in exit mode: batch ${lastBatch} was the last one`,
    {
      details: { lastBatch },
      fix: 'Leave on L1 with millrace exit: it exits with a proof against the state after that batch, claims the payouts of finalized batches, and has deposits that are in none of them refunded.',
    },
  );
}
