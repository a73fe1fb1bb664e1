/**
 * Admits one transfer after the other into the store of the folder, from the nonce on that it is given, and reports
 * each acknowledgement to its parent, until it is killed.
 */
import { pino } from 'pino';
import { Admission } from '../../batcher/admission.ts';
import { Sequencer } from '../../batcher/sequencer.ts';
import { Store } from '../../batcher/store.ts';
import { signedOpToJson, signOp } from '../../protocol/ops.ts';
import { IDENTITY, TWO_SHAPES } from './batcher-fixture.ts';
import { holder } from './random-batch.ts';

const [folder, firstNonce] = process.argv.slice(2) as [string, string];
const alice = holder(1);
const store = Store.open(folder, IDENTITY);
const sequencer = new Sequencer(store, { shapes: TWO_SHAPES, logger: pino({ level: 'silent' }) });
const admission = new Admission(store, sequencer, { minimumFees: new Map() });
process.on('disconnect', () => process.exit(1));

for (let nonce = Number(firstNonce); ; nonce++) {
  process.send?.(nonce);
  const op = { type: 'transfer', from: 1, to: 1, token: 1, amount: 1n, feeCode: 0, nonce } as const;
  await admission.admit(signedOpToJson(signOp(op, alice.key, alice.owner, IDENTITY.domain)));
}
