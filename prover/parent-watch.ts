import { isMainThread, Worker, workerData } from 'node:worker_threads';

/** Time between two looks at the parent, ms. */
const LOOK_MS = 500;

/**
 * Ends this process when its parent is gone, however the parent died and however busy this process is: a thread of its
 * own looks at the parent's process id, because the main thread may compute for minutes without turning its event loop.
 *
 * @param parentPid process id of the parent as the parent itself told it, so that a parent that died before we looked
 *   is noticed too
 */
export function endWithParent(parentPid: number): void {
  const watch = new Worker(new URL(import.meta.url), { workerData: parentPid });
  watch.unref();
}

if (!isMainThread) {
  const parentPid: unknown = workerData;
  const look = (): void => {
    if (process.ppid === parentPid) return;
    // SIGKILL, as a handler would have to wait for the busy main thread.
    process.kill(process.pid, 'SIGKILL');
  };
  look();
  setInterval(look, LOOK_MS);
}
