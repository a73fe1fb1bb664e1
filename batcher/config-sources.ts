import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { MillraceError } from '../protocol/error.ts';
import {
  ENVIRONMENT,
  ENVIRONMENT_ONLY,
  type NodeConfig,
  type NodeSettings,
  nodeConfigSchema,
  PATHS,
  REQUIRED,
  type SettingName,
} from './config.ts';

/** A setting as it holds. */
export interface Setting {
  readonly name: SettingName;
  /** For people: secrets are hidden. */
  readonly value: string;
  /** `default`, `environment NAME` or `file PATH`; empty if it is not set. */
  readonly source: string;
  readonly meaning: string;
}

export interface Problem {
  readonly setting: string;
  readonly source: string;
  readonly problem: string;
}

/** What the sources say, right or wrong. */
export interface ReadSettings {
  readonly settings: readonly Setting[];
  /** Undefined if there are problems. */
  readonly values: NodeSettings | undefined;
  readonly problems: readonly Problem[];
}

const NAMES = Object.keys(ENVIRONMENT) as SettingName[];
const FILE_VARIABLE = 'MILLRACE_CONFIG';

/**
 * Reads the settings: the environment counts more than the file, the file more than the defaults.
 * @param environment e.g. `process.env`
 * @param file path of a JSON file; `MILLRACE_CONFIG` of the environment if undefined
 * @throws {MillraceError} `input/bad-config-file` for a file that is missing or no JSON object
 */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  file = environment[FILE_VARIABLE],
): ReadSettings {
  const raw: Partial<Record<SettingName, unknown>> = {};
  const sources = new Map<string, string>();
  const problems: Problem[] = [];
  const fromFile = file === undefined ? {} : readFile(file);
  for (const [name, value] of Object.entries(fromFile)) {
    const source = `file ${file}`;
    if (!isSetting(name)) problems.push({ setting: name, source, problem: 'there is no such setting' });
    else if (ENVIRONMENT_ONLY.includes(name)) {
      const problem = `it may come from the environment only (${ENVIRONMENT[name][0]})`;
      problems.push({ setting: name, source, problem });
    } else {
      raw[name] = PATHS.includes(name) && typeof value === 'string' ? resolve(dirname(file!), value) : value;
      sources.set(name, source);
    }
  }
  for (const name of NAMES) {
    const variable = ENVIRONMENT[name].find((candidate) => environment[candidate] !== undefined);
    if (variable === undefined) continue;
    raw[name] = environment[variable];
    sources.set(name, `environment ${variable}`);
  }
  const parsed = nodeConfigSchema.safeParse(raw);
  for (const { path, message } of parsed.error?.issues ?? []) {
    const setting = String(path[0]);
    problems.push({ setting, source: sources.get(setting) ?? '', problem: message });
  }
  const shown: Readonly<Record<string, unknown>> = parsed.data ?? { ...DEFAULTS, ...raw };
  const settings = NAMES.map((name): Setting => {
    const source = sources.get(name) ?? (name in DEFAULTS ? 'default' : '');
    const meaning = nodeConfigSchema.shape[name].description ?? '';
    return { name, value: show(name, shown[name]), source, meaning };
  });
  return { settings, values: problems.length === 0 ? parsed.data : undefined, problems };
}

/**
 * Settings that a node can run with.
 * @throws {MillraceError} `input/bad-config` lists all problems, each with the place that it comes from
 */
export function nodeConfig({ values, problems }: ReadSettings): NodeConfig {
  const missing = REQUIRED.filter((name) => values !== undefined && values[name] === undefined);
  const all = [
    ...problems,
    ...missing.map((name): Problem => {
      const problem = `it is needed: set ${ENVIRONMENT[name][0]}, or ${name} in the file`;
      return { setting: name, source: '', problem };
    }),
  ];
  if (values !== undefined && all.length === 0) return values as NodeConfig;
  throw badConfig(all);
}

/** All problems of the settings as one error. */
export function badConfig(problems: readonly Problem[]): MillraceError {
  const details: Record<string, string> = {};
  for (const { setting, source, problem } of problems) {
    const line = source === '' ? problem : `${problem} (${source})`;
    details[setting] = setting in details ? `${details[setting]}; ${line}` : line;
  }
  return new MillraceError('input', 'bad-config', 'Some settings are wrong', {
    details,
    fix: 'Correct them; `millrace config` shows what holds and where each value comes from.',
  });
}

const DEFAULTS = nodeConfigSchema.parse({});

function isSetting(name: string): name is SettingName {
  return Object.hasOwn(ENVIRONMENT, name);
}

function readFile(path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw badFile(path, cause instanceof SyntaxError ? 'it is not JSON' : 'it cannot be read', cause);
  }
  const parsed = z.record(z.string(), z.unknown()).safeParse(value);
  if (!parsed.success) throw badFile(path, 'it is not a JSON object');
  return parsed.data;
}

function badFile(path: string, problem: string, cause?: unknown): MillraceError {
  return new MillraceError('input', 'bad-config-file', `The settings file is unusable: ${problem}`, {
    details: { path },
    fix: `Pass a JSON file with --config or ${FILE_VARIABLE}.`,
    cause,
  });
}

/** The value for people. Keys are hidden, and of a URL all that may be an access key. */
function show(name: SettingName, value: unknown): string {
  if (value === undefined) return '';
  if (name === 'operatorKey') return '(hidden)';
  if (name === 'l1RpcUrl' || name === 'redisUrl') return showUrl(String(value));
  if (value instanceof Map) return [...value].map(([token, units]) => `${token}=${units}`).join(',');
  return String(value);
}

function showUrl(text: string): string {
  if (!URL.canParse(text)) return '(hidden)';
  const { protocol, host, username, password, pathname, search } = new URL(text);
  const access = username !== '' || password !== '' ? '(hidden)@' : '';
  const rest = pathname.length > 1 || search !== '' ? '/(hidden)' : '';
  return `${protocol}//${access}${host}${rest}`;
}
