import { Command } from 'commander';
import { vi } from 'vitest';
import { reportFailure } from '../../cli/failure.ts';

export interface CommandOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of the command line's commands in this process, with the errors and exit codes of `millrace`. */
export async function runCommand(
  register: (program: Command) => void,
  args: readonly string[],
): Promise<CommandOutcome> {
  const program = new Command('millrace').exitOverride();
  register(program);
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      written[stream] += String(text);
      return true;
    }),
  );
  let exitCode = 0;
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    exitCode = reportFailure(error, (text) => {
      written.stderr += text;
    });
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return { exitCode, ...written };
}
