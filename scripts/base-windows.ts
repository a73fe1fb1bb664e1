/** Writes `circuits/lib/base_windows.circom`, the constants of `BaseTimes`: `node scripts/base-windows.ts`. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { addPoints, BASE, multiply, type Point, SUBGROUP_ORDER } from '../protocol/babyjubjub.ts';
import { invert, reduce } from '../protocol/field.ts';

export const BASE_WINDOWS_FILE = new URL('../circuits/lib/base_windows.circom', import.meta.url);

/** Windows of four bits; three bits are above them. */
export const WINDOWS = 62;
const LOW_BITS = 4n * BigInt(WINDOWS);
/** `1/2 mod l` times the base point: its odd multiples are all there are. */
const HALF_BASE = multiply(BASE, (SUBGROUP_ORDER + 1n) / 2n);

/** `(u, v)` of a point `(x, y)` of odd order, not the identity. */
function toMontgomery([x, y]: Point): Point {
  const u = reduce((1n + y) * invert(reduce(1n - y)));
  return [u, reduce(u * invert(x))];
}

/** The points `(2 m + 1) 16^j B8 / 2`, `m = 0 .. 7`, in Montgomery form. */
export function windowPoints(j: number): Point[] {
  return Array.from({ length: 8 }, (_, m) =>
    toMontgomery(multiply(HALF_BASE, BigInt(2 * m + 1) << (4n * BigInt(j)))),
  );
}

/** The points `m 2^248 B8 + (2^248 - 1) B8 / 2`, `m = 0 .. 7`, in Edwards form. */
function topPoints(): Point[] {
  const offset = multiply(HALF_BASE, (1n << LOW_BITS) - 1n);
  return Array.from({ length: 8 }, (_, m) => addPoints(multiply(BASE, BigInt(m) << LOW_BITS), offset));
}

/** Coefficients, constant term first, of the polynomial of the lowest degree through these points. */
function interpolate(points: readonly Point[]): bigint[] {
  const sum = points.map(() => 0n);
  for (const [x, y] of points) {
    let product = [1n];
    let atX = 1n;
    for (const [other] of points) {
      if (other === x) continue;
      product = [0n, ...product].map((c, degree) => reduce(c - other * (product[degree] ?? 0n)));
      atX = reduce(atX * (x - other));
    }
    const factor = reduce(y * invert(atX));
    product.forEach((c, degree) => {
      sum[degree] = reduce(sum[degree]! + factor * c);
    });
  }
  return sum;
}

/** One window's constants: u and v of its points, the polynomial in u whose value times v is the digit, and 1 / (u_4 + .. + u_7 - u_0 - .. - u_3). */
function windowConstants(j: number): bigint[] {
  const points = windowPoints(j);
  const digit = interpolate(points.map(([u, v], m) => [u, reduce(BigInt(2 * m + 1) * invert(v))]));
  const cubic = points.reduce((sum, [u], m) => sum + (m < 4 ? -u : u), 0n);
  return [...points.map(([u]) => u), ...points.map(([, v]) => v), ...digit, invert(reduce(cubic))];
}

/** The file's text. */
export function baseWindowsSource(): string {
  const row = (values: readonly bigint[]) =>
    `[${values.map((value) => `0x${value.toString(16)}`).join(', ')}]`;
  const rows = (all: readonly (readonly bigint[])[]) =>
    `[\n        ${all.map(row).join(',\n        ')}\n    ]`;
  return `pragma circom 2.1.9;

// Made by scripts/base-windows.ts; see BaseTimes. H is half the base point, 1/2 modulo l times B8.

// Window j: u of the points (2 m + 1) 16^j H for m = 0 .. 7 in Montgomery form, their v, then the coefficients c_0 .. c_7 with
// v (c_0 + c_1 u + .. + c_7 u^7) = 2 m + 1 for each of the points, and 1 / (u_4 + .. + u_7 - u_0 - .. - u_3).
function baseWindows() {
    return ${rows(Array.from({ length: WINDOWS }, (_, j) => windowConstants(j)))};
}

// The points m 2^248 B8 + (2^248 - 1) H for m = 0 .. 7 in Edwards form.
function baseTop() {
    return ${rows(topPoints())};
}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(BASE_WINDOWS_FILE, baseWindowsSource());
