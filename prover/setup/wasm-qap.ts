import { readSync, writeSync } from 'node:fs';
import { FIELD, invert, reduce } from '../../protocol/field.ts';
import type { CircuitLayout, QapScalars, SetupSecrets } from '../native/addon.ts';
import { SCALAR_BYTES } from './backend.ts';
import { lagrange, modPow, rootOfUnity } from './lagrange.ts';
import { littleEndian, packScalars, toLittleEndian, uint32 } from './little-endian.ts';
import { badR1cs } from './r1cs-header.ts';

/** R = 2^256; snarkjs keeps a coefficient v as v R^2. */
const R_SQUARED = 2n ** 512n % FIELD;
const RECORD_BYTES = 12 + SCALAR_BYTES;
const WRITE_BYTES = 1 << 20;

/**
 * The circuit's polynomials at tau in plain TypeScript: what native/groth16/qap.hpp does, with the same conventions,
 * which are described there. Blocks: for a worker thread.
 *
 * @param r1cs open for reading
 * @param zkey open for writing; gets the payload of the coefficient section at `position`
 * @throws {MillraceError} `input` / `bad-r1cs`
 */
export function evaluateQap(
  layout: CircuitLayout,
  secrets: SetupSecrets,
  r1cs: number,
  zkey: number,
  position: number,
): QapScalars {
  const domain = 2 ** layout.domainPower;
  const tau = littleEndian(secrets.tau);
  const alpha = littleEndian(secrets.alpha);
  const beta = littleEndian(secrets.beta);
  const inverseDelta = invert(littleEndian(secrets.delta));
  const root = rootOfUnity(layout.domainPower + 1);
  const step = reduce(root * root);

  const sums = accumulate(layout, lagrange(tau, domain, domain, 1n, step), r1cs, zkey, position);
  const combined = sums.a.map(
    (a, wire) => (beta * a + alpha * (sums.b[wire] ?? 0n) + (sums.c[wire] ?? 0n)) % FIELD,
  );
  const vanishing: bigint[] = [];
  for (let i = 0, power = reduce(modPow(tau, domain) - 1n); i < domain; i++, power = (power * tau) % FIELD) {
    vanishing.push(power);
  }
  return {
    a: packScalars(sums.a),
    b: packScalars(sums.b),
    combined: packScalars(combined),
    l: packScalars(combined.slice(layout.publicWires + 1).map((value) => (value * inverseDelta) % FIELD)),
    h: packScalars(
      lagrange(tau, domain, 2 * domain, root, step).map((value) => (value * inverseDelta) % FIELD),
    ),
    vanishing: packScalars(vanishing),
    coefficientBytes: sums.coefficientBytes,
  };
}

interface WireSums {
  readonly a: bigint[];
  readonly b: bigint[];
  readonly c: bigint[];
  readonly coefficientBytes: number;
}

function accumulate(
  layout: CircuitLayout,
  basis: readonly bigint[],
  r1cs: number,
  zkey: number,
  position: number,
): WireSums {
  const reader = new ConstraintReader(layout, r1cs);
  const out = new CoefficientWriter(zkey, position);
  const [a, b, c] = [0, 1, 2].map(() => new Array<bigint>(layout.wires).fill(0n)) as [
    bigint[],
    bigint[],
    bigint[],
  ];
  for (let row = 0; row < layout.constraints; row++) {
    const at = basis[row] ?? 0n;
    [a, b, c].forEach((sums, matrix) => {
      for (let terms = reader.count(row); terms > 0; terms--) {
        const { wire, coefficient } = reader.term(row);
        sums[wire] = ((sums[wire] ?? 0n) + coefficient.value * at) % FIELD;
        if (matrix < 2) out.write(matrix, row, wire, coefficient.stored);
      }
    });
  }
  reader.end();
  const one = toLittleEndian(R_SQUARED, SCALAR_BYTES);
  for (let wire = 0; wire <= layout.publicWires; wire++) {
    const row = layout.constraints + wire;
    a[wire] = reduce((a[wire] ?? 0n) + (basis[row] ?? 0n));
    out.write(0, row, wire, one);
  }
  return { a, b, c, coefficientBytes: out.end() };
}

