// circom, with the arguments of this process, as absolute paths. It sees files relative to the working folder
// alone, and finds no include through `..`: so it works from the root.
import { createRequire } from 'node:module';

process.chdir('/');
createRequire(import.meta.url)('circom2/cli.js');
