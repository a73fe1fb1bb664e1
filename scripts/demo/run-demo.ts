import { readFile } from 'node:fs/promises';
import { RollupContract } from '../../aggregator/rollup-contract.ts';
import type { Store } from '../../batcher/store.ts';
import { MillraceError } from '../../protocol/error.ts';
import { decodeFee, encodeFee } from '../../protocol/fee.ts';
import type { OnArtifactProgress } from '../../prover/artifacts/artifact-progress.ts';
import { ensureArtifacts, ensureExitArtifacts } from '../../prover/artifacts/ensure-artifacts.ts';
import type { CircuitInput } from '../../prover/witness-input.ts';
import { checkBalances } from './check-balances.ts';
import { claimAll } from './claims.ts';
import { startDemoL1 } from './demo-l1.ts';
import { startDemoNode } from './demo-node.ts';
import { exportBatch } from './export-batch.ts';
import { NodeApi } from './node-api.ts';
import { type OpenAccount, openingDeposits } from './opening-deposits.ts';
import { Payments, type SentWithdrawal } from './payments.ts';
import { PlainLedger, planDeposits } from './plain-ledger.ts';
import type { DemoReport } from './report.ts';
import { reportBatches, totalGas } from './report-batches.ts';
import { parseTransfers } from './transfers-csv.ts';
import { untilFinal, untilQueueIsRead } from './waiting.ts';
import { DemoWallets } from './wallets.ts';
import { chooseWithdrawals } from './withdrawals.ts';

export interface DemoOptions {
  /** CSV with the columns of `transfers-csv.ts`. */
  readonly transfersFile: string;
  readonly workers: number;
  readonly shape: string;
  /** Folder for the files of one batch (`export-batch.ts`). */
  readonly batchFolder: string;
  /** Is given the circuit's input of each batch in turn, when all are final. */
  readonly takeInput?: (input: CircuitInput) => void;
}

export type Say = (text: string) => void;

/** Runs one step of the demo and shows it; what the step says is its progress. */
export type RunStep = <T>(title: string, step: (say: Say) => Promise<T>) => Promise<T>;

/** The step that starts node and workers. */
export const nodeStep = (workers: number): string => `Node and ${workers} workers`;
/** The step that waits for the workers. */
export const PROVING_STEP = 'Batches proven and finalized on L1';

/** Token units that every op of the demo pays to the operator. */
const FEE_UNITS = 10n;
/** What the operator deposits of each token to have fee accounts, in token units. */
const OPERATOR_DEPOSIT = 1n;
const UNITS_PER_TOKEN = (1n << 64n) - 1n;

/**
 * Takes a file of transfers to a finalized state on a local L1: deposits, signed transfers, proofs by worker
 * processes, finalization, withdrawals and claims; then checks everything against plain arithmetic.
 *
 * @param resources whatever is started is pushed here, to be ended by the caller in any case
 * @throws {MillraceError} `input` for a file that cannot be read; `internal/demo-failed` if a check fails
 */
