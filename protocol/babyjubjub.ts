import { invert, isFieldElement, reduce } from './field.ts';

/** Affine coordinates `(x, y)` in `[0, FIELD)`. */
export type Point = readonly [bigint, bigint];

/** Order of the subgroup that {@link BASE} generates; the curve has 8 times as many points. */
export const SUBGROUP_ORDER = 2736030358979909402780800718157159386076813972158567259200215660948447373041n;

/** `Base8` of circomlib, the generator of the subgroup (EIP-2494). */
export const BASE: Point = [
  5299619240641551281634865583518297030282874472190772894086521144482721001553n,
  16950150798460657717958625567821834550301663161624707787222815936182638968203n,
];

export const IDENTITY: Point = [0n, 1n];

// a x^2 + y^2 = 1 + d x^2 y^2. a is a square and d is none, so the addition law below has no exceptions.
const A = 168700n;
const D = 168696n;

/** Extended coordinates: x = X/Z, y = Y/Z, T = XY/Z (Hisil et al., https://eprint.iacr.org/2008/522). */
interface Extended {
  readonly x: bigint;
  readonly y: bigint;
  readonly t: bigint;
  readonly z: bigint;
}

const NEUTRAL: Extended = { x: 0n, y: 1n, t: 0n, z: 1n };
const WINDOW_BITS = 4;
const WINDOW_MASK = 2n ** BigInt(WINDOW_BITS) - 1n;

/** True if both coordinates are canonical and satisfy the curve's equation. */
export function isOnCurve([x, y]: Point): boolean {
  if (!isFieldElement(x) || !isFieldElement(y)) return false;
  const [x2, y2] = [reduce(x * x), reduce(y * y)];
  return reduce(A * x2 + y2) === reduce(1n + D * reduce(x2 * y2));
}

/** Sum of two points of the curve; complete. */
export function addPoints(p: Point, q: Point): Point {
  return toAffine(add(toExtended(p), toExtended(q)));
}

/**
 * `scalar * point`. Not constant time, as circomlibjs: do not sign where someone else can time it.
 * @param point on the curve
 * @param scalar `>= 0`, of any size
 */
export function multiply(point: Point, scalar: bigint): Point {
  const multiples = [NEUTRAL];
  const base = toExtended(point);
  for (let i = 1; i <= Number(WINDOW_MASK); i++) multiples.push(add(multiples[i - 1]!, base));
  const windows: Extended[] = [];
  for (let rest = scalar; rest > 0n; rest >>= BigInt(WINDOW_BITS)) {
    windows.push(multiples[Number(rest & WINDOW_MASK)]!);
  }
  let sum = NEUTRAL;
  for (const multiple of windows.reverse()) {
    for (let i = 0; i < WINDOW_BITS; i++) sum = add(sum, sum);
    sum = add(sum, multiple);
  }
  return toAffine(sum);
}

// add-2008-hwcd of the Explicit-Formulas Database, which also doubles.
function add(p: Extended, q: Extended): Extended {
  const a = reduce(p.x * q.x);
  const b = reduce(p.y * q.y);
  const c = reduce(reduce(p.t * q.t) * D);
  const d = reduce(p.z * q.z);
  const e = (p.x + p.y) * (q.x + q.y) - a - b;
  const f = d - c;
  const g = d + c;
  const h = b - A * a;
  return { x: reduce(reduce(e) * f), y: reduce(g * h), t: reduce(reduce(e) * h), z: reduce(f * g) };
}

function toExtended([x, y]: Point): Extended {
  return { x, y, t: reduce(x * y), z: 1n };
}

function toAffine(p: Extended): Point {
  const inverse = invert(p.z);
  return [reduce(p.x * inverse), reduce(p.y * inverse)];
}
