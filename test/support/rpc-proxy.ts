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
  /** Answers calls with an error of the node's own; undefined: none. `refuse` gives its text, or undefined to let a call pass. */
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
  readonly id: number;
  result?: unknown;
  error?: unknown;
}

/** Starts a proxy on a free loopback port in front of the JSON-RPC node at `target`. */
export async function startRpcProxy(target: string): Promise<RpcProxy> {
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
    const body = Buffer.concat(chunks);
    const parsed = JSON.parse(body.toString()) as Call | Call[];
    const methods = [parsed].flat().map((call) => call.method);
    seen.push(...methods);
    for (const method of methods) await proxy.pause?.(method, 'call');
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(target, { method: 'POST', headers, body });
    const text = await answer.text();
    for (const method of methods) await proxy.pause?.(method, 'answer');
    if (lose !== undefined && methods.includes(lose)) {
      lose = undefined;
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, headers).end(tampered(parsed, text));
  }

  /** The answer with the results of one method changed, and those of refused calls taken out. */
  function tampered(request: Call | Call[], text: string): string {
    const { tamper, refuse } = proxy;
    if (tamper === undefined && refuse === undefined) return text;
    const calls = new Map([request].flat().map((call) => [call.id, call]));
    const answers = [JSON.parse(text) as Answer | Answer[]].flat();
    for (const answer of answers) {
      const { method = '', params = [] } = calls.get(answer.id) ?? {};
      const message = refuse?.(method, params);
      if (message !== undefined) {
        delete answer.result;
        answer.error = { code: -32005, message };
      } else if (method === tamper?.method && 'result' in answer)
        answer.result = tamper.change(answer.result);
    }
    return JSON.stringify(Array.isArray(request) ? answers : answers[0]);
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
