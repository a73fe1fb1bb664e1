const BIG = /^-?[0-9]+n$/;

/** JSON in which an integer of any size is a string such as `"12n"`. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}n` : part));
}

/** The inverse of {@link toJson}; for values that hold no string of that form. */
export function fromJson(text: string): unknown {
  return JSON.parse(text, (_, part) =>
    typeof part === 'string' && BIG.test(part) ? BigInt(part.slice(0, -1)) : part,
  );
}
