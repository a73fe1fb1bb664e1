import { z } from 'zod';
import { addressToInteger, domain } from './domain.ts';
import { MillraceError } from './error.ts';

const addressSchema = z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'expected an address: 0x and 40 hex digits');
const hash32Schema = z.string().regex(/^0x[0-9a-f]{64}$/, 'expected 0x and 64 lower-case hex digits');
const decimalSchema = z.string().regex(/^(0|[1-9][0-9]{0,77})$/, 'expected a decimal string');

/** Stands for ETH where a token's address is asked for. */
export const ETH_ADDRESS = '0x0000000000000000000000000000000000000000';

const deployManifestSchema = z.strictObject({
  format: z.literal('millrace-deployment-1'),
  chainId: z.int().positive(),
  /** The rollup contract and the block it is in: nothing about it is in an earlier one. */
  rollup: addressSchema,
  block: z.int().nonnegative(),
  /** docs/protocol.md, section 2. */
  domain: decimalSchema,
  operator: addressSchema,
  /** Bits of an account index. */
  depth: z.int().positive().max(32),
  genesisRoot: decimalSchema,
  /** Seconds after which an L1 op that is in no committed batch is overdue. */
  l1Deadline: z.int().positive(),
  /** Seconds after which a committed batch without a proof can be reverted. */
  proofDeadline: z.int().positive(),
  /** The verifier of exit proofs, with the same of its key as the shapes have. */
  exit: z.strictObject({ verifier: addressSchema, vkHash: hash32Schema, manifestId: z.string().min(1) }),
  tokens: z.array(
    z.strictObject({
      id: z.int().positive().max(0xffff),
      symbol: z.string().min(1).max(32),
      /** The token's contract; the zero address is ETH. */
      address: addressSchema,
      decimals: z.int().nonnegative().max(255),
      /** The rollup's unit is `10^unitExponent` of the token's smallest unit. */
      unitExponent: z.int().nonnegative().max(77),
    }),
  ),
  shapes: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        /** Place in the rollup's list of verifiers. */
        shapeId: z.int().nonnegative().max(255),
        n2: z.int().positive(),
        n1: z.int().positive(),
        m: z.int().positive(),
        /** There if the data of its batches are in blobs. */
        blob: z.literal(true).optional(),
        verifier: addressSchema,
        /** Hash of the verification key as the verifier contract gives it. */
        vkHash: hash32Schema,
        /** Id of the artifact manifest that the key belongs to. */
        manifestId: z.string().min(1),
      }),
    )
    .min(1),
  transactions: z.array(z.strictObject({ purpose: z.string(), hash: hash32Schema })),
  compiler: z.strictObject({ version: z.string(), settings: z.record(z.string(), z.unknown()) }),
  /** Whether a key comes from a dev setup, whose maker can forge proofs. */
  devKeys: z.boolean(),
});

/** What was deployed where: all that a node, a wallet or a restorer has to know of a rollup. */
export type DeployManifest = z.infer<typeof deployManifestSchema>;

/**
 * Reads a deployment manifest.
 * @param value the file's parsed JSON
 * @throws {MillraceError} `input/bad-deployment` that names the first wrong field
 */
export function parseDeployManifest(value: unknown): DeployManifest {
  const parsed = deployManifestSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw badManifest(issue?.path.join('.') ?? '', issue?.message ?? 'unreadable');
  }
  const manifest = parsed.data;
  if (BigInt(manifest.domain) !== domain(BigInt(manifest.chainId), manifest.rollup)) {
    throw badManifest('domain', 'it is not the domain of this chain and rollup');
  }
  manifest.shapes.forEach((shape, place) => {
    if (shape.shapeId !== place) throw badManifest(`shapes.${place}.shapeId`, `expected ${place}`);
  });
  const ids = new Set(manifest.tokens.map(({ id }) => id));
  if (ids.size !== manifest.tokens.length) throw badManifest('tokens', 'two tokens have one id');
  const addresses = new Set(manifest.tokens.map(({ address }) => addressToInteger(address)));
  if (addresses.size !== manifest.tokens.length) throw badManifest('tokens', 'two tokens have one address');
  return manifest;
}

function badManifest(field: string, problem: string): MillraceError {
  return new MillraceError('input', 'bad-deployment', 'This is not the manifest of a deployment', {
    details: { field, problem },
    fix: 'Pass the file that `millrace deploy` wrote, unchanged.',
  });
}
