import { configDefaults, defineConfig } from 'vitest/config';

const SLOW = '**/*.slow.test.ts';
const GENERATED = ['.toolchain/**', 'artifacts/**', 'build/**', 'cache/**'];

/** `vitest run` takes the quick tests, `vitest run --mode slow` the slow ones. */
export default defineConfig(({ mode }) => ({
  test: {
    include: mode === 'slow' ? [SLOW] : ['**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...GENERATED, ...(mode === 'slow' ? [] : [SLOW])],
    pool: 'forks',
    // Many tests start processes of their own; more workers only slow each other down.
    maxWorkers: 2,
    testTimeout: mode === 'slow' ? 30 * 60_000 : 180_000,
    hookTimeout: mode === 'slow' ? 30 * 60_000 : 180_000,
  },
}));