export async function runDemo(
  { transfersFile, workers, shape, batchFolder, takeInput }: DemoOptions,
  runStep: RunStep,
  resources: AsyncDisposableStack,
): Promise<DemoReport> {
  const stages: { name: string; ms: number }[] = [];
  const step: RunStep = async (title, run) => {
    const startedAt = performance.now();
    const result = await runStep(title, run);
    stages.push({ name: title, ms: Math.round(performance.now() - startedAt) });
    return result;
  };
  const fee = decodeFee(encodeFee(FEE_UNITS));

  const file = parseTransfers(await readText(transfersFile));
  const plan = planDeposits(file.transfers, fee, UNITS_PER_TOKEN - OPERATOR_DEPOSIT);

  const setupStartedAt = performance.now();
  let built = false;
  const { artifacts, exit } = await step(`Circuit and keys of shape ${shape}`, async (say) => {
    const onProgress: OnArtifactProgress = ({ text, fraction, elapsedMs }) => {
      built = true;
      const done = fraction === undefined ? '' : ` ${Math.round(fraction * 100)} %`;
      say(`${text}${done}, ${Math.round(elapsedMs / 1000)} s`);
    };
    const artifacts = await ensureArtifacts(shape, { onProgress });
    return { artifacts, exit: await ensureExitArtifacts(artifacts.manifest.shape.depth, { onProgress }) };
  });
  const setup = {
    reused: !built,
    kind: artifacts.manifest.setup.kind,
    ms: Math.round(performance.now() - setupStartedAt),
  };

  const l1 = await step('Local L1 with tokens, verifier and rollup', () =>
    startIn(resources, () => startDemoL1(file.tokens.values(), [artifacts], exit)),
  );
  const wallets = new DemoWallets();
  const operator = l1.deployment.operator.toLowerCase();
  const node = await step(nodeStep(workers), () =>
    startIn(resources, () => startDemoNode({ l1, workers, feeKeyHash: wallets.of(operator).keyHash })),
  );
  const api = new NodeApi(node.apiUrl);

  const ledger = new PlainLedger();
  const openings: OpenAccount[] = openingDeposits(
    plan.deposits,
    [...file.tokens.keys()],
    operator,
    OPERATOR_DEPOSIT,
  );
  await step(`${openings.length} deposits through the L1 queue`, async (say) => {
    const requests = openings.map(({ address, token, amount }) => ({
      token: l1.tokenIds.get(token)!,
      units: amount,
      keyHash: wallets.of(address).keyHash,
    }));
    await l1.depositor.deposit(requests, (done) => say(`${done} of ${requests.length} on L1`));
    for (const { address, token, amount } of openings) ledger.credit(address, token, amount);
    await untilQueueIsRead(api, openings.length, say);
  });

  const domain = BigInt(l1.deployment.domain);
  const payments = new Payments({
    api,
    wallets,
    domain,
    tokenIds: l1.tokenIds,
    feeCode: encodeFee(FEE_UNITS),
    fee,
    ledger,
  });
  await step(`${plan.transfers.length} transfers signed and admitted`, async (say) => {
    for (const [i, transfer] of plan.transfers.entries()) {
      await payments.transfer(transfer);
      say(`${i + 1} of ${plan.transfers.length}`);
    }
  });
  const withdrawals = await step('Withdrawals signed and admitted', async () => {
    const sent: SentWithdrawal[] = [];
    for (const { address, token, amount } of chooseWithdrawals(ledger, fee, operator)) {
      const withdrawal = await payments.withdraw(address, token, amount);
      if (withdrawal) sent.push(withdrawal);
    }
    return sent;
  });
  for (const { token } of openings.filter(({ address }) => address === operator)) {
    const paid = payments.feesPaid.get(token) ?? 0n;
    ledger.credit(operator, token, paid);
  }

  await step(PROVING_STEP, async (say) => {
    await node.flush();
    await untilFinal(api, payments.opIds, say);
  });
  const claims = await step(`${withdrawals.length} withdrawals claimed on L1`, () =>
    claimAll(l1, api, withdrawals),
  );

  const state = await api.status();
  const onL1 = await new RollupContract(l1.provider, l1.deployment).state();
  const checks = [
    await checkBalances({ api, ledger, wallets, tokenIds: l1.tokenIds }),
    ...claims,
    {
      name: 'state root',
      ok: String(onL1.finalizedRoot) === state.stateRoot,
      detail: `L1 has ${onL1.finalizedRoot}, the store ${state.stateRoot}`,
    },
    {
      name: 'L1 queue',
      ok: onL1.l1Finalized === openings.length,
      detail: `${onL1.l1Finalized} of ${openings.length} deposits finalized`,
    },
  ];
  const records = await Promise.all(Array.from({ length: state.lastSealed }, (_, i) => api.batch(i + 1)));
  for (const { number } of records) takeInput?.(node.store.batches.witness(number)!);
  await exportBatch(node.store, state.lastSealed, artifacts, batchFolder);
  const batches = reportBatches(records);
  const gas = await totalGas(l1, records);
  const signedOps = payments.opIds.length;
  const pipelineMs = Math.max(...batches.map(({ finalAtMs }) => finalAtMs));
  const { name, n2, n1, m, depth } = artifacts.manifest.shape;
  const { constraints, domainPower } = artifacts.manifest;
  return {
    input: {
      file: transfersFile,
      lines: file.lines,
      transfers: plan.transfers.length,
      tokens: [...file.tokens.keys()],
      accounts: state.accountCount - 1,
    },
    shape: { name, n2, n1, m, depth, constraints, domainPower },
    setup,
    workers,
    queue: node.proving.transport,
    ops: { deposits: openings.length, ...payments.counts },
    batches,
    stages,
    opLatenciesMs: opLatencies(node.store, payments.opIds),
    pipelineMs,
    rates: {
      proofsPerSecond: (1000 * batches.length) / pipelineMs,
      transfersPerSecond: (1000 * signedOps) / pipelineMs,
    },
    gas: {
      total: gas,
      perBatch: Math.round(gas / batches.length),
      perSignedOp: Math.round(gas / Math.max(1, signedOps)),
    },
    roundedDown: [...file.tokens.values()]
      .filter(({ roundedTransfers }) => roundedTransfers > 0)
      .map(({ symbol, roundedTransfers, roundedOff }) => ({
        token: symbol,
        transfers: roundedTransfers,
        smallestUnits: String(roundedOff),
      })),
    skipped: [...file.skipped, ...plan.skipped, ...payments.skipped].sort((a, b) => a.line - b.line),
    checks,
    finalRoot: String(onL1.finalizedRoot),
  };
}

/** @param ids of ops that are final */
function opLatencies(store: Store, ids: readonly string[]): number[] {
  return ids.flatMap((id) => {
    const op = store.ops.get(id);
    const batch = op?.placement && store.batches.get(op.placement.batch);
    const finalizedAt = batch?.finalizedAt;
    return op === undefined || finalizedAt === undefined ? [] : [finalizedAt - op.receivedAt];
  });
}

/** Starts something that is stopped with the other resources, also if they are ended while it is still starting. */
function startIn<T extends { stop(): Promise<void> }>(
  resources: AsyncDisposableStack,
  start: () => Promise<T>,
): Promise<T> {
  let starting: Promise<T> | undefined;
  // Before the start: once everything was ended, this throws and nothing more begins.
  resources.defer(async () => {
    // A start that failed has cleaned up itself, and its own error tells of it.
    const started = await starting?.catch(() => undefined);
    await started?.stop();
  });
  starting = start();
  return starting;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new MillraceError('input', 'unreadable-file', 'The transfers cannot be read', {
      details: { file: path, reason: cause instanceof Error ? cause.message : String(cause) },
      fix: 'Pass a CSV file with --transfers.',
      cause,
    });
  }
}
