import { type Comparison, SIGNIFICANCE } from '../compare.ts';
import { labelText } from '../result.ts';
import { formatValue, type Table } from './table.ts';

/** The changes of a comparison, for people; those that are the same only in number. */
export function comparisonTables({ changes, gone, added }: Comparison): Table[] {
  const changed = changes.filter(({ verdict }) => verdict !== 'same');
  const same = changes.length - changed.length;
  return [
    {
      title:
        changed.length === 0
          ? `Nothing changed: ${same} figures are the same or within chance (p >= ${SIGNIFICANCE})`
          : `What changed (p < ${SIGNIFICANCE}, or exact); ${same} other figures are the same or within chance`,
      columns: ['series', 'figure', 'before', 'after', 'change', 'p', 'verdict'],
      rows: [
        ...changed.map(({ labels, metric, unit, before, after, chance, verdict }) => [
          labelText(labels),
          metric,
          formatValue(before, unit),
          formatValue(after, unit),
          signedPercent(after / before - 1),
          chance === undefined ? 'exact' : formatChance(chance),
          verdict,
        ]),
        ...gone.map((labels) => [labelText(labels), '', '', '', '', '', 'gone']),
        ...added.map((labels) => [labelText(labels), '', '', '', '', '', 'new']),
      ],
    },
  ];
}

function signedPercent(share: number): string {
  return `${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)}%`;
}

function formatChance(chance: number): string {
  return chance < 0.001 ? '0.001 or less' : chance.toFixed(3);
}
