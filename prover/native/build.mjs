// Builds the C++ addon with a plain compiler call, cached by a hash of everything that makes it.
// Plain JavaScript without dependencies, because the bootstrap calls it; also runs as a script.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const repository = resolve(here, '../..');

/** The packages whose headers the addon includes. */
const headers = ['node-api-headers', 'node-addon-api'].map((name) => join(repository, 'node_modules', name));

const flags = [
  '-std=c++17',
  '-O3',
  '-fPIC',
  '-pthread',
  '-fvisibility=hidden',
  '-Wall',
  '-Wextra',
  '-DNAPI_VERSION=8',
  '-DNODE_ADDON_API_CPP_EXCEPTIONS',
];
const linkFlags = [
  '-shared',
  '-pthread',
  ...(process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []),
];

const scalar64 = ['-mbmi2', '-madx'];
const avx512 = ['-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mavx512ifma'];
/** gcc 12 warns of its own AVX-512 header (its bug 105593). */
const quiet = ['-Wno-uninitialized', '-Wno-maybe-uninitialized'];

/** The compiled files in link order with flags of their own: code for every machine first, see vector_provers.hpp. */
const units = [
  { source: 'addon.cc', flags: [] },
  { source: 'protocol_calls.cc', flags: [] },
  { source: 'protocol_operations.cc', flags: [] },
  { source: 'verifier_calls.cc', flags: [] },
  ...(process.arch === 'x64'
    ? [
        { source: 'poseidon_avx2.cc', flags: [...scalar64, '-mavx2', '-mfma'] },
        { source: 'prover_avx2.cc', flags: [...scalar64, '-mavx2', '-mfma'] },
        { source: 'prover_ifma.cc', flags: [...scalar64, ...avx512, ...quiet] },
      ]
    : []),
];

/** The C++ sources, as paths relative to this folder, sorted. */
function sources() {
  return readdirSync(here, { recursive: true })
    .map(String)
    .filter((path) => /\.(cc|hpp)$/.test(path))
    .sort();
}

/** First of CXX, g++, clang++ that answers, with its version line; undefined where there is none. */
function findCompiler() {
  for (const command of [process.env.CXX, 'g++', 'clang++']) {
    if (!command) continue;
    const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
    if (status === 0) return { command, version: stdout.split('\n')[0] };
  }
  return undefined;
}

/** Where the builds are: one folder for each key, and the file `current` that names the key in use. */
export const BUILDS = join(repository, 'build', 'native');
const POINTER = join(BUILDS, 'current');

/** @param {string} compilerVersion */
function buildKey(compilerVersion) {
  const hash = createHash('sha256');
  const options = [flags, linkFlags, units].map((part) => JSON.stringify(part));
  for (const part of [compilerVersion, process.platform, process.arch, ...options]) hash.update(`${part}\0`);
  for (const folder of headers) hash.update(readFileSync(join(folder, 'package.json')));
  for (const path of sources()) hash.update(`${path}\0`).update(readFileSync(join(here, path)));
  return hash.digest('hex').slice(0, 16);
}

/**
 * Builds the addon unless it is there already. Never fails: without a compiler, or when the compiler
 * refuses, Millrace works with its WASM backends, only slower.
 * @param {{ log?: (line: string) => void }} [options] `log` gets one line for people; nothing is said when it is there
 * @returns {string | undefined} the addon's path, undefined if there is none
 */
export function buildNative({ log = console.log } = {}) {
  const compiler = findCompiler();
  if (compiler === undefined) {
    log('native addon: no C++ compiler (g++ or clang++) found; using the slower WASM backends');
    return undefined;
  }
  const folder = join(BUILDS, buildKey(compiler.version));
  const addon = join(folder, 'millrace.node');
  if (!existsSync(addon)) {
    const started = performance.now();
    const problem = compile(compiler.command, folder, addon);
    if (problem !== undefined) {
      rmSync(POINTER, { force: true });
      log(`native addon: ${compiler.command} failed, using the slower WASM backends: ${problem}`);
      return undefined;
    }
    log(
      `native addon: built with ${compiler.command} in ${((performance.now() - started) / 1000).toFixed(1)} s`,
    );
  }
  makeCurrent(basename(folder));
  return addon;
}

/** Compiles under a temporary name, so that nobody loads half a file. Returns what went wrong, if anything. */
function compile(command, folder, addon) {
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'work-'));
  // node-api-headers keeps its headers in a folder below.
  const includes = headers.flatMap((folder) => ['-isystem', folder, '-isystem', join(folder, 'include')]);
  const run = (/** @type {string[]} */ ...args) =>
    execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    const objects = units.map(({ source, flags: own }) => {
      const object = join(work, `${source}.o`);
      run(...flags, ...own, ...includes, '-c', join(here, source), '-o', object);
      return object;
    });
    const linked = join(work, 'millrace.node');
    run(...linkFlags, ...objects, '-o', linked);
    renameSync(linked, addon);
    return undefined;
  } catch (error) {
    const lines = String(error.stderr ?? error.message)
      .trim()
      .split('\n');
    return lines.find((line) => line.includes('error')) ?? lines[0];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function makeCurrent(key) {
  if (existsSync(POINTER) && readFileSync(POINTER, 'utf8') === key) return;
  const temporary = `${POINTER}.${process.pid}.tmp`;
  writeFileSync(temporary, key);
  renameSync(temporary, POINTER);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildNative();
