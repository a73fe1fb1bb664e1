import { packWord } from './account.ts';
import {
  blobBatch,
  blobBatchHash,
  blobCoefficients,
  blobPoint,
  combineValues,
  openBatch,
} from './blob/binding.ts';
import { BLOB_ELEMENTS, encodeBlob } from './blob/blob.ts';
import { splitLayout } from './blob/split.ts';
import { toHex, wordFromInteger } from './bytes.ts';
import { domain, integerToAddress } from './domain.ts';
import { encodeFee } from './fee.ts';
import { type KeyPair, keyHash, keyPairFromPrivateKey } from './keys.ts';
import { encodeL1Op, type L1Op } from './l1-ops.ts';
import { type L2Op, type SignedOp, signingMessage, signOp } from './ops.ts';
import { payoutsRoot } from './payouts.ts';
import { poseidon } from './poseidon.ts';
import { evaluate } from './public-data.ts';
import type { Shape } from './shape.ts';
import { genesisRoot, State } from './state.ts';
import { BatchDraft, type SealedBatch } from './transition.ts';
import { ARITIES, emptyNodes } from './tree.ts';

/** A value of the worked example in docs/protocol.md, by the name that the page gives it. */
export type ExampleRow = readonly [name: string, value: string];

export interface ExampleSection {
  readonly title: string;
  readonly text: string;
  readonly rows: readonly ExampleRow[];
}

/** Its own shape, so that the page stays when the shapes that ship are cut anew. */
const SHAPE: Shape = { name: 'example', n2: 2, n1: 2, m: 4, depth: 8 };
const SHAPE_ID = 0;
/** Place of a blob shape of the same size. */
const BLOB_SHAPE_ID = 1;
/** Of the example's blob. KZG commitments are not made in this room: test/independent-root.test.ts holds it against the blob. */
const VERSIONED_HASH = 0x0155068dfbc742ec576b2e0ebacf1d40a46def6b11e8c3f08f527bd7f8f66f11n;
const CHAIN_ID = 31337n;
const ROLLUP = '0x5fbdb2315678afecb367f032d93f642f64180aa3';
const TOKEN = 1;

interface Person {
  readonly name: string;
  readonly key: KeyPair;
  readonly owner: bigint;
  readonly keyHash: bigint;
}

function person(name: string, privateByte: number, ownerByte: number): Person {
  const key = keyPairFromPrivateKey(new Uint8Array(32).fill(privateByte));
  const owner = BigInt(`0x${ownerByte.toString(16).padStart(2, '0').repeat(20)}`);
  return { name, key, owner, keyHash: keyHash(key.publicKey, owner) };
}

/**
 * The worked example of docs/protocol.md: empty trees, then the first batch of a rollup of depth 8, in which
 * Alice and Bob deposit, Alice pays Bob, and Bob, who also takes the fees, withdraws; then the same batch in a blob that it
 * shares with the next one.
 */
