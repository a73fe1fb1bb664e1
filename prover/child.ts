/**
 * The prover child: a process that does nothing but witnesses and proofs, one at a time, for the worker that forked it.
 * It ends when the worker closes the IPC channel or dies.
 */
import { type BackendChoice, type ProofBackend, selectBackend } from './backend.ts';
import {
  type ChildReply,
  type ChildRequest,
  childRequestSchema,
  PARENT_PID_VARIABLE,
} from './child-protocol.ts';
import { plainFailure } from './failure.ts';
import { endWithParent } from './parent-watch.ts';
import { proveInput } from './prove-input.ts';
import { WitnessCalculator } from './witness.ts';
import { publicSignalsOf, unpackInput } from './witness-input.ts';

const backends = new Map<BackendChoice, ProofBackend>();
const calculators = new Map<string, WitnessCalculator>();

endWithParent(Number(process.env[PARENT_PID_VARIABLE]));
process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  answer(message).then((reply) => process.send?.(reply));
});

async function answer(message: unknown): Promise<ChildReply> {
  try {
    return await prove(childRequestSchema.parse(message));
  } catch (error) {
    return { kind: 'failure', ...plainFailure(error) };
  }
}

async function prove(request: ChildRequest): Promise<ChildReply> {
  const started = performance.now();
  const input = await unpackInput(request.input, request.inputHash);
  const calculator = calculators.get(request.wasm) ?? (await WitnessCalculator.open(request.wasm));
  calculators.set(request.wasm, calculator);
  const backend = backends.get(request.backend) ?? (await selectBackend(request.backend));
  backends.set(request.backend, backend);
  const preparedMs = performance.now() - started;

  const prover = { calculator, backend, zkey: request.zkey, vkey: request.vkey };
  const made = await proveInput(input, publicSignalsOf(input), prover).catch(async (error) => {
    // Loaded only now: the reference model takes a while to load, and nearly every process goes without it.
    const { explainWitnessError } = await import('./witness-diagnosis.ts');
    throw explainWitnessError(error, input, request.shape);
  });
  return {
    kind: 'proof',
    ...made,
    witnessMs: preparedMs + made.witnessMs,
    peakMemory: process.resourceUsage().maxRSS * 1024,
  };
}
