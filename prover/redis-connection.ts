import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';
import { MillraceError } from '../protocol/error.ts';

/** Longest wait between two attempts to reach Redis, ms. */
const MAX_RECONNECT_DELAY_MS = 2000;

/**
 * Opens a connection to Redis that comes back by itself, however long Redis is away. That it is away, and back, is
 * logged once each, without the URL, which may carry a password.
 *
 * @param redisUrl `redis://` or `rediss://`, with user and password where Redis wants them.
 * @param logger undefined: the caller tells of failures itself
 * @throws {MillraceError} `input` / `redis-url` when the URL is not one.
 */
export function connectRedis(
  redisUrl: string,
  logger: Logger | undefined,
  options: RedisOptions = {},
): Redis {
  checkRedisUrl(redisUrl);
  const redis = new Redis(redisUrl, {
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), MAX_RECONNECT_DELAY_MS),
    connectTimeout: 5000,
    ...options,
  });
  let away = false;
  redis.on('error', (error: Error & { code?: string }) => {
    if (!away) logger?.warn({ reason: error.code ?? error.name }, 'Redis is away: waiting for it');
    away = true;
  });
  redis.on('ready', () => {
    if (away) logger?.info('Redis is back');
    away = false;
  });
  return redis;
}

function checkRedisUrl(redisUrl: string): void {
  const protocol = URL.canParse(redisUrl) ? new URL(redisUrl).protocol : undefined;
  if (protocol === 'redis:' || protocol === 'rediss:') return;
  throw new MillraceError('input', 'redis-url', 'The Redis URL is not one', {
    details: { protocol },
    fix: 'Give redis://[user:password@]host:port, best in the environment variable REDIS_URL.',
  });
}
