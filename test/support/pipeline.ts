import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeFee, encodeFee } from '../../protocol/fee.ts';
import { ensureArtifacts, ensureExitArtifacts } from '../../prover/artifacts/ensure-artifacts.ts';
import type { ShapeArtifacts } from '../../prover/artifacts/load-artifacts.ts';
import { componentLogger } from '../../prover/log.ts';
import { freeLoopbackPort } from '../../prover/loopback-port.ts';
import { type PrivateRedis, startPrivateRedis } from '../../prover/redis.ts';
import { type DemoL1, startDemoL1 } from '../../scripts/demo/demo-l1.ts';
import { Payments } from '../../scripts/demo/payments.ts';
import { PlainLedger } from '../../scripts/demo/plain-ledger.ts';
import type { TokenOfFile } from '../../scripts/demo/transfers-csv.ts';
import { untilQueueIsRead } from '../../scripts/demo/waiting.ts';
import { DemoWallets } from '../../scripts/demo/wallets.ts';
import { KeptProcess } from './kept-process.ts';
import { PatientApi } from './patient-api.ts';
import { Premises } from './premises.ts';
import { type RpcProxy, startRpcProxy } from './rpc-proxy.ts';

export interface PipelineOptions {
  /** Worker processes that the node runs itself. */
  readonly localWorkers: number;
  /** `private`: the node runs a Redis of its own. `shared`: there is one for all, which workers from outside can use. */
  readonly redis: 'private' | 'shared';
  /** `millrace worker` processes on the shared Redis. */
  readonly workers?: number;
  /** Whether the rollup has a shape for blobs too, and the node puts all data there. */
  readonly blobs?: true;
  /** Deposits by L1 address, in units; the operator's come by themselves. */
  readonly deposits: ReadonlyMap<string, bigint>;
}

/** Units that every op pays to the operator. */
const FEE = encodeFee(10n);
const OPERATOR_DEPOSIT = 1n;
const BATCH_AGE_MS = 500;
export const ETH: TokenOfFile = {
  symbol: 'ETH',
  decimals: 18,
  unitExponent: 9,
  roundedOff: 0n,
  roundedTransfers: 0,
};

/**
 * The whole rollup as processes: a local L1, reached over a connection that can be cut, `millrace node`, workers and Redis;
 * and wallets that pay in ETH through the node's API, with a ledger of plain arithmetic.
 */
export class Pipeline {
  /** Where the node's processes and theirs are. */
  readonly premises: Premises;
  readonly artifacts: ShapeArtifacts;
  readonly l1: DemoL1;
  /** What the node takes for L1. */
  readonly connection: RpcProxy;
  /** The shared one, if there is one. */
  readonly redis: PrivateRedis | undefined;
  readonly node: KeptProcess;
  readonly workers: KeptProcess[] = [];
  readonly apiUrl: string;
  /** The node's store. */
  readonly storeFolder: string;
  readonly api: PatientApi;
  readonly wallets = new DemoWallets();
  readonly ledger = new PlainLedger();
  readonly payments: Payments;
  /** Of the fee accounts. */
  readonly operator: string;
  /** The L1 block of the last deposit. */
  depositBlock = 0;
  readonly #resources: AsyncDisposableStack;

  private constructor(
    parts: Pick<Pipeline, 'premises' | 'artifacts' | 'l1' | 'connection' | 'redis'>,
    folder: string,
    port: number,
    { localWorkers, blobs }: PipelineOptions,
    resources: AsyncDisposableStack,
  ) {
    const { premises, artifacts, l1, connection, redis } = parts;
    this.premises = premises;
    this.artifacts = artifacts;
    this.l1 = l1;
    this.connection = connection;
    this.redis = redis;
    this.#resources = resources;
    this.operator = l1.deployment.operator.toLowerCase();
    this.storeFolder = join(folder, 'store');
    this.node = new KeptProcess(['node'], {
      ...this.#workerEnv,
      MILLRACE_DATA_DIR: this.storeFolder,
      MILLRACE_DEPLOYMENT: join(folder, 'deployment.json'),
      MILLRACE_L1_RPC_URL: connection.url,
      MILLRACE_OPERATOR_KEY: l1.operatorKey,
      MILLRACE_FEE_KEY_HASH: String(this.wallets.of(this.operator).keyHash),
      MILLRACE_WORKERS: String(localWorkers),
      MILLRACE_BATCH_AGE_MS: String(BATCH_AGE_MS),
      MILLRACE_CONFIRMATIONS: '0',
      MILLRACE_L1_POLL_MS: '100',
      MILLRACE_HTTP_PORT: String(port),
      ...(blobs ? { MILLRACE_DA: 'blob' } : {}),
    });
    this.apiUrl = `http://127.0.0.1:${port}`;
    this.api = new PatientApi(this.apiUrl);
    const { api, wallets, ledger } = this;
    const { tokenIds, deployment } = l1;
    const fee = decodeFee(FEE);
    const domain = BigInt(deployment.domain);
    this.payments = new Payments({ api, wallets, ledger, tokenIds, domain, feeCode: FEE, fee });
  }

