import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import { REPOSITORY } from '../../prover/artifacts/artifact-folder.ts';
import { sizePlots } from '../prove/plots.ts';
import type { BenchResult } from '../result.ts';
import { type Plot, plotsOf } from './plots.ts';
import type { Table } from './table.ts';
import { isNumberColumn } from './table.ts';
import { loadLine, machineLine, provenance, tablesOf } from './text.ts';

/** Each defines one global, in this order. */
const LIBRARIES = [
  'vega/build/vega.min.js',
  'vega-lite/build/vega-lite.min.js',
  'vega-embed/build/vega-embed.min.js',
];

const STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; color: #1b1f24; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.5rem; margin: 3rem 0 .25rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { padding: .2rem .7rem; text-align: left; border-bottom: 1px solid #d8dee4; white-space: nowrap; }
  .number { text-align: right; } .scroll { overflow-x: auto; }
  .warning { background: #fff4d6; border-left: 4px solid #d29922; padding: .4rem .8rem; margin: .5rem 0; }
  .facts { color: #57606a; } code { background: #f2f4f6; padding: .1rem .3rem; overflow-wrap: anywhere; }
`;

/**
 * Results as one HTML file that needs no other: tables, plots that a reader can hover and save, and the results themselves
 * (`<script id="results">`).
 */
export async function htmlReport(results: readonly BenchResult[]): Promise<string> {
  const libraries = await Promise.all(
    LIBRARIES.map((file) => readFile(join(REPOSITORY, 'node_modules', file), 'utf8')),
  );
  const plots = [overviewPlots(results), ...results.map(plotsOf)];
  const names = [...new Set(results.map(({ benchmark }) => benchmark))].join(', ');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Millrace bench: ${escapeHtml(names)}</title>
<style>${STYLE}</style>
${plotsHtml(plots[0]!, 'plot-0')}
${results.map((result, i) => section(result, plots[i + 1]!, `plot-${i + 1}`)).join('\n')}
<script type="application/json" id="results">${inScript(JSON.stringify(results))}</script>
${libraries.map((code) => `<script>${inScript(withoutSourceMap(code))}</script>`).join('\n')}
<script>
const plots = ${inScript(JSON.stringify(plots.map((ofOne) => ofOne.map(specOf))))};
plots.forEach((ofOne, i) => ofOne.forEach((spec, j) => vegaEmbed('#plot-' + i + '-' + j, spec, { actions: { export: true, source: false, compiled: false, editor: false } })));
</script>
</html>
`;
}

/** What several results show together: proving times by size, where one result alone has fewer sizes. */
function overviewPlots(results: readonly BenchResult[]): Plot[] {
  const proofs = results.filter(({ benchmark }) => benchmark === 'prove');
  if (proofs.length < 2) return [];
  return sizePlots({ series: proofs.flatMap(({ series }) => series) });
}

function plotsHtml(plots: readonly Plot[], id: string): string {
  const place = ({ title }: Plot, i: number) =>
    `<h2>${escapeHtml(title)}</h2>\n<div class="scroll" id="${id}-${i}"></div>`;
  return plots.map(place).join('\n');
}

function section(result: BenchResult, plots: readonly Plot[], id: string): string {
  return `<h1>Millrace bench ${escapeHtml(result.benchmark)}</h1>
<p class="facts">${provenanceHtml(result)}<br>${escapeHtml(machineLine(result.machine))}<br>Load ${escapeHtml(loadLine(result))}</p>
${result.warnings.map((warning) => `<p class="warning">${escapeHtml(warning)}</p>`).join('\n')}
${plotsHtml(plots, id)}
${tablesOf(result).map(tableHtml).join('\n')}
${result.notes.length > 0 ? `<ul class="facts">${result.notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('')}</ul>` : ''}`;
}

/** A plot with the page's font and width. */
export function specOf({ spec }: Plot): TopLevelSpec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    config: {
      font: 'system-ui, sans-serif',
      view: { continuousWidth: 560 },
      axis: { labelLimit: 320, titleFontWeight: 'normal' },
      legend: { labelLimit: 320, titleFontWeight: 'normal' },
    },
    ...spec,
  } as TopLevelSpec;
}

function provenanceHtml(result: BenchResult): string {
  return escapeHtml(provenance(result)).replace(/`(.*)`/s, '<code>$1</code>');
}

function tableHtml(table: Table): string {
  const cell = (tag: string) => (text: string, i: number) =>
    `<${tag}${isNumberColumn(table, i) ? ' class="number"' : ''}>${escapeHtml(text)}</${tag}>`;
  const row = (tag: string, cells: readonly string[]) => `<tr>${cells.map(cell(tag)).join('')}</tr>`;
  return `<h2>${escapeHtml(table.title)}</h2>
<div class="scroll"><table>
<thead>${row('th', table.columns)}</thead>
<tbody>${table.rows.map((cells) => row('td', cells)).join('\n')}</tbody>
</table></div>`;
}

/** A script ends at the first end tag, whatever the language says. */
function inScript(code: string): string {
  return code.replaceAll(/<(?=\/script|!--)/gi, '\\u003c');
}

function withoutSourceMap(code: string): string {
  return code.replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, '');
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
