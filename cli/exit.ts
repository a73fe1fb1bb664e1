import { type Command, InvalidArgumentError } from 'commander';
import { MillraceError } from '../protocol/error.ts';
import { isFieldElement } from '../protocol/field.ts';
import type { Point } from '../protocol/keys.ts';
import { artifactFolder } from '../prover/artifacts/artifact-folder.ts';
import { type BackendChoice, selectBackend } from '../prover/backend.ts';
import { componentLogger } from '../prover/log.ts';
import { leave } from '../restore/leave.ts';
import { patiently } from '../restore/patience.ts';
import { backendOption } from './groth16-prove.ts';
import { addL1Options, type L1Options, parseAddress, restoreFromL1 } from './restore/from-l1.ts';
import { L1_KEY, L2_KEY, l1Wallet, l2KeyPair } from './restore/secret.ts';

interface ExitCommandOptions extends L1Options {
  readonly account?: number;
  readonly owner?: string;
  readonly publicKey?: Point;
  readonly artifacts: string;
  readonly request?: true;
  readonly backend: BackendChoice;
}

/** `millrace exit`: an owner's way out with L1 alone. */
export function registerExit(program: Command): void {
  addL1Options(
    program
      .command('exit')
      .description('leave a rollup with L1 alone: claim payouts, exit by proof, have deposits paid back')
      .option('--account <index>', 'one account; default: all of the owner and key', accountIndex)
      .option('--owner <address>', 'L1 owner of the accounts; default: who sends', parseAddress)
      .option('--public-key <ax,ay>', `L2 public key, decimal; default: that of ${L2_KEY}`, point)
      .option('--artifacts <folder>', 'holds the folder of the deployed exit circuit', artifactFolder())
      .option('--request', 'if exit mode is not due: queue forced exits, which the operator has to process')
      .addOption(backendOption())
      .addHelpText(
        'after',
        `\nThe L1 key that pays for the transactions comes from ${L1_KEY} or ${L1_KEY}_FILE, the L2 private key from ${L2_KEY} or ${L2_KEY}_FILE.` +
          '\nThe public key is enough: nobody but the owner is paid.',
      ),
  ).action(exit);
}

async function exit(options: ExitCommandOptions): Promise<void> {
  const sender = l1Wallet();
  const publicKey = options.publicKey ?? l2KeyPair()?.publicKey;
  if (publicKey === undefined) {
    throw new MillraceError('input', 'no-public-key', 'The L2 public key of the accounts is not known', {
      fix: `Pass --public-key, or set ${L2_KEY} or ${L2_KEY}_FILE.`,
    });
  }
  const backend = await selectBackend(options.backend);
  try {
    const rollup = await restoreFromL1(options);
    try {
      const { account, artifacts, owner = sender.address } = options;
      const leaving = {
        rollup,
        wallet: sender.connect(rollup.provider),
        owner,
        publicKey,
        account,
        artifacts,
        backend,
        request: options.request === true,
        say: (line: string) => process.stdout.write(`${line}\n`),
      };
      // What was paid is passed by, so it can be repeated after a lost connection.
      const { claimed, exited, refunded, requested, refused } = await patiently(() => leave(leaving), {
        signal: new AbortController().signal,
        logger: componentLogger('exit'),
      });
      const done = `${exited.length} accounts paid out, ${claimed} payouts claimed, ${refunded} deposits paid back`;
      const queued = requested.length === 0 ? '' : `, ${requested.length} forced exits queued`;
      process.stdout.write(`done: ${done}${queued}\n`);
      if (refused.length > 0) {
        throw new MillraceError('refused', 'not-all-paid', 'L1 refused some payments', {
          details: { refused },
          fix: 'Run again when the token or the owner takes the payment: what was paid is passed by.',
        });
      }
    } finally {
      rollup.close();
    }
  } finally {
    await backend.close();
  }
}

function accountIndex(text: string): number {
  const index = Number(text);
  if (Number.isInteger(index) && index >= 1 && index < 2 ** 32) return index;
  throw new InvalidArgumentError('expected an account index, 1 or more');
}

function point(text: string): Point {
  const [x = '', y = '', ...more] = text.split(',');
  const isDecimal = [x, y].every((part) => /^\d{1,77}$/.test(part) && isFieldElement(BigInt(part)));
  if (isDecimal && more.length === 0) return [BigInt(x), BigInt(y)];
  throw new InvalidArgumentError('expected two decimal numbers below r with a comma between them');
}
