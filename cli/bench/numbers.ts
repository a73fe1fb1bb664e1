import { InvalidArgumentError } from 'commander';

const MOST = 100_000;

/** Reads an option such as `1,2,4`. */
export function numberList(text: string): number[] {
  return text.split(',').map(positive);
}

/** Reads a whole number from 1 on. */
export function positive(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= MOST) return number;
  throw new InvalidArgumentError(`expected a whole number from 1 to ${MOST}`);
}

/** Reads a number above 0. */
export function decimal(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('expected a number above 0');
}
