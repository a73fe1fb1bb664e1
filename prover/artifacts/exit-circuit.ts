import { join } from 'node:path';
import { REPOSITORY } from './artifact-folder.ts';
import type { Circuit } from './circuit-sources.ts';

/** The exit circuit for trees of one depth; its public signals are `[root, index, holding]` (docs/protocol.md, section 4). */
export function exitCircuit(depth: number): Circuit {
  return {
    name: `exit-${depth}`,
    main: [
      'pragma circom 2.1.9;',
      'include "exit.circom";',
      `component main { public [root, index, holding] } = Exit(${depth});`,
      '',
    ].join('\n'),
    libraries: [join(REPOSITORY, 'circuits'), join(REPOSITORY, 'node_modules')],
  };
}
