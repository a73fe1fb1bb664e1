import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DeployManifest } from '../../protocol/deploy-manifest.ts';
import { deployedArtifacts } from './deployed-artifacts.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-artifacts-'));
});

afterEach(() => rmSync(root, { recursive: true }));

/** Looks for shape tiny where there is one folder of this name, whose manifest is damaged. */
function lookInto(folder: string): Promise<unknown> {
  mkdirSync(join(root, folder));
  writeFileSync(join(root, folder, 'manifest.json'), '{');
  const deployment = { shapes: [{ name: 'tiny', manifestId: 'm' }] } as unknown as DeployManifest;
  return deployedArtifacts(root, deployment, ['tiny']);
}

test.each(['tiny-blob-0123456789ab', 'tiny-0123456789ab.partial', 'exit-8-0123456789ab'])(
  '%s is not looked into for shape tiny',
  async (folder) => {
    await expect(lookInto(folder)).rejects.toMatchObject({
      code: 'artifacts-not-deployed',
      details: { expectedManifest: 'm', found: [] },
    });
  },
);

test('damaged artifacts of the shape are told of', async () => {
  await expect(lookInto('tiny-0123456789ab')).rejects.not.toMatchObject({ code: 'artifacts-not-deployed' });
});
