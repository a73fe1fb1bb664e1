import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProofOnL1, proofOnL1 } from '../../aggregator/verifying-key.ts';
import { addressToInteger } from '../../protocol/domain.ts';
import { FIELD } from '../../protocol/field.ts';
import { type L2Op, signOp } from '../../protocol/ops.ts';
import { SHAPES } from '../../protocol/shape.ts';
import { State } from '../../protocol/state.ts';
import { BatchDraft } from '../../protocol/transition.ts';
import { ensureArtifacts } from '../../prover/artifacts/ensure-artifacts.ts';
import type { ShapeArtifacts } from '../../prover/artifacts/load-artifacts.ts';
import type { Groth16Proof } from '../../prover/proof.ts';
import { type LocalL1, startLocalL1 } from '../../scripts/local-l1.ts';
import { proveBatch } from '../support/prove-batch.ts';
import { holder } from '../support/random-batch.ts';
import { type BatchInput, RollupOnL1 } from '../support/rollup-on-l1.ts';

const [operator, alice, bob] = [holder(0), holder(1), holder(2)];
const DEPOSITS = [
  { token: 1, units: 1n, keyHash: operator.keyHash },
  { token: 1, units: 1_000_000n, keyHash: alice.keyHash },
];
/** Order of the base field of BN254. */
const BASE_FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

/** First byte of each section of the data of two L1 ops and two signed ops, and their end (docs/protocol.md, section 3.3). */
const SECTIONS = {
  'fee accounts': 0,
  'number of L1 ops': 16,
  'first L1 op': 18,
  'second L1 op': 125,
  'number of signed ops': 232,
  types: 234,
  'op data': 265,
  'number of auxiliary values': 296,
  'key of the new account': 298,
  'owner of the withdrawal': 331,
  end: 364,
};

let artifacts: ShapeArtifacts;
let l1: LocalL1;
let rollup: RollupOnL1;
/** The one batch of this file, with a real proof, and the calldata that finalizes it. */
let input: BatchInput;
let proof: Groth16Proof;
let call: string;

beforeAll(async () => {
  artifacts = await ensureArtifacts('tiny');
  l1 = await startLocalL1();
  rollup = await RollupOnL1.deploy(l1, artifacts, 2);
  await rollup.user.deposit(DEPOSITS);

  const domain = BigInt(rollup.deployment.domain);
  const context = { domain, number: 1, feeAccounts: new Map([[1, 1]]) };
  const draft = new BatchDraft(new State(SHAPES.tiny.depth), SHAPES.tiny, context);
  const depositor = addressToInteger(rollup.user.address);
  for (const { token, units: amount, keyHash } of DEPOSITS)
    draft.addL1({ type: 'deposit', depositor, token, amount, keyHash });
  const payment = { from: 2, token: 1, amount: 1000n, feeCode: 25 };
  const ops: L2Op[] = [
    { type: 'transferToNew', ...payment, nonce: 0, toKeyHash: bob.keyHash },
    { type: 'withdraw', ...payment, nonce: 1 },
  ];
  for (const op of ops) draft.addL2(signOp(op, alice.key, alice.owner, domain));
  const sealed = draft.seal(SHAPES.tiny, 0);
  proof = await proveBatch(artifacts, sealed);
  input = { shape: 0, newRoot: sealed.newRoot, c: sealed.c, data: sealed.data };
  call = rollup.commitAndProve(input, proof);
}, 600_000);

afterAll(async () => {
  rollup.close();
  await l1.stop();
});

/** The data with one bit of one byte changed. */
function flipped(position: number, bit = position % 8): BatchInput {
  const data = Uint8Array.from(input.data);
  data[position]! ^= 1 << bit;
  return { ...input, data };
}

const reversed = <T>([a, b]: readonly [T, T]): [T, T] => [b, a];

