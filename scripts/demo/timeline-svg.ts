import type { BatchReport } from './report.ts';

const WIDTH = 860;
const LEFT = 90;
const RIGHT = 24;
const ROW = 22;
const TOP = 64;
const COLORS = { waiting: '#d5dbe3', witness: '#e0a030', proof: '#2f6fb5', onL1: '#2f9e6e' };

interface Span {
  readonly from: number;
  readonly to: number;
  readonly color: string;
}

/**
 * Draws when each batch waited, was proven, and became final: one row a batch, seconds since the first op.
 * @returns an SVG document
 */
export function timelineSvg(title: string, batches: readonly BatchReport[]): string {
  const end = Math.max(1, ...batches.map(({ finalAtMs }) => finalAtMs));
  const x = (ms: number) => LEFT + (ms / end) * (WIDTH - LEFT - RIGHT);
  const height = TOP + batches.length * ROW + 44;
  const rows = batches.flatMap((batch, i) => {
    const y = TOP + i * ROW;
    const label = `<text x="${LEFT - 8}" y="${y + 13}" text-anchor="end">batch ${batch.number}</text>`;
    return [label, ...spansOf(batch).map((span) => bar(x(span.from), x(span.to), y, span.color))];
  });
  const ticks = tickSeconds(end / 1000).flatMap((second) => {
    const at = x(second * 1000).toFixed(1);
    const bottom = TOP + batches.length * ROW;
    return [
      `<line x1="${at}" y1="${TOP - 6}" x2="${at}" y2="${bottom}" stroke="#eceff3"/>`,
      `<text x="${at}" y="${bottom + 18}" text-anchor="middle">${second} s</text>`,
    ];
  });
  const legend = [
    ['waiting for a worker', COLORS.waiting],
    ['witness', COLORS.witness],
    ['proof', COLORS.proof],
    ['to L1 and final', COLORS.onL1],
  ].map(
    ([text, color], i) =>
      `<rect x="${LEFT + i * 170}" y="34" width="12" height="12" fill="${color}"/><text x="${LEFT + i * 170 + 18}" y="44">${text}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    `<text x="${LEFT}" y="22" font-size="15">${title}</text>`,
    ...legend,
    ...ticks,
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

function spansOf({ sealedAtMs, provenAtMs, finalAtMs, witnessMs, proveMs }: BatchReport): Span[] {
  const proofFrom = provenAtMs - proveMs;
  const witnessFrom = Math.max(sealedAtMs, proofFrom - witnessMs);
  return [
    { from: sealedAtMs, to: witnessFrom, color: COLORS.waiting },
    { from: witnessFrom, to: proofFrom, color: COLORS.witness },
    { from: proofFrom, to: provenAtMs, color: COLORS.proof },
    { from: provenAtMs, to: finalAtMs, color: COLORS.onL1 },
  ];
}

function bar(from: number, to: number, y: number, color: string): string {
  const width = Math.max(0, to - from).toFixed(1);
  return `<rect x="${from.toFixed(1)}" y="${y}" width="${width}" height="${ROW - 6}" fill="${color}"/>`;
}

/** About six round numbers of seconds up to the end. */
function tickSeconds(end: number): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((candidate) => end / candidate <= 8) ?? 2000;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, i) => i * step);
}
