import { join } from 'node:path';
import type { Logger } from 'pino';
import { Aggregator } from '../../aggregator/aggregator.ts';
import { CallTiming } from '../../aggregator/call-timing.ts';
import { rollupEnded } from '../../aggregator/exit-mode.ts';
import { CALLDATA_BYTES_CAP } from '../../aggregator/fees.ts';
import { persistently } from '../../aggregator/l1-connection.ts';
import { operatorWallet } from '../../aggregator/operator-key.ts';
import { blobHasher } from '../../aggregator/packed-blob.ts';
import { verifyingKeyHash } from '../../aggregator/verifying-key.ts';
import { Admission } from '../../batcher/admission.ts';
import {
  type NodeHealth,
  type NodeStatus,
  nodeStatus,
  oldestL1AgeMs,
  type StatusSource,
} from '../../batcher/api/status-route.ts';
import { startApi } from '../../batcher/api.ts';
import { StoredBatchSource } from '../../batcher/batch-source.ts';
import { BlobGroups } from '../../batcher/blob-groups.ts';
import type { NodeConfig } from '../../batcher/config.ts';
import { L1Intake } from '../../batcher/l1-intake.ts';
import { rollupShapes } from '../../batcher/rollup-shapes.ts';
import { Sealer } from '../../batcher/sealing.ts';
import { Sequencer } from '../../batcher/sequencer.ts';
import { Store } from '../../batcher/store.ts';
import { type DeployManifest, parseDeployManifest } from '../../protocol/deploy-manifest.ts';
import { MillraceError } from '../../protocol/error.ts';
import { shapeByName } from '../../protocol/shape.ts';
import { artifactFolder } from '../../prover/artifacts/artifact-folder.ts';
import { componentLogger } from '../../prover/log.ts';
import { type Proving, startProving } from '../../prover/proving.ts';
import { readJsonFile } from '../text-file.ts';
import { Cleanup } from './cleanup.ts';
import { dataChoice, dataStatus, usableShapes } from './data-places.ts';
import { deployedArtifacts } from './deployed-artifacts.ts';
import { ProofPump } from './proof-pump.ts';
import { tokensWithoutFee } from './tokens-without-fee.ts';

/** A node that runs in this process. */
export interface RunningNode {
  /** e.g. `http://127.0.0.1:7180` */
  readonly apiUrl: string;
  readonly deployment: DeployManifest;
  readonly store: Store;
  readonly proving: Proving;
  status(): NodeStatus;
  /** Seals what was admitted so far without waiting for the age limit. */
  flush(): Promise<void>;
  /** Ends all parts, in order; nothing is lost, the next start goes on from here. */
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Gives up a start that waits for L1: its reason is thrown. */
  readonly signal?: AbortSignal;
  readonly logger?: Logger;
}

/**
 * Starts a node: batcher, API, provers on this machine and aggregator. It waits while L1 cannot be reached. In a rollup
 * that is in exit mode, or once it is, the node takes in, seals, proves and submits nothing; it follows L1 and answers.
 * @throws {MillraceError} for settings, artifacts, store and deployment that do not belong together; see the parts
 */
