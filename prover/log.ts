import { type Logger, pino } from 'pino';

/** Fields that may hold a secret, wherever they turn up in a log line. */
const SECRET_FIELDS = ['redisUrl', 'url', 'password', 'privateKey', 'seed', 'mnemonic'];

const root = pino(
  {
    level: process.env.MILLRACE_LOG_LEVEL ?? 'info',
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '[secret]' },
  },
  pino.destination({ dest: 2, sync: true }),
);

/** A structured logger (JSON lines on stderr) that names its component and hides secrets. */
export function componentLogger(component: string): Logger {
  return root.child({ component });
}
