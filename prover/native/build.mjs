// Builds the C++ addon with a plain compiler call, cached by a hash of everything that makes it.
// Plain JavaScript without dependencies, because the bootstrap calls it; also runs as a script.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
  '-shared',
  '-pthread',
  '-fvisibility=hidden',
  '-Wall',
  '-Wextra',
  '-DNAPI_VERSION=8',
  '-DNODE_ADDON_API_CPP_EXCEPTIONS',
  ...(process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []),
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
  for (const part of [compilerVersion, process.platform, process.arch, ...flags]) hash.update(`${part}\0`);
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
  const temporary = join(folder, `${process.pid}.tmp`);
  // node-api-headers keeps its headers in a folder below.
  const includes = headers.flatMap((folder) => ['-isystem', folder, '-isystem', join(folder, 'include')]);
  try {
    mkdirSync(folder, { recursive: true });
    execFileSync(command, [...flags, ...includes, join(here, 'addon.cc'), '-o', temporary], {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    renameSync(temporary, addon);
    return undefined;
  } catch (error) {
    rmSync(temporary, { force: true });
    return String(error.stderr ?? error.message)
      .trim()
      .split('\n')
      .slice(0, 3)
      .join(' | ');
  }
}

function makeCurrent(key) {
  if (existsSync(POINTER) && readFileSync(POINTER, 'utf8') === key) return;
  const temporary = `${POINTER}.${process.pid}.tmp`;
  writeFileSync(temporary, key);
  renameSync(temporary, POINTER);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildNative();
