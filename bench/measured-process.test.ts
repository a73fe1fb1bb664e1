import { describe, expect, it } from 'vitest';
import { measureProcess } from './measured-process.ts';

const node = (script: string): string[] => [process.execPath, '-e', script];

describe('measureProcess', () => {
  it('counts the CPU time of all threads, the wall time and the peak of memory', async () => {
    const script = `
      const { Worker } = require('node:worker_threads');
      const kept = Buffer.alloc(150e6, 1);
      const burn = 'const end = process.cpuUsage().user; const t = performance.now(); while (performance.now() - t < 400);';
      new Worker(burn, { eval: true });
      const t = performance.now();
      while (performance.now() - t < 400);
      globalThis.kept = kept;`;
    const { wall, cpu, peakMemory } = await measureProcess(node(script));
    expect(wall).toBeGreaterThan(0.4);
    // Wherever the machine is busy, two loops of 400 ms get less than 800 ms of it.
    expect(cpu).toBeGreaterThan(0.2);
    expect(peakMemory).toBeGreaterThan(150e6);
    expect(peakMemory).toBeLessThan(600e6);
  });

  it('does not count what the measuring process itself does', async () => {
    const running = measureProcess(node('setTimeout(() => {}, 700)'));
    const startedAt = performance.now();
    while (performance.now() - startedAt < 500);
    expect((await running).cpu).toBeLessThan(0.4);
  });

  it.each([
    ['fails', node('console.error("no witness"); process.exit(3)'), /ended with 3/],
    ['is killed', node('process.kill(process.pid, "SIGKILL")'), /SIGKILL/],
    ['is not there', ['/nowhere/prover'], /ENOENT/],
  ])('refuses a program that %s', async (_, command, message) => {
    await expect(measureProcess(command)).rejects.toMatchObject({
      code: 'program-failed',
      message: expect.stringMatching(message),
    });
  });
});
