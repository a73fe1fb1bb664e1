interface Event {
  readonly time: number;
  /** Of events at the same time, the one that was planned first comes first. */
  readonly order: number;
  readonly action: () => void;
}

/** Simulated time, seconds: what is planned happens in the order of its times, a binary heap keeps it. */
export class Clock {
  readonly #heap: Event[] = [];
  #now = 0;
  #planned = 0;

  get now(): number {
    return this.#now;
  }

  /** Plans something. @param time not before now */
  at(time: number, action: () => void): void {
    const heap = this.#heap;
    let place = heap.length;
    const event = { time: Math.max(time, this.#now), order: this.#planned++, action };
    heap.push(event);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (isBefore(heap[parent]!, event)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = event;
  }

  after(seconds: number, action: () => void): void {
    this.at(this.#now + seconds, action);
  }

  /** Lets time pass until nothing is planned any more, or up to `end`. */
  run(end = Number.POSITIVE_INFINITY): void {
    for (let next = this.#heap[0]; next !== undefined && next.time <= end; next = this.#heap[0]) {
      this.#removeFirst();
      this.#now = next.time;
      next.action();
    }
    if (end !== Number.POSITIVE_INFINITY) this.#now = end;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (isBefore(last, heap[child]!)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
