import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A connection to an L1 node that a test can cut. */
export interface RpcProxy {
  readonly url: string;
  /** How many requests of a method came through. */
  count(method: string): number;
  /** While true, every connection is cut before the node hears anything. */
  down: boolean;
  /** Changes the results of a method on their way back, as a node that lies would; undefined: none. */
  tamper: { method: string; change: (result: unknown) => unknown } | undefined;
  /** Answers calls with an error of the node's own, which hears nothing of them; undefined: none. `refuse` gives its text, or undefined to let a call pass. */
  refuse: ((method: string, params: readonly unknown[]) => string | undefined) | undefined;
  /** Cuts the connection of the next request of this method after the node has answered it, before the answer arrives. */
  loseAnswerTo(method: string): void;
  /** Is awaited before the node hears of a call and before its answer goes back; undefined: none. */
  pause: ((method: string, moment: 'call' | 'answer') => Promise<void>) | undefined;
  close(): Promise<void>;
}

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

interface Answer {
  readonly jsonrpc: string;
  readonly id: number;
  result?: unknown;
  error?: unknown;
}

/** Starts a proxy on a free loopback port in front of the JSON-RPC node at `target`. */
export async function startRpcProxy(target: string): Promise<RpcProxy> {
  const headers = { 'content-type': 'application/json' };
  const seen: string[] = [];
  let lose: string | undefined;
  const server = createServer((request, response) => {
    void forward(request, response).catch(() => request.socket.destroy());
  });

  async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (proxy.down) {
      request.socket.destroy();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const parsed = JSON.parse(Buffer.concat(chunks).toString()) as Call | Call[];
    const calls = [parsed].flat();
    seen.push(...calls.map(({ method }) => method));
    for (const { method } of calls) await proxy.pause?.(method, 'call');
    const refused = calls.flatMap(({ id, method, params }): Answer[] => {
      const message = proxy.refuse?.(method, params);
      return message === undefined ? [] : [{ jsonrpc: '2.0', id, error: { code: -32005, message } }];
    });
    const passed = calls.filter(({ id }) => refused.every((answer) => answer.id !== id));
    const answers = [...refused, ...(await ask(passed))];
    for (const { method } of calls) await proxy.pause?.(method, 'answer');
    if (lose !== undefined && calls.some(({ method }) => method === lose)) {
      lose = undefined;
      request.socket.destroy();
      return;
    }
    response.writeHead(200, headers).end(JSON.stringify(Array.isArray(parsed) ? answers : answers[0]));
  }

  /** What the node answers, with the results of one method changed. */
  async function ask(calls: readonly Call[]): Promise<Answer[]> {
    if (calls.length === 0) return [];
    const answer = await fetch(target, { method: 'POST', headers, body: JSON.stringify(calls) });
    const answers = (await answer.json()) as Answer[];
    const { tamper } = proxy;
    for (const answer of answers) {
      const call = calls.find(({ id }) => id === answer.id);
      if (tamper !== undefined && call?.method === tamper.method && 'result' in answer)
        answer.result = tamper.change(answer.result);
    }
    return answers;
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const proxy: RpcProxy = {
    url: `http://127.0.0.1:${address.port}`,
    down: false,
    tamper: undefined,
    refuse: undefined,
    pause: undefined,
    count: (method) => seen.filter((name) => name === method).length,
    loseAnswerTo: (method) => {
      lose = method;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