export async function startNode(config: NodeConfig, options: StartOptions = {}): Promise<RunningNode> {
  const cleanup = new Cleanup();
  try {
    return await start(config, cleanup, options);
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

async function start(
  config: NodeConfig,
  cleanup: Cleanup,
  { signal = new AbortController().signal, logger = componentLogger('node') }: StartOptions,
): Promise<RunningNode> {
  const deployment = parseDeployManifest(await readJsonFile(config.deployment, 'deployment manifest'));
  assertFinalityWait(config, deployment.l1Deadline);
  const shapes = await usableShapes(rollupShapes(deployment, config.shapes), config.da, logger);
  const wallet = operatorWallet(config);

  const store = Store.open(config.dataDir, {
    chainId: deployment.chainId,
    rollup: deployment.rollup,
    domain: BigInt(deployment.domain),
    depth: deployment.depth,
    genesisRoot: BigInt(deployment.genesisRoot),
  });
  cleanup.add(() => store.close());
  // A batch that is sealed stays in its shape, whatever the settings are now.
  const names = [...new Set([...shapes.map(({ shape }) => shape.name), ...store.batches.shapesInWork()])];
  // Also where new batches go to calldata only: one that is sealed for a blob needs it.
  const versionedHash = names.some((name) => shapeByName(name).blob) ? await blobHasher() : undefined;
  const artifacts = await deployedArtifacts(config.artifacts ?? artifactFolder(), deployment, names);
  const { feeKeyHash, minimumFees, batchAgeMs } = config;
  const choice = dataChoice(shapes, config, logger.child({ part: 'data-choice' }));
  const sequencer = new Sequencer(store, {
    shapes,
    feeKeyHash,
    dataPlace: () => choice.place,
    logger: logger.child({ part: 'sequencer' }),
  });
  sequencer.on('rejected', (op, { code, message }) => logger.warn({ op, code }, `op rejected: ${message}`));
  const sealer = new Sealer({ sequencer, batchAgeMs, logger: logger.child({ part: 'sealer' }) });
  cleanup.add(() => sealer.close());
  const freeTokens = tokensWithoutFee(deployment, minimumFees);
  if (freeTokens.length > 0) {
    logger.warn(
      { tokens: freeTokens },
      'ops of these tokens are taken without a fee: set MILLRACE_MINIMUM_FEES, or anyone can fill the batches for nothing',
    );
  }
  const admission = new Admission(store, sequencer, { minimumFees });
  cleanup.add(() => admission.close());

  const { workers, backend, redisUrl } = config;
  const proving = await startProving({
    shapes: artifacts,
    workers,
    backend,
    ...(redisUrl === undefined ? {} : { redisUrl }),
    logger: logger.child({ part: 'proving' }),
  });
  let provingEnd: Promise<void> | undefined;
  const stopProving = () => (provingEnd ??= proving.stop());
  cleanup.add(stopProving);
  const pump = new ProofPump({
    store,
    sequencer,
    dispatcher: proving.dispatcher,
    manifestIds: new Map([...artifacts].map(([name, { manifestId }]) => [name, manifestId])),
    logger,
  });

  const { finality, finalityWaitMs: waitMs, maxBatchesPerCall, l1PollMs } = config;
  // Half of the deadline: after that proving has to be left enough time.
  const isUrgent = () => (oldestL1AgeMs(store) ?? 0) > deployment.l1Deadline * 500;
  const timing = (part: string) =>
    new CallTiming({ finality, waitMs, isUrgent, logger: logger.child({ part }) });
  const blobGroups =
    versionedHash &&
    new BlobGroups({
      store,
      sequencer,
      mostBatches: maxBatchesPerCall,
      mostBytes: CALLDATA_BYTES_CAP,
      timing: timing('blob-groups'),
      versionedHash,
      onProofWanted: (number) => pump.request(number),
      pollMs: l1PollMs,
      logger: logger.child({ part: 'blob-groups' }),
    });
  cleanup.add(() => blobGroups?.close());

  let exitMode: NodeHealth['exitMode'] = null;
  const onExitMode = (lastBatch: number): void => {
    exitMode = { lastBatch };
    const reason = rollupEnded(lastBatch);
    logger.error(
      { code: reason.code, lastBatch },
      'the rollup is in exit mode: from now on the node only answers',
    );
    admission.end(reason);
    sealer.close();
    blobGroups?.close();
    stopProving().catch((error: unknown) => logger.error({ err: error }, 'the provers did not stop'));
  };
  const aggregatorOptions = {
    rpcUrl: config.l1RpcUrl,
    deployment,
    wallet,
    sink: new L1Intake(store, sequencer),
    source: new StoredBatchSource(store, sequencer, (number) => pump.request(number)),
    journal: store.transactions,
    keys: new Map(
      [...artifacts].map(([name, { manifestId, vkey }]) => [
        name,
        { manifestId, vkHash: verifyingKeyHash(vkey), verificationKey: vkey },
      ]),
    ),
    confirmations: config.confirmations,
    maxFeePerGas: config.maxFeePerGas,
    maxBatchesPerCall,
    timing: timing('aggregator'),
    onPrices: choice.isOpen ? choice.update.bind(choice) : undefined,
    blobFolder: join(config.dataDir, 'blobs'),
    pollMs: l1PollMs,
    logger: logger.child({ part: 'aggregator' }),
    onExitMode,
  };
  const aggregator = await persistently(() => Aggregator.start(aggregatorOptions), { signal, logger });
  cleanup.add(() => aggregator.stop());

  const source: StatusSource = {
    store,
    sequencer,
    admission,
    shapes,
    tokens: deployment.tokens,
    minimumFees,
    l1Deadline: deployment.l1Deadline,
    health: () => ({
      data: dataStatus(choice),
      proving: {
        transport: proving.transport,
        workers: proving.transport === 'embedded' ? workers : proving.workerPids().length,
        unproven: proving.dispatcher.unproven.length,
      },
      exitMode,
      l1Failures: Object.fromEntries([...aggregator.failures].map(([part, error]) => [part, brief(error)])),
    }),
  };
  const { httpHost: host, httpPort: port } = config;
  const api = await startApi({ ...source, host, port, logger: logger.child({ part: 'api' }) });
  cleanup.add(() => api.close());
  logger.info(
    { api: api.url, rollup: deployment.rollup, shapes: names, transport: proving.transport },
    'node runs',
  );

  return {
    apiUrl: api.url,
    deployment,
    store,
    proving,
    status: () => nodeStatus(source),
    flush: async () => {
      await sealer.flush();
      blobGroups?.flush();
    },
    stop: () => cleanup.run(),
  };
}

function brief(error: unknown): { code: string; message: string } {
  if (error instanceof MillraceError) return { code: error.code, message: error.message };
  return { code: 'l1-failure', message: 'L1 cannot be asked; the log says why' };
}

/**
 * A batch that waits for others must not bring its L1 ops near their deadline.
 *
 * @param l1Deadline seconds
 */
function assertFinalityWait({ finality, finalityWaitMs }: NodeConfig, l1Deadline: number): void {
  const longestMs = l1Deadline * 250;
  if (finality === 'fast' || finalityWaitMs <= longestMs) return;
  throw new MillraceError(
    'input',
    'finality-wait',
    `Proven batches may wait for ${finalityWaitMs} ms, more than a quarter of the rollup's deadline for L1 ops`,
    {
      details: { finalityWaitMs, longestMs, l1Deadline },
      fix: `Set MILLRACE_FINALITY_WAIT_MS to ${longestMs} at most, or MILLRACE_FINALITY to fast.`,
    },
  );
}
