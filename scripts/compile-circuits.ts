// Compiles the batch circuit of a shape and the exit circuit of its depth into the cache, without keys.
//
//   node scripts/compile-circuits.ts SHAPE
import { join } from 'node:path';
import { shapeByName } from '../protocol/shape.ts';
import { artifactFolder } from '../prover/artifacts/artifact-folder.ts';
import { batchCircuit } from '../prover/artifacts/batch-circuit.ts';
import { compileCircuit } from '../prover/artifacts/compile-circuit.ts';
import { exitCircuit } from '../prover/artifacts/exit-circuit.ts';

const shape = shapeByName(process.argv[2] ?? '');
const cache = join(artifactFolder(), 'circuits');
for (const circuit of [batchCircuit(shape), exitCircuit(shape.depth)]) {
  await compileCircuit(circuit, cache, ({ text }) => console.log(text));
}
