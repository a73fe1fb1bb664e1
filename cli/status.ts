import type { Command } from 'commander';
import { formatUnits } from 'ethers';
import type { NodeStatus } from '../batcher/api/status-route.ts';
import { readSettings } from '../batcher/config-sources.ts';
import { MillraceError } from '../protocol/error.ts';
import { alignColumns } from './columns.ts';

const TIMEOUT_MS = 5_000;

/** `millrace status`: how far a running node is; exit code 3 if it cannot be reached. */
export function registerStatus(program: Command): void {
  program
    .command('status')
    .description('ask a running node how far it is')
    .option('--node <url>', "the node's API; default: where the settings say that it listens")
    .option('--config <file>', 'settings as JSON; default: MILLRACE_CONFIG')
    .option('--json', 'as JSON')
    .action(async ({ node, config, json }: { node?: string; config?: string; json?: true }) => {
      const status = await askNode(node ?? apiUrl(config));
      const text = json === true ? JSON.stringify(status, null, 2) : alignColumns(rows(status)).join('\n');
      process.stdout.write(`${text}\n`);
    });
}

function apiUrl(file: string | undefined): string {
  const { settings } = readSettings(process.env, file);
  const value = (name: string) => settings.find((setting) => setting.name === name)?.value ?? '';
  const host = value('httpHost');
  return `http://${host.includes(':') ? `[${host}]` : host}:${value('httpPort')}`;
}

async function askNode(url: string): Promise<NodeStatus> {
  const unreachable = (reason: string, cause?: unknown) =>
    new MillraceError('refused', 'node-unreachable', 'No node answers', {
      details: { url, reason },
      fix: 'Start it with millrace node, or name its API with --node.',
      cause,
    });
  let answer: Response;
  try {
    answer = await fetch(new URL('/v1/status', url), { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (cause) {
    const { cause: inner } = cause as { cause?: unknown };
    throw unreachable(inner instanceof Error ? inner.message : String(cause), cause);
  }
  if (!answer.ok) throw unreachable(`HTTP status ${answer.status}`);
  return (await answer.json()) as NodeStatus;
}

function rows(status: NodeStatus): string[][] {
  const { rollup, openBatch, batches, ops, l1Queue, proving, data, exitMode, l1Failures } = status;
  const counts = (group: Readonly<Record<string, number>>) =>
    Object.entries(group)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
  const age = openBatch.ageMs === null ? 'empty' : `open for ${(openBatch.ageMs / 1000).toFixed(1)} s`;
  return [
    ['Rollup', `${rollup.address} on chain ${rollup.chainId}`],
    ['State root', `${status.stateRoot} after batch ${status.lastSealed}`],
    ['Accounts', String(status.accountCount - 1)],
    ...(exitMode === null
      ? []
      : [
          [
            'Exit mode',
            `batch ${exitMode.lastBatch} was the last one: owners leave on L1, this node only answers`,
          ],
        ]),
    ['Finalized', `up to batch ${status.lastFinalized}`],
    ['Batches', counts(batches)],
    ['Open batch', `${openBatch.number}: ${openBatch.l1} L1 ops, ${openBatch.l2} signed ops, ${age}`],
    ['Signed ops', counts(ops)],
    [
      'L1 queue',
      `${l1Queue.read} read, ${l1Queue.waiting} waiting${l1Queue.ready ? '' : ', read again after a reorg'}`,
    ],
    ...(l1Queue.oldestAgeMs === null
      ? []
      : [
          [
            'Oldest L1 op',
            `${hours(l1Queue.oldestAgeMs)} of the ${hours(l1Queue.deadlineMs)} after which anyone may end the rollup`,
          ],
        ]),
    ['Data', dataRow(data)],
    [
      'Proving',
      `${proving.unproven} without a proof, ${proving.workers} workers here, over ${proving.transport}`,
    ],
    ...Object.entries(l1Failures).map(([part, { code, message }]) => [
      'L1 failure',
      `${part}: ${message} [${code}]`,
    ]),
  ];
}

/** Where the data go, and why. */
function dataRow({ place, forecast }: NodeStatus['data']): string {
  const where = `new batches go to ${place === 'blob' ? 'a blob' : 'calldata'}`;
  if (forecast === null) return where;
  const { weiATransfer, gasPrice, blobGasPrice } = forecast;
  const gwei = (wei: string) =>
    Number(formatUnits(wei, 'gwei')).toLocaleString('en', { maximumSignificantDigits: 4 });
  if (weiATransfer.blob === null || blobGasPrice === null) return `${where}: L1 has no blobs`;
  const [calldata, blob] = [gwei(weiATransfer.calldata), gwei(weiATransfer.blob)];
  return `${where}: a transfer costs ${calldata} gwei in calldata, ${blob} in a blob (gas ${gwei(gasPrice)}, blob gas ${gwei(blobGasPrice)} gwei)`;
}

function hours(ms: number): string {
  return `${(ms / 3_600_000).toFixed(1)} h`;
}
