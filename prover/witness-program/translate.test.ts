import { readFile, rm, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIELD } from '../../protocol/field.ts';
import { rehashed } from '../../test/support/program-bytes.ts';
import { tracedCircuit } from '../../test/support/traced-circuit.ts';
import { loadNative } from '../native/addon.ts';
import { NativeWitness } from '../witness-native.ts';

const addon = loadNative();
const value = fc.oneof(fc.bigInt({ min: 0n, max: 20n }), fc.bigInt({ min: 0n, max: FIELD - 1n }));

/** Main components with the inputs a and b, on which every way to write a hint or a component is tried. */
const CIRCUITS = {
  'conditions, also in conditions': `
    template Main() {
      signal input a; signal input b; signal output o[4];
      o[0] <-- a == b ? a + 1 : (a < b ? a : b * 2);
      var x = 1; var y[2] = [a, b];
      if (a > 10) { x = a; if (b > 10) { y[1] = 7; } else { x = x + b; } } else if (b == 3) { y[0] = x; }
      o[1] <-- x; o[2] <-- y[0] * y[1];
      o[3] <-- a == 0 ? 0 : 1 / a;
    }`,
  'assertions under conditions': `
    template Main() {
      signal input a; signal input b; signal output o;
      if (a < 10) { assert(b != 5); } else { if (b == 6) { assert(a == 12); } }
      o <== a * b;
    }`,
  'functions, with loops and recursion on parameters': `
    function sum(n, values) { var s = 0; for (var i = 0; i < n; i++) { s += values[i] * (i + 1); } return s; }
    function tower(n, x) { if (n == 0) { return x; } return tower(n - 1, x * x + n); }
    function pair(x) { var p[2] = [x, x * 3]; return p; }
    template Main() {
      signal input a; signal input b; signal output o[4];
      var v[3] = [a, b, a * b];
      o[0] <-- sum(3, v); o[1] <-- tower(5, a);
      var p[2] = pair(b); o[2] <-- p[0]; o[3] <-- p[1] - tower(2, b);
    }`,
  'arrays of components of one and of several templates': `
    template Power(n) { signal input in[2]; signal output out[2]; signal s[n + 1];
      s[0] <== in[0]; for (var i = 0; i < n; i++) { s[i + 1] <== s[i] * in[1]; } out[0] <== s[n]; out[1] <== in[1]; }
    template Main() {
      signal input a; signal input b; signal output o[6]; component same[3]; component other[3];
      for (var i = 0; i < 3; i++) {
        same[i] = Power(2); same[i].in[0] <== a + i; same[i].in[1] <== i == 0 ? b : same[i - 1].out[0];
        other[i] = Power(i + 1); other[i].in[1] <== b; other[i].in[0] <== same[i].out[0];
        o[i] <== same[i].out[0]; o[3 + i] <== other[i].out[0] + other[i].out[1];
      }
    }`,
  'a component that gets its input under a condition': `
    template Square() { signal input in; signal output out; out <== in * in; }
    template Main() { signal input a; signal input b; signal output o; component s = Square();
      s.in <-- a > b ? a : b + 1; o <== s.out; }`,
  'a component without inputs, and one in a gap of an array': `
    template Five() { signal output out; out <== 5; }
    template Twice() { signal input in; signal output out; out <== 2 * in; }
    template Main() { signal input a; signal input b; signal output o; component five = Five(); component t[3];
      t[0] = Twice(); t[2] = Twice(); t[0].in <== a; t[2].in <== b; o <== five.out * t[0].out + t[2].out; }`,
  'buses and anonymous components': `
    bus Point() { signal x; signal y; }
    template Swap() { input Point() p; output Point() q; q.x <== p.y; q.y <== p.x; }
    template Main() { signal input a; signal input b; signal output o; Point() p; p.x <== a; p.y <== b * b;
      component s = Swap(); s.p <== p; o <== s.q.x + 3 * s.q.y; }`,
  'an index that depends on signals': `
    function third(v, i) { return v[i] * 3; }
    template Main() { signal input a; signal input b; signal output o[2]; var t[2][4] = [[3, 1, 4, 1], [a, b, 5, a * b]];
      var i = a & 3; o[0] <-- t[1][i] + t[b & 1][3 - i]; o[1] <-- third(t[0], i); }`,
  'bits of numbers': `
    template Main() { signal input a; signal input b; signal output o[8];
      for (var i = 0; i < 4; i++) { o[i] <-- (a >> (83 * i)) & 1; }
      o[4] <-- ((a >> 3) & 1023) >> 9; o[5] <-- (a & 0xffffffffffffffffffff) >> 70; o[6] <-- (a >> 250) & 255; o[7] <-- (b & 7) >> 3; }`,
} as const;

