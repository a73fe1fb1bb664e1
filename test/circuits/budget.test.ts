import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BLOB_SHAPES, layout, SHAPES, type Shape } from '../../protocol/shape.ts';
import { artifactFolder } from '../../prover/artifacts/artifact-folder.ts';
import { batchCircuit } from '../../prover/artifacts/batch-circuit.ts';
import { circuitSourceHash } from '../../prover/artifacts/circuit-sources.ts';
import { compileCircuit } from '../../prover/artifacts/compile-circuit.ts';
import { readR1csHeader } from '../../prover/setup/r1cs-header.ts';
import { blobBinding, constraintsOf } from './budget.ts';
import { ODD_SHAPE, WITNESS_TIMEOUT } from './random-batches.ts';

const shapes: Shape[] = [...Object.values(SHAPES), ...Object.values(BLOB_SHAPES)];
const cache = join(artifactFolder(), 'circuits');

test.each<Shape>(shapes)('$name: the budget’s parts make its constraints', (shape) => {
  expect(constraintsOf(shape)).toBe(shape.constraints);
});

// The large shapes take minutes to compile: they are looked at where they are compiled already.
test.for<Shape>([...shapes, ODD_SHAPE])(
  '$name: the compiled circuit has them',
  {
    timeout: WITNESS_TIMEOUT,
  },
  async (shape, { skip }) => {
    const circuit = batchCircuit(shape);
    const compiled = join(cache, `${shape.name}-${(await circuitSourceHash(circuit)).slice(0, 12)}`);
    const isSmall = shape === SHAPES.tiny || shape === BLOB_SHAPES.tiny;
    skip(!isSmall && shape !== ODD_SHAPE && !existsSync(compiled), 'not compiled here');
    const { folder } = await compileCircuit(circuit, cache);
    const { constraints } = await readR1csHeader(join(folder, 'circuit.r1cs'));
    expect(constraints).toBe(constraintsOf(shape));
  },
);

test.each<Shape>(shapes)('$name fills most of its domain', (shape) => {
  const rows = constraintsOf(shape) + 4;
  const domain = 2 ** Math.ceil(Math.log2(rows));
  expect(rows / domain).toBeGreaterThan(shape.depth === SHAPES.tiny.depth ? 0.5 : 0.95);
});

test.each<Shape>([SHAPES.demo, SHAPES.large])(
  '$name: a blob costs at most 125 constraints an element of the vector',
  (shape) => {
    expect(blobBinding(shape) / layout(shape).length).toBeLessThan(125);
  },
);
