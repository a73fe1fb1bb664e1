import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../scripts/random.ts';
import { Clock } from './clock.ts';
import { Station } from './station.ts';

describe('Clock', () => {
  it('lets things happen in the order of their times, and of their planning at the same time', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }), (times) => {
        const clock = new Clock();
        const seen: [time: number, place: number][] = [];
        for (const [place, time] of times.entries()) clock.at(time, () => seen.push([clock.now, place]));
        clock.run();
        const expected = times
          .map((time, place): [number, number] => [time, place])
          .sort(([a, i], [b, j]) => a - b || i - j);
        expect(seen).toEqual(expected);
      }),
    );
  });

  it('stops at the end and never goes back', () => {
    const clock = new Clock();
    const seen: number[] = [];
    clock.at(5, () => {
      seen.push(clock.now);
      clock.at(1, () => seen.push(clock.now));
    });
    clock.at(11, () => seen.push(clock.now));
    clock.run(10);
    expect(seen).toEqual([5, 5]);
    expect(clock.now).toBe(10);
  });
});

/** Mean wait of many works that arrive by chance. */
function meanWait(servers: number, rate: number, service: (random: Random) => number): number {
  const [clock, random] = [new Clock(), new Random(3)];
  const station = new Station(clock, servers);
  let [sum, count, time] = [0, 0, 0];
  for (let i = 0; i < 100_000; i++) {
    time += -Math.log(1 - random.fraction()) / rate;
    const arrived = time;
    clock.at(time, () =>
      station.add(() => {
        sum += clock.now - arrived;
        count += 1;
        return { taken: service(random), done: () => undefined };
      }),
    );
  }
  clock.run();
  return sum / count;
}

describe('Station', () => {
  it.each([0.3, 0.6, 0.8])('waits as M/D/1 does at load %d (Pollaczek-Khinchine)', (load) => {
    expect(meanWait(1, load, () => 1) / (load / (2 * (1 - load)))).toBeCloseTo(1, 1);
  });

  it.each([
    [1, 0.5],
    [2, 0.6],
    [10, 0.8],
  ])('waits as M/M/c does with %d servers at load %d (Erlang C)', (servers, load) => {
    const found = meanWait(servers, servers * load, (random) => -Math.log(1 - random.fraction()));
    expect(found / (erlangC(servers, load) / (servers * (1 - load)))).toBeCloseTo(1, 1);
  });

  it('is busy for as much of the time as it works, and takes work in turn', () => {
    const clock = new Clock();
    const station = new Station(clock, 2);
    const done: number[] = [];
    for (const work of [0, 1, 2]) station.add(() => ({ taken: 3, done: () => done.push(work) }));
    expect(station.waiting).toBe(1);
    clock.run();
    expect(done).toEqual([0, 1, 2]);
    expect(clock.now).toBe(6);
    expect(station.busySeconds).toBe(9);
  });
});

/** Probability of having to wait. */
function erlangC(servers: number, load: number): number {
  const offered = servers * load;
  let [sum, term] = [1, 1];
  for (let i = 1; i < servers; i++) {
    term *= offered / i;
    sum += term;
  }
  const full = ((term * offered) / servers) * (1 / (1 - load));
  return full / (sum + full);
}
