import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runVisibly } from './child.mjs';
import { prepare, ROOT } from './prepare.mjs';
import { elapsed } from './progress.mjs';

/**
 * One part of a check: a program, `node` or of node_modules/.bin, and its arguments; `skip` says why not.
 *
 * @typedef {{ name: string, command: string, args: string[], skip?: string | undefined }} Part
 */

/** So that no test has to wait for the circuit compiler; tests of chosen files see to it themselves. */
const TINY_ARTIFACTS = {
  name: 'circuit artifacts',
  command: 'node',
  args: [join(ROOT, 'test', 'support', 'build-artifacts.ts')],
};

/**
 * `npm test`: all quick tests. With arguments, only vitest runs, with those (files, `-t NAME`, ...).
 *
 * @param {string[]} args
 * @returns {Promise<number>} exit code
 */
export function test(args) {
  const vitest = { name: 'TypeScript tests', command: 'vitest', args: ['run', ...args] };
  if (args.length > 0) return runParts('npm test', [vitest]);
  const solidity = { name: 'Solidity tests', command: 'hardhat', args: ['test', 'solidity'] };
  const skip = hasSolidityTests() ? undefined : 'there are none';
  return runParts('npm test', [TINY_ARTIFACTS, vitest, { ...solidity, skip }]);
}

/**
 * `npm run test:slow`: the tests in `*.slow.test.ts` alone.
 *
 * @param {string[]} args further arguments of vitest
 * @returns {Promise<number>} exit code
 */
export function slowTest(args) {
  return runParts('npm run test:slow', [
    TINY_ARTIFACTS,
    { name: 'slow tests', command: 'vitest', args: ['run', '--mode', 'slow', ...args] },
  ]);
}

/** What goes to L1; the tokens of the tests are wrong on purpose. */
const DEPLOYED = ['*.sol', 'interfaces/*.sol', 'libraries/*.sol'].map((files) => `contracts/${files}`);

/** @returns {Promise<number>} exit code of `npm run lint` */
export function lint() {
  return runParts('npm run lint', [
    { name: 'biome', command: 'biome', args: ['check'] },
    { name: 'types', command: 'tsc', args: ['--noEmit'] },
    {
      name: 'solhint',
      command: 'solhint',
      // It would ask the registry for its newest version.
      args: ['--disc', '-c', 'solhint.config.cjs', '--max-warnings', '0', ...DEPLOYED],
    },
  ]);
}

/**
 * Runs all parts, one after the other, and says at the end how each went.
 *
 * @param {string} title
 * @param {Part[]} parts
 * @returns {Promise<number>} exit code of the first part that failed, else 0
 */
async function runParts(title, parts) {
  const startedAt = Date.now();
  const { env } = await prepare({ redis: title !== 'npm run lint' });
  let exitCode = 0;
  /** @type {string[]} */
  const summary = [`set-up: ready (${elapsed(startedAt)})`];
  for (const { name, command, args, skip } of parts) {
    if (skip !== undefined) {
      summary.push(`${name}: skipped, ${skip}`);
      continue;
    }
    process.stderr.write(`\n── ${name}\n`);
    const partStartedAt = Date.now();
    const program = command === 'node' ? command : join(ROOT, 'node_modules', '.bin', command);
    const code = await runVisibly(program, args, { cwd: ROOT, env });
    summary.push(
      `${name}: ${code === 0 ? 'passed' : `FAILED with code ${code}`} (${elapsed(partStartedAt)})`,
    );
    exitCode ||= code;
    if (code > 128) break; // ended by a signal: nobody wants the rest
  }
  const verdict = exitCode === 0 ? 'passed' : 'FAILED';
  process.stderr.write(
    `\n── ${title}: ${verdict} (${elapsed(startedAt)})\n${summary.map((line) => `   ${line}\n`).join('')}`,
  );
  return exitCode;
}

/** Hardhat takes `*.t.sol` beside the contracts and everything in its folder for Solidity tests. */
function hasSolidityTests() {
  return (
    containsFile(join(ROOT, 'contracts'), '.t.sol') || containsFile(join(ROOT, 'test', 'solidity'), '.sol')
  );
}

/**
 * @param {string} folder
 * @param {string} ending
 * @returns {boolean} whether there is such a file in it, at any depth
 */
function containsFile(folder, ending) {
  return (
    existsSync(folder) &&
    readdirSync(folder, { withFileTypes: true }).some((entry) =>
      entry.isDirectory() ? containsFile(join(folder, entry.name), ending) : entry.name.endsWith(ending),
    )
  );
}
