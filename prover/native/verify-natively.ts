import { MillraceError } from '../../protocol/error.ts';
import { refuseForgeableKey } from '../forgeable-key.ts';
import type { G1Json, G2Json, VerificationKey } from '../proof.ts';
import { toLittleEndian } from '../setup/little-endian.ts';
import { malformedKey, parseVerificationKey } from '../verification-key.ts';
import type { ParsedClaim } from '../verify.ts';
import type { NativeAddon } from './addon.ts';

/** First number that the addon cannot be given. */
const NUMBER_LIMIT = 2n ** 256n;

/** `verifyProofs` with the addon, off the event loop. Claims that were of the wrong format are undefined. */
export async function verifyNatively(
  addon: NativeAddon,
  vkey: unknown,
  claims: readonly (ParsedClaim | undefined)[],
): Promise<boolean[]> {
  const key = parseVerificationKey(vkey);
  const numbers = keyPoints(key).flatMap(({ field, json, coordinates }) => {
    if (coordinates !== undefined) return coordinates;
    throw malformedKey({
      field,
      problem: isInfinity(json) ? 'the point at infinity' : 'not a point of the group',
    });
  });
  try {
    // A claim without numbers is one of wrong length: it does not hold.
    return await addon.verifyProofs(
      numbers,
      claims.map((claim) => (claim && claimNumbers(claim)) ?? []),
    );
  } catch (error) {
    throw explain(error, key);
  }
}

/** The key's points in the addon's order; without coordinates where one is at infinity or not even a point's JSON. */
function keyPoints(key: VerificationKey) {
  return [
    g1('vk_alpha_1', key.vk_alpha_1),
    g2('vk_beta_2', key.vk_beta_2),
    g2('vk_gamma_2', key.vk_gamma_2),
    g2('vk_delta_2', key.vk_delta_2),
    ...key.IC.map((json, i) => g1(`IC.${i}`, json)),
  ];
}

function g1(field: string, json: G1Json) {
  return { field, json, coordinates: g1Numbers(json) };
}

function g2(field: string, json: G2Json) {
  return { field, json, coordinates: g2Numbers(json) };
}

function claimNumbers({ proof, publicSignals }: ParsedClaim): bigint[] | undefined {
  const [a, b, c] = [g1Numbers(proof.pi_a), g2Numbers(proof.pi_b), g1Numbers(proof.pi_c)];
  const signals = numbersOf(publicSignals);
  return a && b && c && signals && [...a, ...b, ...c, ...signals];
}

/** x and y; undefined for the point at infinity too. */
function g1Numbers([x, y, z]: G1Json): bigint[] | undefined {
  return z === '1' ? numbersOf([x, y]) : undefined;
}

function g2Numbers([x, y, [z0, z1]]: G2Json): bigint[] | undefined {
  return z0 === '1' && z1 === '0' ? numbersOf([...x, ...y]) : undefined;
}

function numbersOf(decimals: readonly string[]): bigint[] | undefined {
  const numbers = decimals.map(BigInt);
  return numbers.every((number) => number < NUMBER_LIMIT) ? numbers : undefined;
}

function isInfinity(json: G1Json | G2Json): boolean {
  return ['0,1,0', '0,0,1,0,0,0'].includes(json.flat().join());
}

function explain(error: unknown, key: VerificationKey): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (error.code === 'bad-verification-key' && 'details' in error) {
    const { point } = error.details as { point: number };
    return malformedKey({ field: keyPoints(key)[point]?.field, problem: 'not a point of the group' });
  }
  if (error.code === 'forgeable-key') {
    const bytes = (json: G2Json) =>
      Buffer.concat(g2Numbers(json)!.map((coordinate) => toLittleEndian(coordinate, 32)));
    refuseForgeableKey(
      { beta: bytes(key.vk_beta_2), gamma: bytes(key.vk_gamma_2), delta: bytes(key.vk_delta_2) },
      {},
    );
  }
  return new MillraceError('internal', 'verifier-failed', `The native verifier failed: ${error.message}`, {
    details: { code: error.code },
    fix: 'Check free memory, then verify again.',
    cause: error,
  });
}
