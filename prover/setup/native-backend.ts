import { MillraceError } from '../../protocol/error.ts';
import type { CircuitLayout, Group, NativeAddon, QapScalars, SetupSecrets } from '../native/addon.ts';
import type { FixedBase, SetupBackend } from './backend.ts';
import { badR1cs } from './r1cs-header.ts';

/** The setup's arithmetic in C++ on `threads` threads. */
export class NativeSetupBackend implements SetupBackend {
  readonly name = 'native';
  readonly #addon: NativeAddon;
  readonly #threads: number;

  constructor(addon: NativeAddon, threads: number) {
    this.#addon = addon;
    this.#threads = threads;
  }

  async fixedBase(group: Group, expectedScalars: number): Promise<FixedBase> {
    const addon = this.#addon;
    const table = await addon.fixedBase(group, expectedScalars);
    return { multiply: (scalars) => addon.multiply(table, scalars, this.#threads) };
  }

  toBigEndian(group: Group, points: Uint8Array): Promise<Uint8Array> {
    return this.#addon.toBigEndian(group, points);
  }

  async evaluateQap(
    layout: CircuitLayout,
    secrets: SetupSecrets,
    fd: number,
    position: number,
  ): Promise<QapScalars> {
    try {
      return await this.#addon.evaluateQap(layout, secrets, fd, position);
    } catch (cause) {
      if (!(cause instanceof Error) || !('code' in cause)) throw cause;
      if (cause.code === 'bad-r1cs') throw badR1cs(layout.r1csPath, `is malformed: ${cause.message}`);
      throw new MillraceError('internal', 'setup-failed', `The native setup failed: ${cause.message}`, {
        details: { code: cause.code, r1cs: layout.r1csPath },
        fix: 'Check free memory and disk space, then run the setup again.',
        cause,
      });
    }
  }

  async close(): Promise<void> {
    // Tables are freed with their objects; there is nothing to end.
  }
}