const source = (main: string) => ({
  name: 'traced',
  main: `pragma circom 2.2.0;\n${main}\ncomponent main = Main();\n`,
  libraries: [],
});

describe.skipIf(addon === undefined)('a witness program', () => {
  it.each(Object.entries(CIRCUITS))('does what the WASM does: %s', async (_, main) => {
    const { native, wasm } = await tracedCircuit(addon!, source(main));
    const check = async (a: bigint, b: bigint): Promise<void> => {
      const input = { a: String(a), b: String(b) };
      const [found, expected] = await Promise.all([
        native.calculate(input),
        wasm(input).catch(() => undefined),
      ]);
      expect(found && Buffer.from(found)).toEqual(expected && Buffer.from(expected));
    };
    await fc.assert(fc.asyncProperty(value, value, check), {
      numRuns: 50,
      examples: [
        [6n, 5n],
        [12n, 6n],
        [11n, 6n],
        [3n, 3n],
      ],
    });
  });

  it.each([
    [
      'a loop',
      'signal input a; signal input b; signal output o; var x = 0; while (x < a) { x += 1; } o <-- x;',
      'Main_0: a loop',
    ],
    [
      'a place',
      'signal input a; signal input b; signal output o; var x[2] = [3, 4]; x[a] = b; o <-- x[0];',
      'Main_0: a place',
    ],
  ])('is not made where %s depends on a signal', async (_, body, reason) => {
    await expect(tracedCircuit(addon!, source(`template Main() { ${body} }`))).rejects.toThrow(reason);
  });

  it('is not made where a function returns under a condition on a signal', async () => {
    const main = `function f(x) { if (x == 0) { return 1; } return x; }
      template Main() { signal input a; signal input b; signal output o; o <-- f(a); }`;
    await expect(tracedCircuit(addon!, source(main))).rejects.toThrow('under a condition');
  });

  it('is refused, or gives a witness, whatever a file says', { timeout: 120_000 }, async () => {
    const { program } = await tracedCircuit(addon!, source(CIRCUITS['conditions, also in conditions']));
    const whole = await readFile(program);
    const file = `${program}.changed`;
    const open = async (bytes: Buffer): Promise<unknown> => {
      await writeFile(file, bytes);
      const native = await NativeWitness.open(addon!, file);
      return native.calculate({ a: '3', b: '4' });
    };
    const refused = { code: 'bad-witness-program' };
    for (const at of [0, 4, 100, whole.length - 1]) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1;
      await expect(open(bytes)).rejects.toMatchObject(refused);
    }
    for (const length of [0, 40, 76, whole.length - 4]) {
      await expect(open(rehashed(whole.subarray(0, length)))).rejects.toMatchObject(refused);
    }
    // From here on the file is whole, and what it says is wrong.
    const body = 72 + 4 + whole.readUInt32LE(72);
    let refusals = 0;
    const word = fc.oneof(
      fc.nat({ max: 40 }),
      fc.nat({ max: 0xffffffff }),
      fc.constantFrom(2 ** 30, 2 ** 31, 2 ** 30 - 1),
    );
    const check = async (position: number, changed: number): Promise<void> => {
      const bytes = Buffer.from(whole);
      bytes.writeUInt32LE(changed, body + 4 * (position % ((whole.length - body) / 4)));
      await open(rehashed(bytes)).catch((error) => {
        expect(['bad-witness-program', 'out-of-memory']).toContain(error.code);
        refusals++;
      });
    };
    await fc.assert(fc.asyncProperty(fc.nat(), word, check), { numRuns: 500 });
    expect(refusals).toBeGreaterThan(50);
    await rm(file);
  });
});
