import { describe, expect, it } from 'vitest';
import type { DeployManifest } from '../protocol/deploy-manifest.ts';
import { BLOB_SHAPES, SHAPES } from '../protocol/shape.ts';
import { largestShape, rollupShapes, shapesFor } from './rollup-shapes.ts';

type Deployed = DeployManifest['shapes'][number];

/** What of a manifest is read here. */
function deployment(...shapes: Partial<Deployed>[]): DeployManifest {
  return { depth: SHAPES.demo.depth, shapes } as DeployManifest;
}

const demo = { ...SHAPES.demo, shapeId: 1 };
const large = { ...SHAPES.large, shapeId: 0 };
const blob = { ...BLOB_SHAPES.demo, shapeId: 2 };

describe('the shapes that a node uses', () => {
  it('are all that were deployed, smallest first', () => {
    const shapes = rollupShapes(deployment(large, demo, blob));
    expect(shapes.map(({ shape, shapeId }) => [shape.name, shapeId])).toEqual([
      ['demo-blob', 2],
      ['demo', 1],
      ['large', 0],
    ]);
    expect(largestShape(shapes).shape).toBe(SHAPES.large);
    expect(shapesFor(shapes, 'blob').map(({ shapeId }) => shapeId)).toEqual([2]);
    expect(shapesFor(shapes, 'calldata').map(({ shapeId }) => shapeId)).toEqual([1, 0]);
  });

  it.each([
    ['one that nobody knows', 'input', 'unknown-shape', deployment(demo), ['huge']],
    ['one without a verifier on L1', 'refused', 'shape-not-deployed', deployment(demo), ['large']],
    [
      'one for blobs that was deployed for calldata',
      'refused',
      'shape-differs',
      deployment({ ...blob, blob: undefined }),
      ['demo-blob'],
    ],
    ['one of other sizes', 'refused', 'shape-differs', deployment({ ...demo, n2: demo.n2 + 1 }), ['demo']],
  ])('cannot be %s', (_, kind, code, manifest, names) => {
    expect(() => rollupShapes(manifest, names)).toThrow(
      expect.objectContaining({ kind, code, fix: expect.any(String) }),
    );
  });

  it('are at least one', () => {
    expect(() => largestShape(rollupShapes(deployment()))).toThrow(
      expect.objectContaining({ code: 'no-shapes' }),
    );
  });
});
