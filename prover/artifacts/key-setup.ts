import type { ArtifactManifest } from '../../protocol/artifact-manifest.ts';
import { devSetup } from '../setup/dev-setup.ts';

export interface KeySetupJob {
  /** The compiled circuit. */
  readonly r1cs: string;
  /** Where the proving key goes. */
  readonly zkey: string;
  /** Takes the fraction done, 0 to 1. */
  readonly report: (fraction: number) => void;
}

/** A way to make a proving key. */
export interface KeySetup {
  /** Keys of different setups of one circuit lie in different folders; this tells them apart. */
  readonly identity: string;
  /** @returns how the key was made, for the manifest */
  makeKey(job: KeySetupJob): Promise<ArtifactManifest['setup']>;
}

/** Makes the key from random secrets that it forgets: for local chains only. */
export const DEV_SETUP: KeySetup = {
  identity: 'dev',
  async makeKey({ r1cs, zkey, report }) {
    const { backend } = await devSetup({
      r1cs,
      zkey,
      // Two stages, of which the first is short.
      onProgress: ({ stage, done, total }) =>
        report(stage === 'constraints' ? (0.1 * done) / total : 0.1 + (0.9 * done) / total),
    });
    return { kind: 'dev', backend, createdAt: new Date().toISOString() };
  },
};
