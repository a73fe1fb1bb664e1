import type { Clock } from './clock.ts';

/** What a server does with one piece of work, seconds. */
export interface Service {
  /** How long the server is taken. */
  readonly taken: number;
  /** When `done` is called, from the start on; by default at the end. */
  readonly doneAfter?: number;
  readonly done: () => void;
}

/** Servers that take work in the order in which it comes: one station of a queueing network. */
export class Station {
  readonly #clock: Clock;
  readonly #servers: number;
  /** Works that wait, from `#first` on. */
  #waiting: (() => Service)[] = [];
  #first = 0;
  #taken = 0;
  #busySeconds = 0;

  constructor(clock: Clock, servers: number) {
    this.#clock = clock;
    this.#servers = servers;
  }

  /** Works that no server has taken yet. */
  get waiting(): number {
    return this.#waiting.length - this.#first;
  }

  /** @param start called when a server takes the work */
  add(start: () => Service): void {
    if (this.#taken < this.#servers) this.#serve(start);
    else this.#waiting.push(start);
  }

  /** Seconds of servers that were taken by what has begun so far. */
  get busySeconds(): number {
    return this.#busySeconds;
  }

  #serve(start: () => Service): void {
    this.#taken += 1;
    const { taken, doneAfter = taken, done } = start();
    this.#busySeconds += taken;
    this.#clock.after(doneAfter, done);
    this.#clock.after(taken, () => {
      this.#taken -= 1;
      if (this.waiting === 0) return;
      const next = this.#waiting[this.#first]!;
      this.#first += 1;
      if (2 * this.#first > this.#waiting.length) {
        this.#waiting = this.#waiting.slice(this.#first);
        this.#first = 0;
      }
      this.#serve(next);
    });
  }
}
