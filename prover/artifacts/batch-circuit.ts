import { join } from 'node:path';
import type { Shape } from '../../protocol/shape.ts';
import { REPOSITORY } from './artifact-folder.ts';
import type { Circuit } from './circuit-sources.ts';

/** The batch circuit of one shape; its public signals are `[C, z, y]` (docs/protocol.md, section 3.2; in a blob 3.5). */
export function batchCircuit({ name, n2, n1, m, depth, blob }: Shape): Circuit {
  return {
    name,
    main: [
      'pragma circom 2.1.9;',
      'include "batch.circom";',
      `component main { public [C, z, y] } = Batch(${n2}, ${n1}, ${m}, ${depth}, ${blob ? 1 : 0});`,
      '',
    ].join('\n'),
    libraries: [join(REPOSITORY, 'circuits'), join(REPOSITORY, 'node_modules')],
  };
}
