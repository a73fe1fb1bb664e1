import { z } from 'zod';
import { FIELD } from '../protocol/field.ts';
import { SHAPE_NAMES } from '../protocol/shape.ts';
import { BACKEND_CHOICES } from '../prover/backend.ts';

/** A whole number that comes as such (file) or as text (environment). */
const integer = (min: number, max: number) =>
  z
    .union([
      z.number(),
      z
        .string()
        .regex(/^\d{1,15}$/, 'expected a whole number')
        .transform(Number),
    ])
    .pipe(z.int().min(min).max(max));

/** An integer of any size; in a file it is a string, because JSON numbers are not exact. */
const big = (exclusiveLimit: bigint) =>
  z
    .string()
    .regex(/^\d{1,78}$/, 'expected a decimal integer')
    .transform(BigInt)
    .refine((value) => value < exclusiveLimit, `expected an integer below ${exclusiveLimit}`);

const url = (protocols: readonly string[]) =>
  z.string().refine(
    (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
    // The value is not repeated: it may hold an access key.
    `expected a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  );

const shapeName = z.enum(SHAPE_NAMES);

const tokenId = z
  .string()
  .regex(/^[1-9]\d{0,4}$/, 'expected a token id')
  .transform(Number)
  .refine((id) => id <= 0xffff, 'expected a token id of 16 bits');

/** `1=100,3=5`, or `{ "1": "100", "3": "5" }`: least fee in units by token id. */
const minimumFees = z
  .union([
    z.record(z.string(), z.string()),
    z
      .string()
      .regex(/^(\d+=\d+(,\d+=\d+)*)?$/, 'expected pairs of token id and units such as 1=100,3=5')
      .transform((text): Record<string, string> => {
        const pairs = text === '' ? [] : text.split(',');
        return Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string]));
      }),
  ])
  .transform((fees) => Object.entries(fees))
  .pipe(z.array(z.tuple([tokenId, big(1n << 64n)])))
  .transform((pairs) => new Map(pairs));

/** All settings of a node. What has no default is optional here; {@link REQUIRED} are needed to run. */
export const nodeConfigSchema = z.strictObject({
  dataDir: z.string().min(1).default('millrace-data').describe('folder of the store'),
  deployment: z.string().min(1).optional().describe('deployment manifest that millrace deploy wrote'),
  l1RpcUrl: url(['http:', 'https:']).optional().describe('JSON-RPC of an L1 node'),
  operatorKey: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, 'expected 0x and 64 hex digits')
    .optional()
    .describe("the operator's L1 key"),
  operatorKeyFile: z.string().min(1).optional().describe("file that holds the operator's L1 key"),
  feeKeyHash: big(FIELD).optional().describe('L2 address whose accounts take the fees'),
  minimumFees: minimumFees.default(new Map()).describe('least fee in units by token id'),
  shapes: z
    .union([
      z.array(shapeName),
      z
        .string()
        .transform((text) => text.split(','))
        .pipe(z.array(shapeName)),
    ])
    .optional()
    .describe('shapes to batch in; all that were deployed by default'),
  batchAgeMs: integer(10, 86_400_000).default(10_000).describe('age at which a batch is sealed, ms'),
  redisUrl: url(['redis:', 'rediss:'])
    .optional()
    .describe('Redis that workers share; a private one by default'),
  workers: integer(0, 256).default(1).describe('workers to run on this machine'),
  backend: z.enum(BACKEND_CHOICES).default('auto').describe('prover of these workers'),
  artifacts: z.string().min(1).optional().describe('folder of circuits and keys'),
  confirmations: integer(0, 1_000).default(3).describe('blocks on top of an L1 block before it counts'),
  maxFeePerGas: big(1n << 128n)
    .default(500_000_000_000n)
    .describe('most to offer for gas, wei'),
  maxBatchesPerCall: integer(1, 64).default(8).describe('most batches in one L1 transaction'),
  da: z
    .enum(['auto', 'calldata', 'blob'])
    .default('auto')
    .describe(
      'where the data of batches go on L1; auto: where it costs least, as far as there are shapes for it',
    ),
  finality: z
    .enum(['fast', 'cheap'])
    .default('fast')
    .describe('send proven batches at once, or let them wait for others in their call'),
  finalityWaitMs: integer(1_000, 86_400_000)
    .default(600_000)
    .describe('longest that a proven batch waits for others, if finality is cheap, ms'),
  l1PollMs: integer(10, 3_600_000).default(1_000).describe('time between two looks at L1, ms'),
  httpHost: z.string().min(1).default('127.0.0.1').describe('address that the API listens on'),
  httpPort: integer(0, 65_535).default(7180).describe('port of the API; 0: any free one'),
  logLevel: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('least severity that is logged'),
});

export type NodeSettings = z.infer<typeof nodeConfigSchema>;
export type SettingName = keyof NodeSettings;

/** Settings that a node cannot run without; of the operator's key one form is enough. */
export const REQUIRED = ['deployment', 'l1RpcUrl'] as const satisfies readonly SettingName[];

/** Settings of a node that can run. */
export type NodeConfig = NodeSettings & {
  [name in (typeof REQUIRED)[number]]: NonNullable<NodeSettings[name]>;
};

/** Environment variables of each setting; the first that is set counts. */
export const ENVIRONMENT: Readonly<Record<SettingName, readonly string[]>> = {
  dataDir: ['MILLRACE_DATA_DIR'],
  deployment: ['MILLRACE_DEPLOYMENT'],
  l1RpcUrl: ['MILLRACE_L1_RPC_URL'],
  operatorKey: ['MILLRACE_OPERATOR_KEY'],
  operatorKeyFile: ['MILLRACE_OPERATOR_KEY_FILE'],
  feeKeyHash: ['MILLRACE_FEE_KEY_HASH'],
  minimumFees: ['MILLRACE_MINIMUM_FEES'],
  shapes: ['MILLRACE_SHAPES'],
  batchAgeMs: ['MILLRACE_BATCH_AGE_MS'],
  redisUrl: ['MILLRACE_REDIS_URL', 'REDIS_URL'],
  workers: ['MILLRACE_WORKERS'],
  backend: ['MILLRACE_BACKEND'],
  artifacts: ['MILLRACE_ARTIFACTS'],
  confirmations: ['MILLRACE_CONFIRMATIONS'],
  maxFeePerGas: ['MILLRACE_MAX_FEE_PER_GAS'],
  maxBatchesPerCall: ['MILLRACE_MAX_BATCHES_PER_CALL'],
  da: ['MILLRACE_DA'],
  finality: ['MILLRACE_FINALITY'],
  finalityWaitMs: ['MILLRACE_FINALITY_WAIT_MS'],
  l1PollMs: ['MILLRACE_L1_POLL_MS'],
  httpHost: ['MILLRACE_HTTP_HOST'],
  httpPort: ['MILLRACE_HTTP_PORT'],
  logLevel: ['MILLRACE_LOG_LEVEL'],
};

/** Paths; in a file they are relative to that file's folder. */
export const PATHS: readonly SettingName[] = ['dataDir', 'deployment', 'operatorKeyFile', 'artifacts'];

/** Settings that may come from the environment only: a file is read by too many. */
export const ENVIRONMENT_ONLY: readonly SettingName[] = ['operatorKey'];
