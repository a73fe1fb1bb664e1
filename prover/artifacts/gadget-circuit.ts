import { join } from 'node:path';
import { REPOSITORY } from './artifact-folder.ts';
import type { Circuit } from './circuit-sources.ts';

/**
 * A main component for one gadget of `circuits/lib/`, none of its inputs public.
 * @param name for people and for the cache
 */
export function gadget(name: string, file: string, instance: string): Circuit {
  return {
    name: `gadget-${name}`,
    main: ['pragma circom 2.1.9;', `include "lib/${file}";`, `component main = ${instance};`, ''].join('\n'),
    libraries: [join(REPOSITORY, 'circuits'), join(REPOSITORY, 'node_modules')],
  };
}
