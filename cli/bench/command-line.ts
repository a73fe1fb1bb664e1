/** The command as the user typed it, with the paths of programs and keys left out: results are published. */
export function typedCommand(): string {
  const words = process.argv
    .slice(2)
    .map((word) => word.replace(/(^|[=,])(?:\.{0,2}\/)[^,]*\/(?=[^,/]+)/g, '$1'));
  return ['./millrace', ...words.map((word) => (/^[\w./=,:-]+$/.test(word) ? word : `'${word}'`))].join(' ');
}
