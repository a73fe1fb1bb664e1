import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { nodeConfig, readSettings } from '../../batcher/config-sources.ts';
import { L1Intake } from '../../batcher/l1-intake.ts';
import { Sequencer } from '../../batcher/sequencer.ts';
import { Store } from '../../batcher/store.ts';
import type { DeployManifest } from '../../protocol/deploy-manifest.ts';
import { BLOB_SHAPES, SHAPES, type Shape } from '../../protocol/shape.ts';
import { cursorAt, deposit, IDENTITY, queued } from '../../test/support/batcher-fixture.ts';
import { holder } from '../../test/support/random-batch.ts';
import { startNode } from './start-node.ts';

// As where npm could not build this optional package.
vi.mock('c-kzg', () => {
  throw new Error("Cannot find package 'c-kzg'");
});

const logger = pino({ level: 'silent' });
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-no-kzg-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

test('a node with a batch that is sealed for a blob does not start, whatever its settings are now', async () => {
  const store = Store.open(join(folder, 'data'), IDENTITY);
  const sequencer = new Sequencer(store, { shapes: [{ shape: BLOB_SHAPES.tiny, shapeId: 1 }], logger });
  new L1Intake(store, sequencer).appendL1Ops([queued(0, deposit(holder(1), 1, 5n))], cursorAt(1), true);
  sequencer.atomically(() => {
    sequencer.takeWaitingL1();
    sequencer.seal();
  });
  store.close();

  const deployment = join(folder, 'deployment.json');
  writeFileSync(deployment, JSON.stringify(manifest()));
  for (const da of ['auto', 'calldata'] as const) {
    const settings = readSettings({
      MILLRACE_DEPLOYMENT: deployment,
      MILLRACE_DATA_DIR: join(folder, 'data'),
      MILLRACE_L1_RPC_URL: 'http://127.0.0.1:1',
      MILLRACE_OPERATOR_KEY: `0x${'1'.repeat(64)}`,
      MILLRACE_DA: da,
    });
    const config = nodeConfig(settings);
    await expect(startNode(config, { logger })).rejects.toMatchObject({ kind: 'refused', code: 'no-kzg' });
  }
});

function manifest(): DeployManifest {
  const key = { verifier: `0x${'2'.repeat(40)}`, vkHash: `0x${'3'.repeat(64)}`, manifestId: 'm' };
  const deployed = ({ name, n1, n2, m, blob }: Shape, shapeId: number) => {
    return { name, shapeId, n2, n1, m, ...(blob && { blob }), ...key };
  };
  const { chainId, rollup, domain, depth, genesisRoot } = IDENTITY;
  return {
    format: 'millrace-deployment-1',
    chainId,
    rollup,
    block: 1,
    domain: String(domain),
    operator: `0x${'4'.repeat(40)}`,
    depth,
    genesisRoot: String(genesisRoot),
    l1Deadline: 86_400,
    proofDeadline: 43_200,
    exit: key,
    tokens: [],
    shapes: [SHAPES.tiny, BLOB_SHAPES.tiny].map(deployed),
    transactions: [],
    compiler: { version: '0', settings: {} },
    devKeys: true,
  };
}
