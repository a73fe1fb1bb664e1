import type { DeployManifest } from '../protocol/deploy-manifest.ts';
import { MillraceError } from '../protocol/error.ts';
import { type DataPlace, dataPlaceOf, type Shape, shapeByName } from '../protocol/shape.ts';

/** A shape that the rollup on L1 has a verifier of. */
export interface RollupShape {
  readonly shape: Shape;
  /** Place of its verifier in the rollup's list. */
  readonly shapeId: number;
}

/**
 * The shapes of a deployment that this node uses, smallest first.
 * @param names those to use; undefined: all that were deployed
 * @throws {MillraceError} `input/unknown-shape`, `refused/shape-not-deployed`, `refused/shape-differs`
 */
export function rollupShapes(deployment: DeployManifest, names?: readonly string[]): RollupShape[] {
  const wanted = names ?? deployment.shapes.map(({ name }) => name);
  const shapes = wanted.map((name): RollupShape => {
    const shape = shapeByName(name);
    const deployed = deployment.shapes.find((candidate) => candidate.name === name);
    if (deployed === undefined) {
      throw new MillraceError(
        'refused',
        'shape-not-deployed',
        `The rollup has no verifier of shape '${name}'`,
        {
          details: { expected: deployment.shapes.map((candidate) => candidate.name), found: name },
          fix: 'Name shapes that the deployment manifest lists.',
        },
      );
    }
    const { n1, n2, m, shapeId, blob } = deployed;
    const { depth } = deployment;
    const same = n1 === shape.n1 && n2 === shape.n2 && m === shape.m && depth === shape.depth;
    if (!same || blob !== shape.blob) {
      throw new MillraceError('refused', 'shape-differs', `Shape '${name}' was deployed with other sizes`, {
        details: { expected: { n1, n2, m, depth, blob }, found: shape },
        fix: 'Use the version of Millrace that deployed the rollup, or deploy again.',
      });
    }
    return { shape, shapeId };
  });
  return shapes.sort((a, b) => size(a.shape) - size(b.shape));
}

/** Those of the shapes whose batches put their data there, in their order. */
export function shapesFor(shapes: readonly RollupShape[], place: DataPlace): RollupShape[] {
  return shapes.filter(({ shape }) => dataPlaceOf(shape) === place);
}

/** The shape that limits a batch in the making. @param shapes smallest first, at least one */
export function largestShape(shapes: readonly RollupShape[]): RollupShape {
  const largest = shapes.at(-1);
  if (largest === undefined) {
    throw new MillraceError('input', 'no-shapes', 'The node has no shape to build batches in', {
      fix: 'Name at least one shape.',
    });
  }
  return largest;
}

/** What a proof costs grows with all three, most with the signed ops. */
function size({ n1, n2, m }: Shape): number {
  return 3 * n2 + 2 * m + n1;
}
