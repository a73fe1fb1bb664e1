// Runs commands, as many at once as there are cores: a JSON array of [file, ...arguments] on standard input.
// Ends with the first failure, whose standard error it passes on. For build.mjs, which has to wait for all of them.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** @type {string[][]} */
const commands = JSON.parse(readFileSync(0, 'utf8'));
const running = new Set();

function startNext() {
  const [file, ...args] = commands.shift() ?? [];
  if (file === undefined) return;
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  running.add(child);
  let problem = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    problem += text;
  });
  child.on('error', (error) => fail(error.message));
  child.on('close', (code) => {
    running.delete(child);
    if (code === 0) startNext();
    else fail(problem);
  });
}

/** @param {string} problem */
function fail(problem) {
  commands.length = 0;
  for (const child of running) child.kill();
  if (process.exitCode === undefined) process.stderr.write(problem);
  process.exitCode = 1;
}

for (let i = 0; i < cpus().length; i++) startNext();
