import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type SupervisedChild, startSupervised } from '../../scripts/supervised-child.ts';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const RESTART_MS = 200;
/** Time to stop in order. */
const GRACE_MS = 30_000;

/**
 * A `millrace` command as an init system keeps it: started again whenever it is gone, until it is stopped. It ends with the
 * test's process, however that ends.
 */
export class KeptProcess {
  /** Its exit code each time that it ended though nobody had killed or stopped it; empty if all is well. */
  readonly crashes: number[] = [];
  readonly #start: () => SupervisedChild;
  #child: SupervisedChild;
  #isRunning = true;
  #killed = false;
  #stopping = false;
  /** What its earlier lives have printed in the end. */
  #past = '';

  /** @param args of the command line, e.g. `['node']`; the rest of its settings are in `env` */
  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#start = () => startSupervised(process.execPath, [MAIN, ...args], { graceMs: GRACE_MS, env });
    this.#child = this.#start();
    void this.#keep();
  }

  /** The end of what it has printed in each of its lives. */
  get output(): string {
    return this.#past + (this.#isRunning ? this.#child.output() : '');
  }

  /** SIGKILL. @returns false if it is gone already and not started again yet */
  async kill(): Promise<boolean> {
    if (!this.#isRunning) return false;
    this.#killed = true;
    await this.#child.kill();
    return true;
  }

  /** Ends it in order and for good; can be called again. @returns its exit code */
  async stop(): Promise<number> {
    this.#stopping = true;
    await this.#child.stop();
    return this.#child.exited;
  }

  async #keep(): Promise<void> {
    for (;;) {
      const code = await this.#child.exited;
      this.#isRunning = false;
      this.#past += this.#child.output();
      if (this.#stopping) return;
      if (!this.#killed) this.crashes.push(code);
      this.#killed = false;
      await sleep(RESTART_MS);
      if (this.#stopping) return;
      this.#child = this.#start();
      this.#isRunning = true;
    }
  }
}