describe('L1 refuses a proven batch', () => {
  it('with another bit in any byte of its data', { timeout: 120_000 }, async () => {
    expect(input.data).toHaveLength(SECTIONS.end);
    const refusals = await Promise.all(
      Array.from(input.data, (_, i) => rollup.refusal(rollup.commitAndProve(flipped(i), proof))),
    );
    expect(refusals.flatMap((code, i) => (code === undefined ? [`byte ${i}`] : []))).toEqual([]);
    // Where the data still have their form, it is the proof that does not hold.
    expect(refusals[SECTIONS['fee accounts'] + 3]).toBe('l1-invalid-proof');
    expect(refusals[SECTIONS['op data'] + 25]).toBe('l1-invalid-proof');
    expect(refusals[SECTIONS['first L1 op']]).toBe('l1-op-mismatch');
    expect(refusals[SECTIONS['first L1 op'] + 106]).toBe('l1-invalid-proof');
    expect(refusals[SECTIONS['owner of the withdrawal'] + 32]).toBe('l1-invalid-proof');
    // The first op becomes a withdrawal, whose auxiliary value is no address.
    expect(refusals[SECTIONS.types + 30]).toBe('l1-payout-owner-out-of-range');
  });

  it('with a byte more or less', async () => {
    const { data } = input;
    for (const other of [
      data.subarray(1),
      data.subarray(0, -1),
      Uint8Array.of(...data, 0),
      data.subarray(0, 0),
    ])
      expect(await rollup.refusal(rollup.commitAndProve({ ...input, data: other }, proof))).toBeDefined();
  });

  it('also when the call is mined, and then nothing has changed', { timeout: 120_000 }, async () => {
    const before = await rollup.state();
    const ends = Object.values(SECTIONS).slice(1);
    for (const position of ends.map((end) => end - 1))
      expect(await rollup.mine(rollup.commitAndProve(flipped(position), proof))).toBe(false);
    expect(await rollup.state()).toEqual(before);
  });

  it('with another state root', async () => {
    for (const newRoot of [input.newRoot + 1n, input.newRoot ^ (1n << 252n), 0n])
      expect(await rollup.refusal(rollup.commitAndProve({ ...input, newRoot }, proof))).toBe(
        newRoot < FIELD ? 'l1-invalid-proof' : 'l1-root-out-of-range',
      );
    const alias = { ...input, newRoot: input.newRoot + FIELD };
    expect(await rollup.refusal(rollup.commitAndProve(alias, proof))).toBe('l1-root-out-of-range');
  });

  it('with another hash C of its data', async () => {
    const other = rollup.commitAndProve({ ...input, c: (input.c + 1n) % FIELD }, proof);
    expect(await rollup.refusal(other)).toBe('l1-invalid-proof');
    const alias = rollup.commitAndProve({ ...input, c: input.c + FIELD }, proof);
    expect(await rollup.refusal(alias)).toBe('l1-commitment-out-of-range');
  });

  it('with another element of the proof', async () => {
    const { a, b, c } = proofOnL1(proof);
    const points: [string, ProofOnL1][] = [
      ['A and C in each other’s place', { a: c, b, c: a }],
      ['-A', { a: [a[0], String(BASE_FIELD - BigInt(a[1]))], b, c }],
      ['-C', { a, b, c: [c[0], String(BASE_FIELD - BigInt(c[1]))] }],
      ['another B', { a, b: proofOnL1({ ...proof, pi_b: artifacts.vkey.vk_beta_2 }).b, c }],
      ['A = alpha', { a: [artifacts.vkey.vk_alpha_1[0], artifacts.vkey.vk_alpha_1[1]], b, c }],
    ];
    for (const [name, other] of points)
      expect(await rollup.refusal(rollup.commitAndProve(input, other)), name).toBe('l1-invalid-proof');

    const noPoints: ProofOnL1[] = [
      { a: ['0', '0'], b, c },
      { a, b, c: ['0', '0'] },
      { a: reversed(a), b, c },
      { a, b: reversed(b), c },
      { a, b: [reversed(b[0]), reversed(b[1])], c },
      { a: [String(BigInt(a[0]) + 1n), a[1]], b, c },
      { a: [String(BigInt(a[0]) + BASE_FIELD), a[1]], b, c },
      { a, b, c: [c[0], String(BigInt(c[1]) + BASE_FIELD)] },
    ];
    for (const other of noPoints)
      expect(await rollup.refusal(rollup.commitAndProve(input, other))).toBeDefined();
  });

  it('under the id of another shape, though that has the same circuit and key', async () => {
    expect(await rollup.refusal(rollup.commitAndProve({ ...input, shape: 1 }, proof))).toBe(
      'l1-invalid-proof',
    );
    expect(await rollup.refusal(rollup.commitAndProve({ ...input, shape: 2 }, proof))).toBe(
      'l1-unknown-shape',
    );
  });

  it('from anyone but the operator', async () => {
    expect(await rollup.refusal(call, rollup.user.address)).toBe('l1-not-operator');
  });

  it('in another rollup with the same queue', async () => {
    const other = await RollupOnL1.deploy(l1, artifacts);
    await other.user.deposit(DEPOSITS);
    expect(await other.refusal(call)).toBe('l1-invalid-proof');
    other.close();
  });

  it('on another chain, in the rollup of the same address with the same queue', async () => {
    const chain = await startLocalL1({ chainId: 1337 });
    try {
      const other = await RollupOnL1.deploy(chain, artifacts, 2);
      expect(other.deployment.rollup).toBe(rollup.deployment.rollup);
      await other.user.deposit(DEPOSITS);
      expect(await other.refusal(call)).toBe('l1-invalid-proof');
      other.close();
    } finally {
      await chain.stop();
    }
  });
});

