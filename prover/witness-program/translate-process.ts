// Makes a witness program from circom's output, in a process of its own because it takes seconds and some hundred
// megabytes. Arguments: folder of circom's C++ output, its `--sym` file, the program's file, its key. Ends with 3, and
// the reason on stderr, for a circuit that no such program calculates.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCircuitText } from './circuit-text.ts';
import { encodeProgram } from './program-file.ts';
import { readSignalTable } from './signal-table.ts';
import { translate } from './translate.ts';
import { Untraceable } from './untraceable.ts';

const [folder = '', symbols = '', target = '', key = ''] = process.argv.slice(2);
try {
  const code = await readFile(join(folder, 'circuit.cpp'), 'latin1');
  const text = readCircuitText(code, await readFile(join(folder, 'circuit.dat')));
  await writeFile(target, encodeProgram(translate(text, await readSignalTable(symbols)), key));
} catch (error) {
  if (!(error instanceof Untraceable)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 3;
}
