// Builds the C++ addon, and its prover as a program, with plain compiler calls, cached by a hash of everything that makes them.
// Plain JavaScript without dependencies, because the bootstrap calls it; also runs as a script, with `--prebuild` to make a build for others.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
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
  // Also what is thrown without Node's knowledge (std::bad_alloc) becomes a JavaScript error.
  '-DNODE_ADDON_API_CPP_EXCEPTIONS_ALL',
];
const linkFlags = [
  '-shared',
  '-pthread',
  ...(process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []),
];
const programLinkFlags = ['-pthread'];

const ADDON = 'millrace.node';
const PROGRAM = 'groth16-prove';

const scalar64 = ['-mbmi2', '-madx'];
const avx512 = ['-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mavx512ifma'];
/** gcc 12 warns of its own AVX-512 header (its bug 105593). clang does not know the second one, and is not to say so. */
const quiet = ['-Wno-uninitialized', '-Wno-maybe-uninitialized', '-Wno-unknown-warning-option'];

/**
 * The compiled files in link order with flags of their own: code for every machine first, see vector_provers.hpp. `only` is
 * the one product, `millrace.node` or the program `groth16-prove`, of which a file is part; the others are of both.
 */
const unitsFor = (/** @type {string} */ architecture) => [
  { source: 'addon.cc', flags: [], only: ADDON },
  { source: 'groth16_prove.cc', flags: [], only: PROGRAM },
  { source: 'operations_portable.cc', flags: [] },
  { source: 'operations_adx.cc', flags: [] },
  { source: 'protocol_calls.cc', flags: [], only: ADDON },
  { source: 'protocol_operations.cc', flags: [], only: ADDON },
  { source: 'verifier_calls.cc', flags: [], only: ADDON },
  ...(architecture === 'x64'
    ? [
        { source: 'poseidon_avx2.cc', flags: [...scalar64, '-mavx2', '-mfma'], only: ADDON },
        { source: 'prover_avx2.cc', flags: [...scalar64, '-mavx2', '-mfma'] },
        { source: 'prover_ifma.cc', flags: [...scalar64, ...avx512, ...quiet] },
      ]
    : []),
];

/**
 * How each file of the addon is compiled: its path, and the compiler's arguments but for input and output.
 * @param {string} architecture as in `process.arch`
 */
export function compilations(architecture) {
  // node-api-headers keeps its headers in a folder below.
  const includes = headers.flatMap((folder) => ['-isystem', folder, '-isystem', join(folder, 'include')]);
  return unitsFor(architecture).map(({ source, flags: own, only }) => ({
    source: join(here, source),
    args: [...flags, ...own, ...includes],
    only,
  }));
}

/** The C++ sources, as paths relative to this folder, sorted. */
function sources() {
  return readdirSync(here, { recursive: true })
    .map(String)
    .filter((path) => /\.(cc|hpp)$/.test(path) && !path.startsWith('hardening'))
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

/** A build for machines like this one, to be published: both products, and the key of their sources in `key`. Taken where none can be made. */
const PREBUILT = join(repository, 'prebuilds', `${process.platform}-${process.arch}`);
const PREBUILT_KEY = join(PREBUILT, 'key');

/** @param {string} compilerVersion */
function buildKey(compilerVersion) {
  const hash = createHash('sha256');
  const options = [flags, linkFlags, programLinkFlags, unitsFor(process.arch)].map((part) =>
    JSON.stringify(part),
  );
  for (const part of [compilerVersion, process.platform, process.arch, ...options]) hash.update(`${part}\0`);
  for (const folder of headers) hash.update(readFileSync(join(folder, 'package.json')));
  for (const path of sources()) hash.update(`${path}\0`).update(readFileSync(join(here, path)));
  return hash.digest('hex').slice(0, 16);
}

/**
 * Builds the addon, and beside it the program, unless it is there already. Never fails: without a compiler, or when the compiler
 * refuses, Millrace works with its WASM backends, only slower.
 * @param {{ log?: (line: string) => void }} [options] `log` gets one line for people; nothing is said when it is there
 * @returns {string | undefined} the addon's path, undefined if there is none
 */
export function buildNative({ log = console.log } = {}) {
  const compiler = findCompiler();
  if (compiler === undefined) {
    const prebuilt = takePrebuilt();
    log(
      prebuilt === undefined
        ? 'native addon: no C++ compiler (g++ or clang++) found; using the slower WASM backends'
        : 'native addon: no C++ compiler (g++ or clang++) found; using the prebuilt one',
    );
    return prebuilt;
  }
  const folder = join(BUILDS, buildKey(compiler.version));
  const addon = join(folder, ADDON);
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
  const run = (/** @type {string} */ file, /** @type {string[]} */ args, input = '') =>
    execFileSync(file, args, { encoding: 'utf8', input, stdio: ['pipe', 'ignore', 'pipe'] });
  const objects = compilations(process.arch).map(({ source, args, only }) => {
    const object = join(work, `${basename(source)}.o`);
    return { object, only, compilation: [command, ...args, '-c', source, '-o', object] };
  });
  const link = (/** @type {string} */ product, /** @type {string[]} */ options) => {
    const parts = objects.filter(({ only }) => only === undefined || only === product);
    run(command, [...options, ...parts.map(({ object }) => object), '-o', join(work, product)]);
  };
  try {
    // The last ones take longest.
    const longestFirst = objects.map(({ compilation }) => compilation).reverse();
    run(process.execPath, [join(here, 'run-commands.mjs')], JSON.stringify(longestFirst));
    link(ADDON, linkFlags);
    link(PROGRAM, programLinkFlags);
    // The addon last: it says that all is there.
    renameSync(join(work, PROGRAM), join(folder, PROGRAM));
    renameSync(join(work, ADDON), addon);
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

/** The key of a build by whatever compiler. */
const sourceKey = () => buildKey('prebuilt');

/** Takes over the prebuilt addon and program, if they are of these very sources. Returns the addon's path. */
function takePrebuilt() {
  const key = sourceKey();
  if (!existsSync(PREBUILT_KEY) || readFileSync(PREBUILT_KEY, 'utf8') !== key) return undefined;
  const folder = join(BUILDS, key);
  mkdirSync(folder, { recursive: true });
  for (const product of [PROGRAM, ADDON]) copyFileSync(join(PREBUILT, product), join(folder, product));
  makeCurrent(key);
  return join(folder, ADDON);
}

/** @param {string} addon path of a build of these sources */
function publish(addon) {
  mkdirSync(PREBUILT, { recursive: true });
  for (const product of [PROGRAM, ADDON])
    copyFileSync(join(dirname(addon), product), join(PREBUILT, product));
  writeFileSync(PREBUILT_KEY, sourceKey());
}

function makeCurrent(key) {
  if (existsSync(POINTER) && readFileSync(POINTER, 'utf8') === key) return;
  const temporary = `${POINTER}.${process.pid}.tmp`;
  writeFileSync(temporary, key);
  renameSync(temporary, POINTER);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const addon = buildNative();
  if (addon !== undefined && process.argv[2] === '--prebuild') publish(addon);
}
