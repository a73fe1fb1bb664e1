import { Command, CommanderError } from 'commander';
import { EXIT_CODE } from '../protocol/error.ts';
import { reportFailure } from './failure.ts';

/** The commands in the order of the help, each by the module that registers it. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  demo: async () => (await import('./demo.ts')).registerDemo,
  node: async () => (await import('./node.ts')).registerNode,
  worker: async () => (await import('./worker.ts')).registerWorker,
  status: async () => (await import('./status.ts')).registerStatus,
  config: async () => (await import('./config.ts')).registerConfig,
  setup: async () => (await import('./setup.ts')).registerSetup,
  ceremony: async () => (await import('./ceremony.ts')).registerCeremony,
  deploy: async () => (await import('./deploy.ts')).registerDeploy,
  doctor: async () => (await import('./doctor.ts')).registerDoctor,
  restore: async () => (await import('./restore.ts')).registerRestore,
  exit: async () => (await import('./exit.ts')).registerExit,
  prove: async () => (await import('./prove.ts')).registerProve,
  verify: async () => (await import('./verify.ts')).registerVerify,
  'groth16-prove': async () => (await import('./groth16-prove.ts')).registerGroth16Prove,
  bench: async () => (await import('./bench.ts')).registerBench,
};

/** Commands that work on files of any circuit: nothing of Millrace's is hashed, and the hash takes a second to load. */
const WITHOUT_PROTOCOL = new Set(['groth16-prove']);

const program = new Command('millrace')
  .description('A payments ZK-rollup that a small team can run')
  .showHelpAfterError('(millrace --help lists the commands)')
  .exitOverride();

const [name = ''] = process.argv.slice(2);
// The modules of all commands take a second to load: only the help, and a wrong call, needs more than one.
const needed = Object.hasOwn(COMMANDS, name) ? [name] : Object.keys(COMMANDS);
for (const command of needed) (await COMMANDS[command]!())(program);

try {
  if (!WITHOUT_PROTOCOL.has(name)) (await import('../prover/native/arithmetic.ts')).useNativeArithmetic();
  await program.parseAsync();
} catch (error) {
  // Commander has printed its own message already: help and version end with 0, a wrong call with 2.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_CODE.input;
  else process.exitCode = reportFailure(error, (text) => process.stderr.write(text));
}
