import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const RESTART_MS = 200;
const MAX_OUTPUT = 20_000;

/** A `millrace` command as an init system keeps it: started again whenever it is gone, until it is stopped. */
export class KeptProcess {
  /** How it ended each time that nobody had killed it; empty if all is well. */
  readonly crashes: string[] = [];
  readonly #args: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess;
  #output = '';
  #stopping = false;

  /** @param args of the command line, e.g. `['node']`; the rest of its settings are in `env` */
  constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#args = args;
    this.#env = env;
    this.#child = this.#start();
  }

  /** The end of what it has printed, over all its lives. */
  get output(): string {
    return this.#output;
  }

  /** SIGKILL. @returns false if it is gone already and not started again yet */
  kill(): boolean {
    return isRunning(this.#child) && this.#child.kill('SIGKILL');
  }

  /** Ends it in order and for good. @returns its exit code, or that of its last life if it was not running */
  async stop(): Promise<number | null> {
    this.#stopping = true;
    if (!isRunning(this.#child)) return this.#child.exitCode;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const [code] = await exited;
    return code as number | null;
  }

  #start(): ChildProcess {
    const child = spawn(process.execPath, [MAIN, ...this.#args], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => {
        this.#output = (this.#output + String(text)).slice(-MAX_OUTPUT);
      });
    }
    child.once('exit', (code, signal) => this.#again(code, signal));
    return child;
  }

  async #again(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    if (this.#stopping) return;
    if (signal !== 'SIGKILL') this.crashes.push(`exit code ${code}, signal ${signal}`);
    await sleep(RESTART_MS);
    if (!this.#stopping) this.#child = this.#start();
  }
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}
