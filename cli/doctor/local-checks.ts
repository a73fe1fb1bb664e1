import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { contractArtifact } from '../../aggregator/contract-artifacts.ts';
import { MillraceError } from '../../protocol/error.ts';
import { BLOB_SHAPES, SHAPES, type Shape } from '../../protocol/shape.ts';
import { artifactFolder, REPOSITORY } from '../../prover/artifacts/artifact-folder.ts';
import { batchCircuit } from '../../prover/artifacts/batch-circuit.ts';
import { type Circuit, circuitSourceHash } from '../../prover/artifacts/circuit-sources.ts';
import { exitCircuit } from '../../prover/artifacts/exit-circuit.ts';
import { loadArtifacts, loadExitArtifacts } from '../../prover/artifacts/load-artifacts.ts';
import { loadNative } from '../../prover/native/addon.ts';
import { connectRedis } from '../../prover/redis-connection.ts';
import { contracts } from '../../scripts/bootstrap/contracts.mjs';
import { isNewEnough, isOnPath } from '../../scripts/bootstrap/toolchain.mjs';
import { check, Fault, type Finding, note } from './check.ts';

/** What is to be said of this machine and this clone. @param redisUrl undefined: a node would start a server of its own */
export async function localChecks(redisUrl: string | undefined): Promise<Finding[]> {
  return [
    await check('Node', () => {
      const { node } = process.versions;
      if (!isNewEnough(node)) throw new Fault(`${node} is too old: use the one that ./millrace sets up`);
      return node;
    }),
    await check('contracts', () => {
      if (!contracts(REPOSITORY).isReady)
        throw new Fault('compiled from other sources: run ./millrace again');
      return `compiled from these sources by solc ${contractArtifact('Millrace').compiler.version}`;
    }),
    nativeAddon(),
    await redis(redisUrl),
    ...(await allArtifacts(artifactFolder())),
  ];
}

function nativeAddon(): Finding {
  const addon = loadNative();
  return addon === undefined
    ? note('native prover', 'not loaded: keys and proofs are made in WASM, many times slower')
    : { verdict: 'ok', name: 'native prover', text: 'loaded' };
}

async function redis(url: string | undefined): Promise<Finding> {
  if (url === undefined) {
    return isOnPath('redis-server')
      ? { verdict: 'ok', name: 'Redis', text: 'a node starts its own redis-server' }
      : note('Redis', 'no redis-server: the queue stays in the process of the node');
  }
  return await check('Redis', async () => {
    const connection = connectRedis(url, undefined, { retryStrategy: () => null, lazyConnect: true });
    try {
      await connection.connect();
      await connection.ping();
      return 'the one of REDIS_URL answers';
    } catch {
      throw new Fault('the one of REDIS_URL does not answer');
    } finally {
      connection.disconnect();
    }
  });
}

/** Every folder of keys: whether its files are whole, and its circuit that of the repository. */
async function allArtifacts(root: string): Promise<Finding[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const findings: Finding[] = [];
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const found = await artifactsIn(join(root, name), name);
    if (found !== undefined) findings.push(found);
  }
  return findings.length > 0 ? findings : [note('keys', `none in ${root}: millrace setup makes them`)];
}

/** Undefined for a folder of something else. */
async function artifactsIn(folder: string, name: string): Promise<Finding | undefined> {
  let loaded: { sourceHash: string; kind: string; circuit: Circuit | undefined } | undefined;
  const finding = await check(`keys ${name}`, async () => {
    loaded = await read(folder);
    return loaded === undefined ? '' : `${loaded.kind} keys of the circuit as it is here`;
  });
  if (finding.verdict === 'fail') return finding;
  if (loaded === undefined) return undefined;
  const { sourceHash, circuit } = loaded;
  if (circuit !== undefined && (await circuitSourceHash(circuit)) === sourceHash) return finding;
  return note(finding.name, `whole, and of another circuit than the one here`);
}

async function read(folder: string) {
  try {
    const { manifest } = await loadArtifacts(folder);
    const shape = shapeOf(manifest.shape.name);
    const circuit = shape === undefined ? undefined : batchCircuit(shape);
    return { sourceHash: manifest.sourceHash, kind: manifest.setup.kind, circuit };
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  try {
    const { manifest } = await loadExitArtifacts(folder);
    const circuit = exitCircuit(manifest.exit.depth);
    return { sourceHash: manifest.sourceHash, kind: manifest.setup.kind, circuit };
  } catch (error) {
    if (!isMissing(error)) throw error;
    return undefined;
  }
}

function shapeOf(name: string): Shape | undefined {
  return [...Object.values(SHAPES), ...Object.values(BLOB_SHAPES)].find((shape) => shape.name === name);
}

function isMissing(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'no-artifacts';
}