export function workedExample(): ExampleSection[] {
  const alice = person('Alice', 1, 0xa1);
  const bob = person('Bob', 2, 0xb2);
  const rollupDomain = domain(CHAIN_ID, ROLLUP);
  const state = new State(SHAPE.depth);
  const draft = new BatchDraft(state, SHAPE, {
    domain: rollupDomain,
    number: 1,
    feeAccounts: new Map([[TOKEN, 2]]),
  });
  const deposits = [deposit(alice, 1_000_000_000n), deposit(bob, 50n)];
  const transfer: L2Op = {
    type: 'transfer',
    from: 1,
    to: 2,
    token: TOKEN,
    amount: 123_456_789n,
    feeCode: encodeFee(2500n),
    nonce: 0,
  };
  const withdraw: L2Op = {
    type: 'withdraw',
    from: 2,
    token: TOKEN,
    amount: 23_456_789n,
    feeCode: 0,
    nonce: 0,
  };
  const paid = signOp(transfer, alice.key, alice.owner, rollupDomain);
  const withdrawn = signOp(withdraw, bob.key, bob.owner, rollupDomain);
  for (const op of deposits) draft.addL1(op);
  for (const op of [paid, withdrawn]) draft.addL2(op);
  const batch = draft.seal(SHAPE, SHAPE_ID);

  const sections: ExampleSection[] = [
    {
      title: 'Poseidon and empty trees',
      text: 'The hash of an empty node by level, bottom first; the last is the empty tree. Its state root has `accountCount = 1`.',
      rows: [
        ['`P_2(1, 2)`', decimal(poseidon([1n, 2n]))],
        ...emptyNodes(32).map(
          (hash, level): ExampleRow => [`empty node, level ${level} of depth 32`, decimal(hash)],
        ),
        ...Object.keys(ARITIES).flatMap((depth): ExampleRow[] => [
          [`empty tree, depth ${depth}`, decimal(emptyNodes(Number(depth)).at(-1)!)],
          [`genesis state root, depth ${depth}`, decimal(genesisRoot(Number(depth)))],
        ]),
      ],
    },
    {
      title: 'Keys',
      text: "Private keys are the byte 0x01 (Alice) or 0x02 (Bob) 32 times; the owners' addresses are 0xa1 or 0xb2 20 times.",
      rows: [...keyRows(alice), ...keyRows(bob)],
    },
    {
      title: 'Ops',
      text:
        `Chain id ${CHAIN_ID}, rollup ${ROLLUP}. Alice and Bob deposit 1,000,000,000 and 50 units of token 1, which creates ` +
        'accounts 1 and 2. Alice pays Bob 123,456,789 units and a fee of 2,500; Bob withdraws 23,456,789 without a fee. ' +
        "Account 2, Bob's, takes the fees.",
      rows: [
        ['`domain`', decimal(rollupDomain)],
        ...deposits.flatMap((op, t) =>
          encodeL1Op(op).map((e, i): ExampleRow => [`L1 op ${t}, \`e${i}\``, decimal(e)]),
        ),
        ['fee code of 2500', String(transfer.feeCode)],
        ...signatureRows('Transfer', paid, rollupDomain),
        ...signatureRows('Withdraw', withdrawn, rollupDomain),
      ],
    },
    {
      title: 'State after the batch',
      text: 'Accounts 1 and 2 stand in the first bottom node; every other node beside their path is empty.',
      rows: [
        ...[1, 2].flatMap((index): ExampleRow[] => [
          [`account ${index}, nonce`, String(state.get(index)?.nonce)],
          [`account ${index}, balance`, decimal(state.get(index)!.balance)],
          [`account ${index}, \`word\``, decimal(packWord(state.get(index)))],
        ]),
        ['bottom node 0', decimal(poseidon(state.opening(1).bottom))],
        ['tree root', decimal(state.treeRoot)],
        ['`accountCount`', String(state.accountCount)],
        ['old state root', decimal(batch.oldRoot)],
        ['new state root', decimal(batch.newRoot)],
      ],
    },
    {
      title: 'Public data',
      text: `Shape (N2, N1, M, depth) = (${SHAPE.n2}, ${SHAPE.n1}, ${SHAPE.m}, ${SHAPE.depth}), \`shapeId\` ${SHAPE_ID}.`,
      rows: [
        ...batch.d.map((element, i): ExampleRow => [`\`d_${i}\``, decimal(element)]),
        ['data', toHex(batch.data)],
        ['`C`', decimal(batch.c)],
        ['`z`', decimal(batch.z)],
        ['`y`', decimal(batch.y)],
        ['payouts root', payoutsRoot(batch.payouts)],
      ],
    },
  ];

  const next = new BatchDraft(state, SHAPE, { domain: rollupDomain, number: 2, feeAccounts: new Map() });
  const back: L2Op = { ...transfer, from: 2, to: 1, amount: 1000n, feeCode: 0, nonce: 1 };
  next.addL2(signOp(back, bob.key, bob.owner, rollupDomain));
  return [...sections, blobSection(batch, next.seal(SHAPE, BLOB_SHAPE_ID))];
}

