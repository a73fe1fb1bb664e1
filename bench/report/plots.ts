import type { TopLevelSpec } from 'vega-lite';
import { circuitPlots } from '../circuits/plots.ts';
import { gasPlots } from '../gas/plots.ts';
import { pipelinePlots } from '../pipeline/plots.ts';
import { provePlots } from '../prove/plots.ts';
import type { BenchResult } from '../result.ts';
import { simulatePlots } from '../simulate/plots.ts';

export interface Plot {
  readonly title: string;
  /** In Vega-Lite, data included. */
  readonly spec: TopLevelSpec;
}

const PLOTS: Partial<Record<BenchResult['benchmark'], (result: BenchResult) => Plot[]>> = {
  prove: provePlots,
  circuits: circuitPlots,
  pipeline: pipelinePlots,
  gas: gasPlots,
  simulate: simulatePlots,
};

export function plotsOf(result: BenchResult): Plot[] {
  return PLOTS[result.benchmark]?.(result) ?? [];
}
