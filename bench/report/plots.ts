import type { TopLevelSpec } from 'vega-lite';
import { circuitPlots } from '../circuits/plots.ts';
import { provePlots } from '../prove/plots.ts';
import type { BenchResult } from '../result.ts';

export interface Plot {
  readonly title: string;
  /** In Vega-Lite, data included. */
  readonly spec: TopLevelSpec;
}

const PLOTS: Partial<Record<BenchResult['benchmark'], (result: BenchResult) => Plot[]>> = {
  prove: provePlots,
  circuits: circuitPlots,
};

export function plotsOf(result: BenchResult): Plot[] {
  return PLOTS[result.benchmark]?.(result) ?? [];
}