/** Two batches that share a blob. */
function blobSection(...sealed: readonly SealedBatch[]): ExampleSection {
  const batches = sealed.map(({ d, l1Results }) => blobBatch(d, SHAPE, BLOB_SHAPE_ID, l1Results.length));
  const coefficients = blobCoefficients(batches);
  const blob = encodeBlob(coefficients);
  const z = blobPoint(wordFromInteger(VERSIONED_HASH), batches);
  const openings = batches.map((batch) => openBatch(batch, z));
  const values = openings.map(({ y }, j) => ({ length: batches[j]!.hidden.length, y }));
  const { hiddenLength, visibleLength, withdrawals } = splitLayout(SHAPE);
  return {
    title: 'Two batches in a blob',
    text:
      `The batch above as batch 1 of a blob, of a blob shape of the same size with \`shapeId\` ${BLOB_SHAPE_ID}. Batch 2 follows it and has ` +
      'one op, which Bob signs: 1,000 units to Alice without a fee. Each has ' +
      `${visibleLength} elements of \`v\`, the last ${visibleLength - withdrawals} for withdrawals, and ${hiddenLength} coefficients of \`Q\`; the other coefficients are 0.`,
    rows: [
      ['new state root after batch 2', decimal(sealed[1]!.newRoot)],
      ...batches.flatMap(({ c, visible, data }, j): ExampleRow[] => [
        [`batch ${j + 1}, calldata`, toHex(data)],
        ...visible
          .slice(withdrawals)
          .map((element, i): ExampleRow => [`batch ${j + 1}, \`v_${withdrawals + i}\``, decimal(element)]),
        [`batch ${j + 1}, \`C\``, decimal(c)],
      ]),
      ...coefficients.map((value, i): ExampleRow => [`coefficient ${i} of \`Q\``, decimal(value)]),
      ...[0, 1, BLOB_ELEMENTS - 1].map(
        (i): ExampleRow => [`element ${i} of the blob`, toHex(blob.subarray(32 * i, 32 * (i + 1)))],
      ),
      ['versioned hash', toHex(wordFromInteger(VERSIONED_HASH))],
      ...batches.map((batch, j): ExampleRow => [`\`h_${j + 1}\``, toHex(blobBatchHash(batch))]),
      ['`z` of the blob', decimal(z)],
      ...openings.flatMap(({ y, a, zy, yLo }, j): ExampleRow[] => [
        [`\`V_${j + 1}\``, decimal(evaluate(batches[j]!.visible, z))],
        [`\`y_${j + 1}\``, decimal(y)],
        [`batch ${j + 1}, public signal 1`, decimal(a)],
        [`batch ${j + 1}, public signal 2`, decimal(zy)],
        [`batch ${j + 1}, public signal 3`, decimal(yLo)],
      ]),
      ['`Q(z)`', decimal(combineValues(values, z))],
    ],
  };
}

/** The example as the page shows it. */
export function workedExampleMarkdown(): string {
  return workedExample()
    .map(({ title, text, rows }) => {
      const lines = rows.map(([name, value]) => `| ${name} | ${value} |`);
      return [`### ${title}`, '', text, '', '| value | |', '| --- | --- |', ...lines, ''].join('\n');
    })
    .join('\n');
}

function deposit(to: Person, amount: bigint): L1Op {
  return { type: 'deposit', depositor: to.owner, token: TOKEN, amount, keyHash: to.keyHash };
}

function keyRows({ name, key, owner, keyHash }: Person): ExampleRow[] {
  return [
    [`${name}, \`Ax\``, decimal(key.publicKey[0])],
    [`${name}, \`Ay\``, decimal(key.publicKey[1])],
    [`${name}, \`owner\``, integerToAddress(owner)],
    [`${name}, \`keyHash\``, decimal(keyHash)],
  ];
}

function signatureRows(name: string, { op, signature }: SignedOp, rollupDomain: bigint): ExampleRow[] {
  return [
    [`${name}, message`, decimal(signingMessage(op, rollupDomain))],
    [`${name}, \`R8x\``, decimal(signature.r8[0])],
    [`${name}, \`R8y\``, decimal(signature.r8[1])],
    [`${name}, \`S\``, decimal(signature.s)],
  ];
}

function decimal(value: bigint): string {
  return value.toString();
}