  /** Starts everything and makes the deposits; the node has read them when this returns. */
  static async start(options: PipelineOptions): Promise<Pipeline> {
    const { redis, workers = 0, blobs, deposits } = options;
    const resources = new AsyncDisposableStack();
    try {
      const folder = await mkdtemp(join(tmpdir(), 'millrace-pipeline-'));
      resources.defer(() => rm(folder, { recursive: true }));
      const artifacts = await ensureArtifacts('tiny');
      const exit = await ensureExitArtifacts(artifacts.manifest.shape.depth);
      const forBlobs = blobs ? [await ensureArtifacts('tiny-blob')] : [];
      const l1 = await startDemoL1([ETH], [artifacts, ...forBlobs], exit);
      resources.defer(() => l1.stop());
      await writeFile(join(folder, 'deployment.json'), JSON.stringify(l1.deployment));
      const connection = await startRpcProxy(l1.chain.url);
      resources.defer(() => connection.close());
      const shared = redis === 'shared' ? await startSharedRedis() : undefined;
      resources.defer(async () => shared?.stop());
      const premises = await Premises.open();
      resources.defer(() => premises.close());
      const parts = { premises, artifacts, l1, connection, redis: shared };
      const port = await freeLoopbackPort();
      const pipeline = new Pipeline(parts, folder, port, options, resources);
      for (let i = 0; i < workers; i++) pipeline.addWorker();
      await pipeline.#deposit(deposits);
      return pipeline;
    } catch (error) {
      await resources.disposeAsync();
      throw error;
    }
  }

  /** Starts one more `millrace worker` on the shared Redis. */
  addWorker(): void {
    this.workers.push(new KeptProcess(['worker', '--artifacts', this.artifacts.folder], this.#workerEnv));
  }

  /** Credits the fees of all ops so far to the operator, in the ledger. To be called once, in the end. */
  creditFees(): void {
    for (const [token, fees] of this.payments.feesPaid) this.ledger.credit(this.operator, token, fees);
  }

  /** Ends the node and its workers in order. @returns what did not end well or is left behind; empty if all is well */
  async stop(): Promise<string[]> {
    const kept = [this.node, ...this.workers];
    const codes = await Promise.all(kept.map((process) => process.stop()));
    const wrong = codes.filter((code) => code !== 0).map((code) => `exit code ${code} at the end`);
    const crashes = kept.flatMap((process) => process.crashes).map((code) => `crash with exit code ${code}`);
    return [...wrong, ...crashes, ...(await this.premises.leftovers())];
  }

  /** Ends everything, also what did not end by itself. */
  async close(): Promise<void> {
    await Promise.all([this.node, ...this.workers].map((process) => process.stop()));
    await this.#resources.disposeAsync();
  }

  get #workerEnv(): Record<string, string | undefined> {
    const { redis } = this;
    return {
      ...this.premises.env,
      MILLRACE_LOG_LEVEL: 'warn',
      ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
    };
  }

  async #deposit(deposits: ReadonlyMap<string, bigint>): Promise<void> {
    const all = [[this.operator, OPERATOR_DEPOSIT], ...deposits] as const;
    const token = this.l1.tokenIds.get(ETH.symbol)!;
    const requests = all.map(([address, units]) => ({
      token,
      units,
      keyHash: this.wallets.of(address).keyHash,
    }));
    await this.l1.depositor.deposit(requests);
    this.depositBlock = await this.l1.provider.getBlockNumber();
    for (const [address, units] of all) this.ledger.credit(address, ETH.symbol, units);
    await untilQueueIsRead(this.api, all.length, () => undefined);
  }
}

async function startSharedRedis(): Promise<PrivateRedis> {
  const logger = componentLogger('test');
  logger.level = 'silent'; // that it dies and comes back is what these tests are about
  const redis = await startPrivateRedis({ logger });
  if (redis === undefined) throw new Error('these tests need redis-server');
  return redis;
}
