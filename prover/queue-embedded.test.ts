import { describeQueueContract } from './queue.contract.ts';
import type { ProofQueue } from './queue.ts';
import { EmbeddedProofQueue } from './queue-embedded.ts';

describeQueueContract('embedded', async () => {
  const queue = new EmbeddedProofQueue();
  // The queue lives as long as its process: a dispatcher that closes its end does not end it.
  const end = (): ProofQueue => ({
    add: (job, input) => queue.add(job, input),
    inspect: (id) => queue.inspect(id),
    remove: (id, hash) => queue.remove(id, hash),
    counts: () => queue.counts(),
    onFinished: (listener) => queue.onFinished(listener),
    close: async () => {},
  });
  return {
    queue: end(),
    source: queue,
    reopen: end,
    flush: async () => queue.flush(),
    close: () => queue.close(),
  };
});