interface Coefficient {
  readonly value: bigint;
  /** As the zkey keeps it. */
  readonly stored: Uint8Array;
}

class ConstraintReader {
  readonly #layout: CircuitLayout;
  readonly #bytes: Buffer;
  /** Circuits use few different coefficients. */
  readonly #known = new Map<string, Coefficient>();
  #position = 0;

  constructor(layout: CircuitLayout, r1cs: number) {
    this.#layout = layout;
    this.#bytes = Buffer.alloc(layout.constraintsBytes);
    for (let done = 0; done < this.#bytes.length; ) {
      const read = readSync(
        r1cs,
        this.#bytes,
        done,
        this.#bytes.length - done,
        layout.constraintsOffset + done,
      );
      if (read === 0) throw badR1cs(layout.r1csPath, 'became shorter while it was read');
      done += read;
    }
  }

  count(row: number): number {
    return this.#take(row, 4).readUInt32LE(0);
  }

  term(row: number): { wire: number; coefficient: Coefficient } {
    const wire = this.#take(row, 4).readUInt32LE(0);
    if (wire >= this.#layout.wires) throw this.#malformed(row, 'names a wire that does not exist');
    const bytes = this.#take(row, SCALAR_BYTES);
    const key = bytes.toString('latin1');
    const known = this.#known.get(key);
    if (known !== undefined) return { wire, coefficient: known };
    const value = littleEndian(bytes);
    if (value >= FIELD) throw this.#malformed(row, "has a coefficient that is not below the field's prime");
    const coefficient = { value, stored: toLittleEndian((value * R_SQUARED) % FIELD, SCALAR_BYTES) };
    this.#known.set(key, coefficient);
    return { wire, coefficient };
  }

  end(): void {
    if (this.#position === this.#bytes.length) return;
    throw badR1cs(
      this.#layout.r1csPath,
      'is malformed: the constraint section is longer than its constraints',
    );
  }

  #take(row: number, bytes: number): Buffer {
    const taken = this.#bytes.subarray(this.#position, this.#position + bytes);
    if (taken.length < bytes) throw this.#malformed(row, 'ends early');
    this.#position += bytes;
    return taken;
  }

  #malformed(row: number, what: string): Error {
    return badR1cs(this.#layout.r1csPath, `is malformed: constraint ${row} ${what}`, { constraint: row });
  }
}

/** Writes the records of a coefficient section; their number goes before them at the end. */
class CoefficientWriter {
  readonly #fd: number;
  readonly #start: number;
  readonly #buffer = Buffer.alloc(WRITE_BYTES);
  #used = 0;
  #flushed = 4;

  constructor(fd: number, start: number) {
    this.#fd = fd;
    this.#start = start;
  }

  write(matrix: number, row: number, wire: number, stored: Uint8Array): void {
    if (this.#used + RECORD_BYTES > this.#buffer.length) this.#flush();
    this.#buffer.writeUInt32LE(matrix, this.#used);
    this.#buffer.writeUInt32LE(row, this.#used + 4);
    this.#buffer.writeUInt32LE(wire, this.#used + 8);
    this.#buffer.set(stored, this.#used + 12);
    this.#used += RECORD_BYTES;
  }

  /** Returns the payload's bytes. */
  end(): number {
    this.#flush();
    writeSync(this.#fd, uint32((this.#flushed - 4) / RECORD_BYTES), 0, 4, this.#start);
    return this.#flushed;
  }

  #flush(): void {
    for (let done = 0; done < this.#used; ) {
      const written = writeSync(this.#fd, this.#buffer, done, this.#used - done, this.#start + this.#flushed);
      done += written;
      this.#flushed += written;
    }
    this.#used = 0;
  }
}
