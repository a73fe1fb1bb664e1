import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { REPOSITORY } from '../../prover/artifacts/artifact-folder.ts';
import type { MachineDescription } from '../result.ts';
import { usableCpus } from './cpus.ts';

/** Instruction sets that decide how fast field arithmetic is, as the kernel names them (x86-64, then arm64). */
const FLAGS = ['bmi2', 'adx', 'avx2', 'avx512f', 'avx512ifma', 'sha_ni', 'asimd', 'sve', 'sve2'];

/** The machine that this process runs on. Linux alone tells all of it. */
export function describeMachine(): MachineDescription {
  const cpuInfo = readIfThere('/proc/cpuinfo') ?? '';
  const flags = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(cpuInfo)?.[1]?.trim().split(/\s+/));
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    architecture: process.arch,
    flags: FLAGS.filter((flag) => flags.has(flag)),
    logicalCpus: cpus().length,
    usableCpus: usableCpus().length,
    virtual: flags.has('hypervisor'),
    governor: readIfThere('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor')?.trim() ?? 'not told',
    memoryBytes: totalmem(),
    // What a distribution or a host adds to the version says nothing to others.
    system: `${process.platform} ${release().split('-', 1)[0]}`,
    node: process.version,
  };
}

/** The commit that is measured, with `+` if files differ from it; undefined outside a clone. */
export function currentCommit(): string | undefined {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', REPOSITORY, ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    const changed = git('status', '--porcelain', '--untracked-files=no').trim() !== '';
    return `${git('rev-parse', '--short=12', 'HEAD').trim()}${changed ? '+' : ''}`;
  } catch {
    return undefined;
  }
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
