import { MillraceError } from '../protocol/error.ts';

const OTHER_NODE = 'If this stays, use another L1 node: this one leaves out or changes what is on chain.';

/** Another run asks the source again. */
export function blobMissing(batch: number, block: number): MillraceError {
  return new MillraceError(
    'refused',
    'blob-missing',
    'The blob with the data of a final batch is not there',
    {
      details: { batch, block },
      fix: 'Pass --blobs with the folder of a node that kept its blobs, or with the URL of a beacon node that still has it.',
    },
  );
}

export function gap(details: Readonly<Record<string, unknown>>): MillraceError {
  return new MillraceError('refused', 'event-gap', 'Events of the rollup are missing', {
    details,
    fix: `Pass --from-block with the block of the deployment or an earlier one. ${OTHER_NODE}`,
  });
}

export function mismatch(details: Readonly<Record<string, unknown>>, cause?: unknown): MillraceError {
  return new MillraceError(
    'refused',
    'header-mismatch',
    'Calldata and events of a batch do not belong together',
    {
      details,
      fix: OTHER_NODE,
      cause,
    },
  );
}

export function otherL1Op(batch: number, id: number): MillraceError {
  return new MillraceError('refused', 'queue-mismatch', 'A batch has another L1 op than the queue', {
    details: { batch, id },
    fix: OTHER_NODE,
  });
}
