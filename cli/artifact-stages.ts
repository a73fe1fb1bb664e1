import type { OnArtifactProgress } from '../prover/artifacts/artifact-progress.ts';

/** Tells on stderr, in one line each, what the building of artifacts is doing: it takes minutes when it is needed. */
export function artifactStages(): OnArtifactProgress {
  let last = '';
  return ({ text }) => {
    if (text !== last) process.stderr.write(`${text} ...\n`);
    last = text;
  };
}
