/** What the building of artifacts is doing. */
export interface ArtifactProgress {
  /** `waiting` for another process that builds the same, `compiling` the circuit, making the proving `key` or the witness `program`. */
  readonly stage: 'waiting' | 'compiling' | 'key' | 'program';
  /** For people. */
  readonly text: string;
  /** Of the stage: 0 to 1, where it is known. */
  readonly fraction?: number;
  /** Since the stage began. */
  readonly elapsedMs: number;
}

export type OnArtifactProgress = (progress: ArtifactProgress) => void;

/**
 * Reports one stage: at its start, every second, and when `report` is called by the work.
 *
 * @param work is given a function that takes the fraction done
 */
export async function withProgress<T>(
  { stage, text }: Pick<ArtifactProgress, 'stage' | 'text'>,
  onProgress: OnArtifactProgress | undefined,
  work: (report: (fraction: number) => void) => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  let fraction: number | undefined;
  const tell = (): void => {
    const elapsedMs = performance.now() - startedAt;
    onProgress?.({ stage, text, elapsedMs, ...(fraction === undefined ? {} : { fraction }) });
  };
  tell();
  const timer = setInterval(tell, 1_000);
  try {
    return await work((done) => {
      fraction = done;
      tell();
    });
  } finally {
    clearInterval(timer);
  }
}
