// One thread of the WASM setup. It answers each request with `{ id, result }` or `{ id, error }`.
import { closeSync, openSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { MillraceError } from '../../protocol/error.ts';
import type { CircuitLayout, Group, QapScalars, SetupSecrets } from '../native/addon.ts';
import { WasmCurve, type WasmCurveCode } from './wasm-curve.ts';
import { toBigEndian, WasmFixedBase } from './wasm-fixed-base.ts';
import { evaluateQap } from './wasm-qap.ts';

export type WasmTask =
  | { kind: 'table'; group: Group; expectedScalars: number }
  | { kind: 'multiply'; group: Group; scalars: Uint8Array }
  | { kind: 'toBigEndian'; group: Group; points: Uint8Array }
  | { kind: 'qap'; layout: CircuitLayout; secrets: SetupSecrets; fd: number; position: number };

export interface WasmReply {
  readonly id: number;
  readonly result?: Uint8Array | QapScalars;
  readonly error?: {
    kind: MillraceError['kind'];
    code: string;
    message: string;
    details: object;
    fix?: string;
  };
}

const curve = new WasmCurve(workerData as WasmCurveCode);
const tables = new Map<Group, WasmFixedBase>();

function run(task: WasmTask): Uint8Array | QapScalars {
  switch (task.kind) {
    case 'table':
      tables.set(task.group, new WasmFixedBase(curve, task.group, task.expectedScalars));
      return new Uint8Array();
    case 'multiply': {
      const points = tables.get(task.group)?.multiply(task.scalars);
      if (points === undefined) throw new Error(`no table for G${task.group}`);
      task.scalars.fill(0);
      return points;
    }
    case 'toBigEndian':
      return toBigEndian(curve, task.group, task.points);
    case 'qap': {
      const r1cs = openSync(task.layout.r1csPath, 'r');
      try {
        return evaluateQap(task.layout, task.secrets, r1cs, task.fd, task.position);
      } finally {
        closeSync(r1cs);
      }
    }
  }
}

function describe(error: unknown): WasmReply['error'] {
  if (error instanceof MillraceError) {
    const { kind, code, message, details, fix } = error;
    return { kind, code, message, details, ...(fix === undefined ? {} : { fix }) };
  }
  const message = `The WASM setup failed: ${error instanceof Error ? error.message : String(error)}`;
  return { kind: 'internal', code: 'setup-failed', message, details: {} };
}

parentPort?.on('message', ({ id, task }: { id: number; task: WasmTask }) => {
  let reply: WasmReply;
  try {
    reply = { id, result: run(task) };
  } catch (error) {
    const described = describe(error);
    reply = described === undefined ? { id } : { id, error: described };
  }
  parentPort?.postMessage(reply);
});
