const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
/** Without a terminal: how often a long step says that it still works. */
const HEARTBEAT_MS = 15_000;

/**
 * @param {number} startedAt `Date.now()` at the start
 * @returns {string} such as `4.2 s` or `3 min 05 s`
 */
export function elapsed(startedAt) {
  const seconds = (Date.now() - startedAt) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/**
 * Runs one step and shows it on stderr: a spinner on a terminal, plain lines elsewhere, the time it took.
 *
 * @template T
 * @param {string} label
 * @param {(report: (detail: string) => void) => Promise<T>} work may report what it is doing
 * @returns {Promise<T>}
 */
export async function step(label, work) {
  const startedAt = Date.now();
  const display = process.stderr.isTTY ? spinner(label, startedAt) : plainLines(label, startedAt);
  try {
    const result = await work(display.report);
    display.end('✔', `${label} (${elapsed(startedAt)})`);
    return result;
  } catch (error) {
    display.end('✖', `${label}: failed (${elapsed(startedAt)})`);
    throw error;
  }
}

/** Steps that run at this moment share one line of the terminal. @type {Set<() => string>} */
const running = new Set();
let frame = 0;
/** @type {NodeJS.Timeout | undefined} */
let timer;

function draw() {
  const line = `${FRAMES[frame++ % FRAMES.length]} ${[...running].map((text) => text()).join('   ')}`;
  process.stderr.write(`\r\x1b[2K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
}

/**
 * @param {string} label
 * @param {number} startedAt
 */
function spinner(label, startedAt) {
  let detail = '';
  const text = () => `${label} ${elapsed(startedAt)} ${running.size === 1 ? detail : ''}`;
  running.add(text);
  draw();
  timer ??= setInterval(draw, FRAME_MS);
  return {
    /** @param {string} text */
    report(text) {
      detail = text;
    },
    /**
     * @param {string} mark
     * @param {string} last
     */
    end(mark, last) {
      running.delete(text);
      process.stderr.write(`\r\x1b[2K${mark} ${last}\n`);
      if (running.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
  };
}

/**
 * @param {string} label
 * @param {number} startedAt
 */
function plainLines(label, startedAt) {
  process.stderr.write(`- ${label} ...\n`);
  let detail = '';
  const timer = setInterval(
    () => process.stderr.write(`- ${label} ... ${elapsed(startedAt)} ${detail}\n`),
    HEARTBEAT_MS,
  );
  return {
    /** @param {string} text */
    report(text) {
      detail = text;
    },
    /**
     * @param {string} mark
     * @param {string} text
     */
    end(mark, text) {
      clearInterval(timer);
      process.stderr.write(`${mark} ${text}\n`);
    },
  };
}
