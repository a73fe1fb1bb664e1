import type { Logger } from 'pino';

/** When proven batches go to L1: each at once, or together with others, whose call is cheaper. */
export type Finality = 'fast' | 'cheap';

/** Gas of a call beside its batches: pairings of the key, sums, storage, the transaction (the difference in test/contracts/gas.json). */
const CALL_GAS = 223_000;
/** Weight of the newest gap between two proofs in their mean. */
const NEWEST = 0.25;

/** Why a call goes out now, or what it waits for, and what that was derived from. */
export interface CallForecast {
  readonly submit: boolean;
  readonly reason: 'fast' | 'full' | 'urgent' | 'waited' | 'none-in-time' | 'more-expected';
  /** Batches that the call would have now, and most that it may have. */
  readonly batches: number;
  readonly most: number;
  /** For how long the oldest of them has been ready. */
  readonly waitedMs: number;
  /** Until the next proof, by the mean of the gaps seen; absent as long as there was none. */
  readonly nextProofMs?: number;
  /** Gas that a full call saves for each of its batches, against a call with what there is now. */
  readonly gasToSave: number;
}

export interface CallTimingOptions {
  readonly finality: Finality;
  /** Longest that a proven batch waits for others, if `cheap`, ms. Counted from when this process saw it first. */
  readonly waitMs: number;
  /** Whether an L1 op has been waiting for so long that nothing else is to be waited for; never by default. */
  readonly isUrgent?: () => boolean;
  readonly logger: Logger;
}

/**
 * Decides whether the batches that are proven go to L1 now. A call costs as much as three more batches in it, whatever it has; so `cheap`
 * waits until a call is full, or its oldest batch has waited for `waitMs`, or no further proof is expected before that. Sealed batches
 * that are to share a blob, which is a call too, wait for others in the same way.
 */
export class CallTiming {
  readonly #options: CallTimingOptions;
  /** When each batch was seen first, ms. */
  readonly #readySince = new Map<number, number>();
  #newestAt: number | undefined;
  #meanGap: number | undefined;
  #told = '';

  constructor(options: CallTimingOptions) {
    this.#options = options;
  }

  /**
   * @param numbers of the proven batches that could go, ascending, at least one
   * @param most batches in a call
   * @param now ms
   */
  forecast(numbers: readonly number[], most: number, now: number): CallForecast {
    for (const number of this.#readySince.keys()) if (number < numbers[0]!) this.#readySince.delete(number);
    for (const number of numbers) if (!this.#readySince.has(number)) this.#note(number, now);
    const { finality, logger } = this.#options;
    const waitedMs = now - this.#readySince.get(numbers[0]!)!;
    const nextProofMs =
      this.#meanGap === undefined ? undefined : Math.max(0, this.#newestAt! + this.#meanGap - now);
    const reason = this.#reason(numbers.length >= most, waitedMs, nextProofMs);
    const forecast: CallForecast = {
      submit: reason !== 'more-expected',
      reason,
      batches: numbers.length,
      most,
      waitedMs,
      ...(nextProofMs === undefined ? {} : { nextProofMs: Math.round(nextProofMs) }),
      gasToSave: Math.max(0, Math.round(CALL_GAS / numbers.length - CALL_GAS / most)),
    };
    const told = `${reason} ${numbers[0]} ${numbers.length}`;
    if (finality === 'cheap' && told !== this.#told) {
      logger.info(
        { ...forecast },
        forecast.submit ? 'batches do not wait for others' : 'batches wait for others',
      );
      this.#told = told;
    }
    return forecast;
  }

  #reason(isFull: boolean, waitedMs: number, nextProofMs: number | undefined): CallForecast['reason'] {
    const { finality, waitMs, isUrgent } = this.#options;
    if (finality === 'fast') return 'fast';
    if (isFull) return 'full';
    if (isUrgent?.()) return 'urgent';
    if (waitedMs >= waitMs) return 'waited';
    if (nextProofMs !== undefined && waitedMs + nextProofMs > waitMs) return 'none-in-time';
    return 'more-expected';
  }

  #note(number: number, now: number): void {
    this.#readySince.set(number, now);
    if (this.#newestAt !== undefined) {
      const gap = now - this.#newestAt;
      this.#meanGap = this.#meanGap === undefined ? gap : this.#meanGap + NEWEST * (gap - this.#meanGap);
    }
    this.#newestAt = now;
  }
}
