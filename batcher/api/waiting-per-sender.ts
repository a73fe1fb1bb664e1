import { MillraceError } from '../../protocol/error.ts';

/** Counts the ops of each remote address that wait for their answer, so that one sender leaves room for the others. */
export class WaitingPerSender {
  readonly #limit: number;
  readonly #waiting = new Map<string, number>();

  /** @param limit ops of one sender that may wait at once */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Does work that a number of the sender's ops wait for.
   * @param sender remote address
   * @throws {MillraceError} `refused/overloaded`, and what `work` throws
   */
  async count<T>(sender: string, ops: number, work: () => Promise<T>): Promise<T> {
    const before = this.#waiting.get(sender) ?? 0;
    if (before + ops > this.#limit) {
      throw new MillraceError('refused', 'overloaded', 'Too many ops of this sender wait for admission', {
        details: { waiting: before, limit: this.#limit },
        fix: 'Send the next ops when those before them are answered.',
      });
    }
    this.#waiting.set(sender, before + ops);
    try {
      return await work();
    } finally {
      const left = (this.#waiting.get(sender) ?? 0) - ops;
      if (left > 0) this.#waiting.set(sender, left);
      else this.#waiting.delete(sender);
    }
  }
}