describe('a batch that is committed first and proven later', () => {
  it('cannot be proven if another bit of its data was committed', async () => {
    for (const position of [SECTIONS['fee accounts'] + 3, SECTIONS['op data'] + 25, SECTIONS.end - 1]) {
      const refusal = await rollup.undone(async () => {
        expect(await rollup.mine(rollup.commit(flipped(position)))).toBe(true);
        return rollup.refusal(rollup.prove(await rollup.committedHeader(), proof));
      });
      expect(refusal).toBe('l1-invalid-proof');
    }
  });

  it('is finalized by its own header and proof alone, and once', async () => {
    const before = await rollup.state();
    await rollup.undone(async () => {
      expect(await rollup.mine(rollup.commit(input))).toBe(true);
      expect(await rollup.refusal(call)).toBe('l1-unproven-batches');
      const header = await rollup.committedHeader();
      const changes = [
        { number: header.number + 1n },
        { shape: 1n },
        { committedAt: header.committedAt + 1n },
        { l1End: header.l1End - 1n },
        { newRoot: header.newRoot + 1n },
        { c: header.c + 1n },
        { z: header.z + 1n },
        { y: header.y + 1n },
        { payoutsRoot: `0x${'0'.repeat(64)}` },
      ];
      for (const change of changes)
        expect(await rollup.refusal(rollup.prove({ ...header, ...change }, proof))).toBe('l1-not-committed');
      const otherProof = { ...proof, pi_a: proof.pi_c };
      expect(await rollup.mine(rollup.prove(header, otherProof))).toBe(false);
      expect(await rollup.state()).toMatchObject({ finalizedNumber: 0, finalizedRoot: before.finalizedRoot });

      // Whoever likes may prove.
      expect(await rollup.refusal(rollup.prove(header, proof), rollup.user.address)).toBeUndefined();
      expect(await rollup.mine(rollup.prove(header, proof))).toBe(true);
      expect(await rollup.state()).toMatchObject({ finalizedNumber: 1, finalizedRoot: input.newRoot });
      expect(await rollup.refusal(rollup.prove(header, proof))).toBe('l1-not-committed');
      expect(await rollup.refusal(rollup.commit(input))).toBe('l1-parent-mismatch');
    });
    expect(await rollup.state()).toEqual(before);
  });
});

describe('the unaltered batch', () => {
  it('is finalized in one call, and never again', async () => {
    expect(await rollup.mine(call)).toBe(true);
    const after = await rollup.state();
    expect(after).toMatchObject({ finalizedNumber: 1, l1Finalized: 2, finalizedRoot: input.newRoot });
    expect(await rollup.refusal(call)).toBe('l1-queue-exhausted');
    expect(await rollup.mine(call)).toBe(false);
    expect(await rollup.state()).toEqual(after);
  });

  it('is no good a second time, though the queue has the same ops again', async () => {
    await rollup.user.deposit(DEPOSITS);
    expect(await rollup.refusal(call)).toBe('l1-invalid-proof');
  });
});
