// Runs one command and ends it, with all its children, when whoever started us is gone.
//
//   node supervise.mjs GRACE_MS COMMAND [ARGUMENT...]
//
// The starter holds our stdin open. When it ends, however it ends (kill -9 included), the kernel closes
// the pipe, we see the end of stdin and stop the command: SIGINT, and after GRACE_MS a SIGKILL to the
// whole process group. We have to be the leader of our own group (`detached: true` in spawn).
import { spawn } from 'node:child_process';

const [grace, command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });

function stop() {
  child.kill('SIGINT');
  setTimeout(() => process.kill(-process.pid, 'SIGKILL'), Number(grace)).unref();
}

child.on('error', (error) => {
  process.stderr.write(`${command}: ${error.message}\n`);
  process.exit(127);
});
child.on('exit', (code) => process.exit(code ?? 1));
process.stdin.on('end', stop).on('error', stop).resume();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
