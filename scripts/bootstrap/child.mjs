import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { SetupError } from './setup-error.mjs';

const KEPT_CHARS = 2_000;

/**
 * Runs a program to its end, quietly.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, report?: (line: string) => void, fix: string }} options
 *   `report` is told each line of output; `fix` goes into the error
 * @throws {SetupError} with the beginning and the end of its output, if it cannot start or does not exit with 0
 */
export function runQuietly(command, args, { cwd, env = process.env, report, fix }) {
  return /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
      let head = '';
      let tail = '';
      /** @param {Buffer} chunk */
      const onOutput = (chunk) => {
        const text = chunk.toString();
        tail = (tail + text.slice(KEPT_CHARS - head.length)).slice(-KEPT_CHARS);
        head = (head + text).slice(0, KEPT_CHARS);
        report?.(text.trim().split('\n').at(-1) ?? '');
      };
      child.stdout.on('data', onOutput);
      child.stderr.on('data', onOutput);
      child.on('error', (error) => reject(new SetupError(`${command} cannot start: ${error.message}`, fix)));
      child.on('close', (code, signal) => {
        if (code === 0) resolve();
        else
          reject(new SetupError(`${command} ended with ${signal ?? `code ${code}`}:\n${head}${tail}`, fix));
      });
    })
  );
}

/**
 * Runs a program to its end on our own terminal.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<number>} its exit code; 128 + the signal's number when a signal ended it
 */
export function runVisibly(command, args, { cwd, env = process.env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: 'inherit' });
    // A terminal sends Ctrl-C to the child too; anything else reaches it only through us.
    const forward = (/** @type {NodeJS.Signals} */ signal) => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    /** @type {NodeJS.Signals[]} */
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    const ended = () => {
      for (const signal of signals) process.off(signal, forward);
    };
    child.on('error', (error) => {
      ended();
      reject(
        new SetupError(`${command} cannot start: ${error.message}`, 'Remove node_modules and run again.'),
      );
    });
    child.on('exit', (code, signal) => {
      ended();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
