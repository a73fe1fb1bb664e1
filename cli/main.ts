import { Command, CommanderError } from 'commander';
import { EXIT_CODE } from '../protocol/error.ts';
import { registerConfig } from './config.ts';
import { registerDemo } from './demo.ts';
import { registerDeploy } from './deploy.ts';
import { reportFailure } from './failure.ts';
import { registerGroth16Prove } from './groth16-prove.ts';
import { registerNode } from './node.ts';
import { registerProve } from './prove.ts';
import { registerSetup } from './setup.ts';
import { registerStatus } from './status.ts';
import { registerVerify } from './verify.ts';
import { registerWorker } from './worker.ts';

const program = new Command('millrace')
  .description('A payments ZK-rollup that a small team can run')
  .showHelpAfterError('(millrace --help lists the commands)')
  .exitOverride();

for (const register of [
  registerDemo,
  registerNode,
  registerWorker,
  registerStatus,
  registerConfig,
  registerSetup,
  registerDeploy,
  registerProve,
  registerVerify,
  registerGroth16Prove,
]) {
  register(program);
}

try {
  await program.parseAsync();
} catch (error) {
  // Commander has printed its own message already: help and version end with 0, a wrong call with 2.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_CODE.input;
  else process.exitCode = reportFailure(error, (text) => process.stderr.write(text));
}
