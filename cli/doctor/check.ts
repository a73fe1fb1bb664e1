import { MillraceError } from '../../protocol/error.ts';

/** What a check found. */
export interface Finding {
  readonly verdict: 'ok' | 'note' | 'fail';
  readonly name: string;
  readonly text: string;
}

/** Something that is not as it should be. */
export class Fault extends Error {}

/** Makes a finding of what `look` says, of the {@link Fault} that it throws, or of what was refused to it. */
export async function check(name: string, look: () => Promise<string> | string): Promise<Finding> {
  try {
    return { verdict: 'ok', name, text: await look() };
  } catch (error) {
    if (error instanceof Fault) return { verdict: 'fail', name, text: error.message };
    if (error instanceof MillraceError)
      return { verdict: 'fail', name, text: `${error.message} [${error.code}]` };
    throw error;
  }
}

/** Something to know that is not wrong. */
export function note(name: string, text: string): Finding {
  return { verdict: 'note', name, text };
}
