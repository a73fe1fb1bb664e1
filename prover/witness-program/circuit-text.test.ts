import { expect, it } from 'vitest';
import { readCircuitText } from './circuit-text.ts';

const SIZES = {
  main_input_signal_start: 1,
  main_input_signal_no: 1,
  total_signal_no: 2,
  size_of_input_hashmap: 0,
  size_of_witness: 2,
  size_of_constants: 0,
  size_of_io_map: 0,
};
const CODE = [
  ...Object.entries(SIZES).map(([name, size]) => `uint get_${name}() {return ${size};}`),
  'Circom_TemplateFunction _functionTable[1] = { Main_0_run };',
  'void run(Circom_CalcWit* ctx){',
  'Main_0_create(1,0,ctx,"main",0);',
  '}',
].join('\n');
const DATA = Buffer.alloc(2 * 8);

it('reads the least that circom writes', () => {
  expect(readCircuitText(CODE, DATA)).toMatchObject({
    templates: ['Main_0'],
    main: 0,
    signals: 2,
    inputs: 1,
  });
});

it.each<[problem: string, code: string, data: Buffer]>([
  ['no main component', CODE.replace('Main_0_create', 'Other_0_create'), DATA],
  ['no total_signal_no', CODE.replace('get_total_signal_no', 'get_other'), DATA],
  ['data too short', CODE, DATA.subarray(1)],
  ['bytes after the data', CODE, Buffer.alloc(DATA.length + 1)],
])('refuses output of another form: %s', (problem, code, data) => {
  expect(() => readCircuitText(code, data)).toThrow(
    expect.objectContaining({ kind: 'internal', code: 'unknown-circom-output', details: { problem } }),
  );
});
