/** Thrown for a circuit that no straight line of steps computes, or for code that we do not know. */
export class Untraceable extends Error {}

/** Gives up on code that is not of the form that circom writes. */
export function unknownForm(problem: string): never {
  throw new Untraceable(`code of an unknown form: ${problem}`);
}
