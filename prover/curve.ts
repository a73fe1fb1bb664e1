import { type Bn128, buildBn128, type WasmCurveGroup } from 'ffjavascript';
import type { G1Json, G2Json } from './proof.ts';

let curve: Promise<Bn128> | undefined;

/** The BN254 curve in this thread alone. It is kept for the life of the process and holds nothing open. */
export function bn254(): Promise<Bn128> {
  curve ??= buildBn128(true);
  return curve;
}

/**
 * A G1 point from snarkjs's JSON.
 * @returns undefined unless the coordinates are below q, z is 0 or 1, and the point is on the curve. The curve has prime
 *   order, so there is no subgroup to check. Infinity is `["0", "1", "0"]` and nothing else.
 */
export function readG1({ q, G1 }: Bn128, [x, y, z]: G1Json): Uint8Array | undefined {
  const point = [BigInt(x), BigInt(y), BigInt(z)];
  return readPoint(q, G1, point, point, x === '0' && y === '1');
}

/**
 * A G2 point from snarkjs's JSON.
 * @returns undefined unless the coordinates are below q, z is 0 or 1, and the point is on the twist and in the subgroup
 *   of order r (the twist has others; L1's pairing precompile refuses them too).
 */
export function readG2({ q, r, G2 }: Bn128, json: G2Json): Uint8Array | undefined {
  const [[x0, x1], [y0, y1], [z0, z1]] = json;
  if (z1 !== '0') return undefined;
  const coordinates = [x0, x1, y0, y1, z0].map(BigInt);
  const point = json.map((pair) => pair.map(BigInt));
  const zero = x0 === '0' && x1 === '0' && y0 === '1' && y1 === '0';
  const read = readPoint(q, G2, coordinates, point, zero);
  // timesScalar takes no point at infinity.
  if (read === undefined || G2.isZero(read)) return read;
  return G2.isZero(G2.timesScalar(read, r)) ? read : undefined;
}

function readPoint(
  q: bigint,
  group: WasmCurveGroup,
  coordinates: readonly bigint[],
  point: readonly unknown[],
  isZero: boolean,
): Uint8Array | undefined {
  if (coordinates.some((coordinate) => coordinate >= q)) return undefined;
  const z = coordinates.at(-1);
  if (z === 0n) return isZero ? group.zeroAffine : undefined;
  if (z !== 1n) return undefined;
  const read = group.fromObject(point);
  return group.isValid(read) && !group.isZero(read) ? read : undefined;
}
