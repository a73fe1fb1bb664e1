import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { getBytes, isHexString } from 'ethers';
import { z } from 'zod';
import { blobFileName } from '../aggregator/blob-archive.ts';
import { isBlobOf } from '../aggregator/kzg.ts';
import { reasonOf } from '../aggregator/l1-connection.ts';
import { BLOB_BYTES } from '../protocol/blob/blob.ts';
import { MillraceError } from '../protocol/error.ts';

/** Where blobs come from that L1 names by their hashes. */
export interface BlobSource {
  /**
   * The blob with this hash, as far as could be checked; undefined if the source has none.
   * @param versionedHash EIP-4844, 0x + 64 hex
   * @param timestamp of its block, seconds
   * @throws {MillraceError} `refused/blob-source-fails` if the source cannot be asked
   */
  blob(versionedHash: string, timestamp: number): Promise<Uint8Array | undefined>;
}

/** @param where a folder of files as the node keeps them, or the URL of a beacon node */
export function blobSource(where: string): BlobSource {
  const isUrl = URL.canParse(where) && /^https?:$/.test(new URL(where).protocol);
  return isUrl ? new BeaconBlobs(where) : new FolderBlobs(where);
}

/** Blobs in files that are named after their hashes. */
class FolderBlobs implements BlobSource {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async blob(versionedHash: string): Promise<Uint8Array | undefined> {
    let blob: Uint8Array;
    try {
      const file = join(this.#folder, blobFileName(versionedHash));
      if ((await stat(file)).size !== BLOB_BYTES) return undefined;
      blob = await readFile(file);
    } catch (cause) {
      if ((cause as { code?: string }).code === 'ENOENT') return undefined;
      throw sourceFails({ folder: this.#folder, reason: reasonOf(cause) }, cause);
    }
    return await checked(blob, versionedHash);
  }
}

const genesisSchema = z.object({ data: z.object({ genesis_time: z.coerce.number().int().nonnegative() }) });
const specSchema = z.object({ data: z.object({ SECONDS_PER_SLOT: z.coerce.number().int().positive() }) });
/** Blobs in one answer at most, many more than fit a slot. */
const BLOBS = 128;
const blobsSchema = z.object({
  data: z.array(z.string().refine((text) => isHexString(text, BLOB_BYTES), 'expected a blob')).max(BLOBS),
});
/** Of an answer at most: that many blobs in hex, and as much again for what is around them. */
const ANSWER_BYTES = 2 * BLOBS * 2 * BLOB_BYTES;

/** Blobs of a beacon node (`getBlobs` of the beacon API), which keeps them for 18 days or, as an archive, for ever. */
class BeaconBlobs implements BlobSource {
  readonly #url: string;
  #clock: { genesis: number; secondsPerSlot: number } | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  async blob(versionedHash: string, timestamp: number): Promise<Uint8Array | undefined> {
    this.#clock ??= await this.#readClock();
    const { genesis, secondsPerSlot } = this.#clock;
    const slot = Math.floor((timestamp - genesis) / secondsPerSlot);
    const found = await this.#get(
      `/eth/v1/beacon/blobs/${slot}?versioned_hashes=${versionedHash}`,
      blobsSchema,
    );
    for (const hex of found?.data ?? []) {
      const blob = await checked(getBytes(hex), versionedHash);
      if (blob !== undefined) return blob;
    }
    return undefined;
  }

  async #readClock(): Promise<{ genesis: number; secondsPerSlot: number }> {
    const genesis = await this.#get('/eth/v1/beacon/genesis', genesisSchema);
    const spec = await this.#get('/eth/v1/config/spec', specSchema);
    if (genesis === undefined || spec === undefined)
      throw sourceFails({ reason: 'it does not tell its genesis' });
    return { genesis: genesis.data.genesis_time, secondsPerSlot: spec.data.SECONDS_PER_SLOT };
  }

  /** Undefined where the node has nothing. The URL may hold an access key: it is never shown. */
  async #get<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
    try {
      const base = new URL(this.#url);
      const [pathname, search = ''] = path.split('?');
      base.pathname = base.pathname.replace(/\/$/, '') + pathname!;
      for (const [key, value] of new URLSearchParams(search)) base.searchParams.append(key, value);
      const headers = takeCredentials(base);
      const answer = await fetch(base, { headers, signal: AbortSignal.timeout(30_000) });
      if (answer.status === 404) return undefined;
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      return schema.parse(JSON.parse(await textOf(answer)));
    } catch (cause) {
      throw sourceFails({ request: path, reason: reasonOf(cause) }, cause);
    }
  }
}

/** User and password of a URL as a header, out of the URL: `fetch` takes none that has them, and quotes it. */
function takeCredentials(url: URL): Record<string, string> {
  const { username, password } = url;
  if (username === '' && password === '') return {};
  [url.username, url.password] = ['', ''];
  const pair = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return { authorization: `Basic ${pair.toString('base64')}` };
}

/** The body of an answer that is no longer than {@link ANSWER_BYTES}. */
async function textOf(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.body ?? []) {
    length += chunk.length;
    if (length > ANSWER_BYTES) throw new Error(`the answer is longer than ${ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Undefined if it is not the blob. Without c-kzg only its length is seen here; the data are checked by their `C` in any case. */
async function checked(blob: Uint8Array, versionedHash: string): Promise<Uint8Array | undefined> {
  if (blob.length !== BLOB_BYTES) return undefined;
  return (await isBlobOf(blob, versionedHash)) === false ? undefined : blob;
}

function sourceFails(details: Readonly<Record<string, unknown>>, cause?: unknown): MillraceError {
  return new MillraceError('refused', 'blob-source-fails', 'The source of blobs cannot be asked', {
    details,
    fix: 'Check --blobs: a folder of blobs as a node keeps them in its data folder, or the URL of a beacon node.',
    cause,
  });
}
