// Builds the artifacts of the tiny shape, on which the tests work, unless they are in the cache.
import { ensureArtifacts } from '../../prover/artifacts/ensure-artifacts.ts';

let shown = '';
const { folder } = await ensureArtifacts('tiny', {
  onProgress({ text, elapsedMs }) {
    // Each stage at once, then every 15 s.
    const line = `- ${text}: ${15 * Math.floor(elapsedMs / 15_000)} s`;
    if (line !== shown) process.stderr.write(`${line}\n`);
    shown = line;
  },
});
process.stderr.write(`- ready in ${folder}\n`);
