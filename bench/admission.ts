import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Admission } from '../batcher/admission.ts';
import { L1Intake } from '../batcher/l1-intake.ts';
import { Sequencer } from '../batcher/sequencer.ts';
import { Store } from '../batcher/store.ts';
import { domain } from '../protocol/domain.ts';
import { MillraceError } from '../protocol/error.ts';
import { keyHash, keyPairFromPrivateKey, verifySignature } from '../protocol/keys.ts';
import { encodeL1Op } from '../protocol/l1-ops.ts';
import { signedOpSchema, signedOpToJson, signingMessage, signOp } from '../protocol/ops.ts';
import { SHAPES } from '../protocol/shape.ts';
import { genesisRoot } from '../protocol/state.ts';
import { type BenchResult, measured, runBenchmark, type Series } from './result.ts';

export interface AdmissionBenchOptions {
  /** Ops in each round. */
  readonly ops: number;
  readonly repeat: number;
  readonly command: string;
}

const SHAPE = SHAPES.demo;
const CHAIN_ID = 31337;
const ROLLUP = `0x${'5a'.repeat(20)}`;
const DOMAIN = domain(BigInt(CHAIN_ID), ROLLUP);
const TOKEN = 1;
const OWNER = 1n;
const BALANCE = 10n ** 12n;
const ACCOUNT = 1;

/** Of all ops of a round, seconds. */
interface Cost {
  readonly cpu: number;
  readonly wall: number;
}

interface Round {
  readonly decode: Cost;
  readonly signature: Cost;
  readonly admission: Cost;
}

/**
 * Measures what it costs a node to let signed ops in, with a store on this machine's disk: reading the JSON, checking the
 * signature, and all together, until each op is on disk. Ops come in one call, so that one write to the disk serves many.
 */
export function benchAdmission({ ops, repeat, command }: AdmissionBenchOptions): Promise<BenchResult> {
  return runBenchmark({ benchmark: 'admission', command }, async () => {
    const rounds: Round[] = [];
    for (let round = 0; round < repeat; round++) rounds.push(await measureRound(signedTransfers(ops)));
    const step = (name: string, pick: (round: Round) => Cost): Series => ({
      labels: { step: name },
      metrics: {
        cpu: measured(
          's',
          rounds.map((round) => pick(round).cpu / ops),
        ),
        wall: measured(
          's',
          rounds.map((round) => pick(round).wall / ops),
        ),
      },
    });
    return {
      series: [
        step('JSON to op', ({ decode }) => decode),
        step('signature', ({ signature }) => signature),
        step('place in a batch, and durable write', ({ decode, signature, admission }) => ({
          cpu: Math.max(0, admission.cpu - decode.cpu - signature.cpu),
          wall: Math.max(0, admission.wall - decode.wall - signature.wall),
        })),
        step('all', ({ admission }) => admission),
      ],
      notes: [`${ops} transfers a round, sent in one call; shape ${SHAPE.name}.`],
    };
  });
}

/** JSON of transfers that apply one after the other. */
function signedTransfers(count: number): unknown[] {
  const key = keyPairFromPrivateKey(new Uint8Array(32).fill(1));
  return Array.from({ length: count }, (_, nonce) => {
    const op = {
      type: 'transfer',
      from: ACCOUNT,
      to: ACCOUNT,
      token: TOKEN,
      amount: 1n,
      feeCode: 0,
      nonce,
    } as const;
    return signedOpToJson(signOp(op, key, OWNER, DOMAIN));
  });
}

async function measureRound(jsons: readonly unknown[]): Promise<Round> {
  const texts = jsons.map((json) => JSON.stringify(json));
  const [ops, decode] = await measure(() => texts.map((text) => signedOpSchema.parse(JSON.parse(text))));
  const [, signature] = await measure(() =>
    ops.map((signed) =>
      verifySignature(signed.publicKey, signed.signature, signingMessage(signed.op, DOMAIN)),
    ),
  );
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const store = Store.open(folder, {
    chainId: CHAIN_ID,
    rollup: ROLLUP,
    domain: DOMAIN,
    depth: SHAPE.depth,
    genesisRoot: genesisRoot(SHAPE.depth),
  });
  try {
    const sequencer = new Sequencer(store, {
      shapes: [{ shape: SHAPE, shapeId: 0 }],
      logger: pino({ level: 'silent' }),
    });
    fund(store, sequencer);
    const admission = new Admission(store, sequencer, { minimumFees: new Map(), maxWaiting: texts.length });
    const [outcomes, cost] = await measure(() => admission.admitMany(texts.map((text) => JSON.parse(text))));
    const refused = outcomes.find((outcome) => outcome instanceof MillraceError);
    if (refused !== undefined) throw refused;
    return { decode, signature, admission: cost };
  } finally {
    store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A deposit from L1 that makes the account. */
function fund(store: Store, sequencer: Sequencer): void {
  const { publicKey } = keyPairFromPrivateKey(new Uint8Array(32).fill(1));
  const op = {
    type: 'deposit',
    depositor: OWNER,
    token: TOKEN,
    amount: BALANCE,
    keyHash: keyHash(publicKey, OWNER),
  } as const;
  const block = { blockNumber: 1, blockHash: `0x${'0'.repeat(63)}1` };
  const location = { ...block, transactionHash: `0x${'f'.repeat(64)}` };
  new L1Intake(store, sequencer).appendL1Ops(
    [{ id: 0, elements: encodeL1Op(op), op, timestamp: 1, location }],
    block,
    true,
  );
  while (sequencer.atomically(() => sequencer.takeWaitingL1()));
}

async function measure<T>(work: () => T | Promise<T>): Promise<[result: T, cost: Cost]> {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const result = await work();
  const wall = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(before);
  return [result, { cpu: (user + system) / 1e6, wall }];
}
