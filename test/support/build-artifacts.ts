// Builds the artifacts of the tiny shape and of exits from its tree, on which the tests work, unless they are in the cache.
import { SHAPES } from '../../protocol/shape.ts';
import type { OnArtifactProgress } from '../../prover/artifacts/artifact-progress.ts';
import { ensureArtifacts, ensureExitArtifacts } from '../../prover/artifacts/ensure-artifacts.ts';

let shown = '';
const onProgress: OnArtifactProgress = ({ text, elapsedMs }) => {
  // Each stage at once, then every 15 s.
  const line = `- ${text}: ${15 * Math.floor(elapsedMs / 15_000)} s`;
  if (line !== shown) process.stderr.write(`${line}\n`);
  shown = line;
};
const { folder } = await ensureArtifacts(SHAPES.tiny.name, { onProgress });
const exit = await ensureExitArtifacts(SHAPES.tiny.depth, { onProgress });
process.stderr.write(`- ready in ${folder} and ${exit.folder}\n`);
