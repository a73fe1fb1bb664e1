/** A table as every benchmark prints it: the first column is text, numbers stand flush right. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const NUMBER = /^[-+]?[\d,.]+/;

/** For a terminal. */
export function textTable(table: Table): string {
  const { widths, right } = shapeOf(table);
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (right[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [table.title, '', line(table.columns), rule, ...table.rows.map(line), ''].join('\n');
}

/** For GitHub. */
export function markdownTable(table: Table): string {
  const { right } = shapeOf(table);
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = `|${right.map((isRight) => (isRight ? ' ---: |' : ' --- |')).join('')}`;
  return [`**${table.title}**`, '', line(table.columns), rule, ...table.rows.map(line), ''].join('\n');
}

/** Whether all cells of a column are numbers, with units or without. */
export function isNumberColumn({ rows }: Table, column: number): boolean {
  return column > 0 && rows.every((row) => row[column] === '' || NUMBER.test(row[column] ?? ''));
}

function shapeOf(table: Table): { widths: number[]; right: boolean[] } {
  const { columns, rows } = table;
  const columnCells = columns.map((_, i) => rows.map((row) => row[i] ?? ''));
  return {
    widths: columnCells.map((cells, i) => Math.max(columns[i]!.length, ...cells.map((cell) => cell.length))),
    right: columns.map((_, i) => isNumberColumn(table, i)),
  };
}

/** Three significant digits, in the unit that suits its size. */
export function formatValue(value: number, unit: string): string {
  switch (unit) {
    case 's':
      if (value !== 0 && Math.abs(value) < 0.001) return `${significant(value * 1e6)} us`;
      return Math.abs(value) < 1 ? `${significant(value * 1000)} ms` : `${significant(value)} s`;
    case 'bytes':
      return `${significant(value / 1e6)} MB`;
    case 'ratio':
      return significant(value);
    case '%':
      return `${significant(100 * value)}%`;
    case '':
    case 'constraints':
    case 'gas':
      return Math.round(value).toLocaleString('en');
    default:
      return `${significant(value)} ${unit}`;
  }
}

function significant(value: number): string {
  const digits = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  return value.toLocaleString('en', {
    minimumFractionDigits: Math.max(0, 2 - digits),
    maximumFractionDigits: Math.max(0, 2 - digits),
  });
}
