/**
 * Computes the worked example of docs/protocol.md again from the text of that page. It shares no code with
 * Millrace: Poseidon and EdDSA are circomlibjs's, keccak and ABI encoding ethers's, KZG commitments c-kzg's, the tree is
 * brute force.
 */
import { readFileSync } from 'node:fs';
import { buildEddsa, buildPoseidonReference } from 'circomlibjs';
import { AbiCoder, concat, getBytes, hexlify, keccak256, sha256, toBeHex } from 'ethers';
import { describe, expect, test } from 'vitest';
import { kzg } from './support/kzg.ts';

const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
const page = readFileSync(new URL('../docs/protocol.md', import.meta.url), 'utf8');
const rows = new Map(
  [...page.matchAll(/^\| (.+?) \| (0x[0-9a-f]+|\d+) \|$/gm)].map(([, name, value]) => [name, value]),
);

function row(name: string): string {
  const value = rows.get(name);
  if (value === undefined) throw new Error(`docs/protocol.md has no row '${name}'`);
  return value;
}

const reference = await buildPoseidonReference();
const eddsa = await buildEddsa();
const P = (...inputs: bigint[]): bigint => reference.F.toObject(reference(inputs));
const abi = (types: string[], values: unknown[]) => AbiCoder.defaultAbiCoder().encode(types, values);
const lo = (v: bigint) => v % 2n ** 248n;
const hi = (v: bigint) => v / 2n ** 248n;

function person(privateByte: number, ownerByte: string) {
  const privateKey = new Uint8Array(32).fill(privateByte);
  const publicKey = eddsa.prv2pub(privateKey);
  const [ax, ay] = publicKey.map((x) => eddsa.F.toObject(x)) as [bigint, bigint];
  const owner = BigInt(`0x${ownerByte.repeat(20)}`);
  return { publicKey, ax, ay, owner, keyHash: P(ax, ay, owner) };
}

const alice = person(1, 'a1');
const bob = person(2, 'b2');
const domain =
  BigInt(
    keccak256(
      abi(
        ['string', 'uint256', 'address'],
        ['Millrace v1', 31337, '0x5fbdb2315678afecb367f032d93f642f64180aa3'],
      ),
    ),
  ) %
  2n ** 248n;

// The batch by plain arithmetic.
const [deposited, amount, withdrawn, fee] = [1_000_000_000n, 123_456_789n, 23_456_789n, 2500n];
const feeCode = 250n + (1n << 8n);
const accounts = [
  { keyHash: alice.keyHash, token: 1n, nonce: 1n, balance: deposited - amount - fee },
  { keyHash: bob.keyHash, token: 1n, nonce: 1n, balance: 50n + amount - withdrawn + fee },
];

/** Root of a tree of depth 8 with these accounts at 1, 2, ...; all 256 leaves are hashed. */
function stateRoot(held: typeof accounts): bigint {
  const leaves = Array.from({ length: 256 }, () => [0n, 0n]);
  held.forEach(({ keyHash, token, nonce, balance }, i) => {
    leaves[i + 1] = [keyHash, token + nonce * 2n ** 16n + balance * 2n ** 56n];
  });
  const bottom = Array.from({ length: 64 }, (_, i) => P(...leaves.slice(4 * i, 4 * i + 4).flat()));
  const middle = Array.from({ length: 8 }, (_, i) => P(...bottom.slice(8 * i, 8 * i + 8)));
  return P(P(...middle), BigInt(held.length + 1));
}

const oldRoot = stateRoot([]);
const newRoot = stateRoot(accounts);

const depositElements = ({ keyHash, owner }: typeof alice, units: bigint) => [
  1n + hi(keyHash) * 2n ** 2n + 1n * 2n ** 8n + units * 2n ** 24n + owner * 2n ** 88n,
  lo(keyHash),
  0n,
];
const opData = (from: bigint, to: bigint, units: bigint, code: bigint) =>
  from + to * 2n ** 24n + units * 2n ** 48n + code * 2n ** 112n;
const d = [
  domain,
  1n + hi(oldRoot) * 2n ** 64n + hi(newRoot) * 2n ** 70n,
  lo(oldRoot),
  lo(newRoot),
  2n,
  ...depositElements(alice, deposited),
  1n,
  ...depositElements(bob, 50n),
  2n,
  1n + 3n * 4n,
  opData(1n, 2n, amount, feeCode) + opData(2n, 1n, withdrawn, 0n) * 2n ** 124n,
  0n,
  bob.owner,
];
const bytes = (value: bigint, length: number) => toBeHex(value, length);
const data = concat([
  bytes(2n, 4),
  bytes(0n, 12),
  bytes(2n, 2),
  ...[5, 9].flatMap((at) => [
    bytes(d[at]!, 31),
    bytes(d[at + 1]!, 31),
    bytes(d[at + 2]!, 31),
    bytes(d[at + 3]!, 14),
  ]),
  bytes(2n, 2),
  bytes(d[13]!, 31),
  bytes(d[14]!, 31),
  bytes(1n, 2),
  bytes(1n, 2),
  bytes(bob.owner, 31),
]);

/** `C`: the elements 15 at a time, zeros at the end. */
function chain(elements: bigint[]): bigint {
  let hash = 0n;
  for (let i = 0; i < elements.length; i += 15) {
    const part = elements.slice(i, i + 15);
    hash = P(hash, ...part, ...Array<bigint>(15 - part.length).fill(0n));
  }
  return hash;
}

/** Value of a polynomial, lowest coefficient first. */
function value(coefficients: bigint[], at: bigint, modulus: bigint): bigint {
  let sum = 0n;
  let power = 1n;
  for (const coefficient of coefficients) {
    sum = (sum + coefficient * power) % modulus;
    power = (power * at) % modulus;
  }
  return sum;
}

describe('the worked example', () => {
  test('keys', () => {
    expect([row('Alice, `Ax`'), row('Alice, `Ay`')]).toEqual([`${alice.ax}`, `${alice.ay}`]);
    expect(row('Alice, `keyHash`')).toBe(`${alice.keyHash}`);
    expect(row('Bob, `keyHash`')).toBe(`${bob.keyHash}`);
    expect(row('`domain`')).toBe(`${domain}`);
  });

  test.each([
    ['Transfer', alice, 1n, 1n, amount, feeCode, 2n],
    ['Withdraw', bob, 3n, 2n, withdrawn, 0n, 0n],
  ] as const)('%s: message and signature', (name, signer, type, from, units, code, target) => {
    const packed =
      type + from * 2n ** 2n + 0n * 2n ** 34n + 1n * 2n ** 74n + units * 2n ** 90n + code * 2n ** 154n;
    const message = P(domain, packed, target);
    expect(row(`${name}, message`)).toBe(`${message}`);
    const R8 = [eddsa.F.e(row(`${name}, \`R8x\``)), eddsa.F.e(row(`${name}, \`R8y\``))] as [
      Uint8Array,
      Uint8Array,
    ];
    const S = BigInt(row(`${name}, \`S\``));
    expect(S < eddsa.babyJub.subOrder).toBe(true);
    expect(eddsa.verifyPoseidon(eddsa.F.e(message), { R8, S }, signer.publicKey)).toBe(true);
  });

  test('state roots', () => {
    expect(row('old state root')).toBe(`${oldRoot}`);
    expect(row('genesis state root, depth 8')).toBe(`${oldRoot}`);
    expect(row('new state root')).toBe(`${newRoot}`);
  });

  test('genesis roots of the deep trees', () => {
    const arities = { 11: [8, 8, 8], 24: [8, 8, 8, 8, 8, 16, 8], 32: [8, 8, 8, 8, 8, 16, 8, 16, 16] };
    for (const [depth, upper] of Object.entries(arities)) {
      const bottom = P(0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n);
      const root = upper.reduce((node, arity) => P(...Array<bigint>(arity).fill(node)), bottom);
      expect(row(`genesis state root, depth ${depth}`)).toBe(`${P(root, 1n)}`);
    }
  });

  test('vector, data, hash, challenge and value', () => {
    d.forEach((element, i) => {
      expect([`d_${i}`, row(`\`d_${i}\``)]).toEqual([`d_${i}`, `${element}`]);
    });
    expect(rows.has(`\`d_${d.length}\``)).toBe(false);
    expect(row('data')).toBe(data);
    const c = chain(d);
    expect(row('`C`')).toBe(`${c}`);
    const head = ['uint256', 'uint256', 'uint256', 'uint256', 'uint256', 'uint256', 'bytes32'];
    const z = BigInt(keccak256(abi(head, [c, 0n, ...d.slice(0, 4), keccak256(getBytes(data))]))) % R;
    expect(row('`z`')).toBe(`${z}`);
    expect(row('`y`')).toBe(`${value(d, z, R)}`);
  });

  test('payouts', () => {
    const leaf = abi(
      ['uint256', 'address', 'uint256', 'uint256'],
      [0n, toBeHex(bob.owner, 20), 1n, withdrawn],
    );
    expect(row('payouts root')).toBe(keccak256(keccak256(leaf)));
  });
});

describe('the worked example in a blob', () => {
  const q = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;
  const shapeId = 1n;
  const [first, second] = accounts as [(typeof accounts)[0], (typeof accounts)[0]];
  const nextRoot = stateRoot([
    { ...first, balance: first.balance + 1000n },
    { ...second, nonce: 2n, balance: second.balance - 1000n },
  ]);
  const next = [
    domain,
    2n + hi(newRoot) * 2n ** 64n + hi(nextRoot) * 2n ** 70n,
    lo(newRoot),
    lo(nextRoot),
    ...Array<bigint>(9).fill(0n),
    1n,
    opData(2n, 1n, 1000n, 0n),
    0n,
    0n,
  ];
  const l1Entry = (at: number) =>
    concat([...d.slice(at, at + 3).map((element) => bytes(element, 31)), bytes(d[at + 3]!, 14)]);
  const withdrawal = concat([bytes(1n, 2), bytes(bob.owner, 20), bytes(1n, 2), bytes(withdrawn, 8)]);
  const calldata = [
    concat([bytes(2n, 2), l1Entry(5), l1Entry(9), bytes(1n, 2), withdrawal]),
    bytes(0n, 4), // no L1 op, no withdrawal
  ];
  const visible = [
    [...d.slice(0, 4), ...d.slice(5, 13), 0n, 0n, bob.owner, 1n + withdrawn * 2n ** 16n],
    [...next.slice(0, 4), ...Array<bigint>(12).fill(0n)],
  ];
  const hidden = [d, next].map((vector) => [vector[4]!, ...vector.slice(13)]);
  const Q = hidden.flat();
  const versionedHash = row('versioned hash');
  const hashes = [d, next].map((vector, j) =>
    keccak256(
      abi(
        ['uint256', 'uint256', 'uint256', 'uint256', 'uint256', 'uint256', 'bytes32'],
        [chain(vector), shapeId, ...vector.slice(0, 4), keccak256(calldata[j]!)],
      ),
    ),
  );
  const z = BigInt(keccak256(concat([versionedHash, ...hashes]))) % 2n ** 240n;

  function power(base: bigint, exponent: bigint): bigint {
    let result = 1n;
    for (const bit of exponent.toString(2)) {
      result = (result * result) % q;
      if (bit === '1') result = (result * base) % q;
    }
    return result;
  }
  const root = power(7n, (q - 1n) / 4096n);
  const reversed = (i: number) => BigInt(`0b${[...i.toString(2).padStart(12, '0')].reverse().join('')}`);
  const element = (i: number) => bytes(value(Q, power(root, reversed(i)), q), 32);

  test('calldata, vectors and coefficients', () => {
    expect(row('new state root after batch 2')).toBe(`${nextRoot}`);
    expect(calldata).toEqual([row('batch 1, calldata'), row('batch 2, calldata')]);
    expect([d, next].map((vector) => `${chain(vector)}`)).toEqual([row('batch 1, `C`'), row('batch 2, `C`')]);
    visible.forEach((elements, j) => {
      for (const i of [12, 13, 14, 15]) expect(row(`batch ${j + 1}, \`v_${i}\``)).toBe(`${elements[i]}`);
      expect(rows.has(`batch ${j + 1}, \`v_${elements.length}\``)).toBe(false);
    });
    Q.forEach((coefficient, i) => {
      expect([i, row(`coefficient ${i} of \`Q\``)]).toEqual([i, `${coefficient}`]);
    });
    expect(rows.has(`coefficient ${Q.length} of \`Q\``)).toBe(false);
    for (const i of [0, 1, 4095]) expect(row(`element ${i} of the blob`)).toBe(element(i));
  });

  test('challenge, values and public signals', () => {
    expect(hashes).toEqual([row('`h_1`'), row('`h_2`')]);
    expect(row('`z` of the blob')).toBe(`${z}`);
    [d, next].forEach((vector, j) => {
      const [V, y] = [value(visible[j]!, z, R), value(hidden[j]!, z, q)];
      expect(row(`\`V_${j + 1}\``)).toBe(`${V}`);
      expect(row(`\`y_${j + 1}\``)).toBe(`${y}`);
      expect([1, 2, 3].map((i) => row(`batch ${j + 1}, public signal ${i}`))).toEqual([
        `${(chain(vector) + z * V) % R}`,
        `${z + hi(y) * 2n ** 240n}`,
        `${lo(y)}`,
      ]);
    });
    expect(row('`Q(z)`')).toBe(`${value(Q, z, q)}`);
  });

  test.skipIf(kzg === undefined)('the versioned hash, and the value that the precompile is asked for', () => {
    const blob = getBytes(concat(Array.from({ length: 4096 }, (_, i) => element(i))));
    const commitment = kzg!.blobToKzgCommitment(blob);
    expect(versionedHash).toBe(`0x01${sha256(commitment).slice(4)}`);
    const [proof, opened] = kzg!.computeKzgProof(blob, getBytes(bytes(z, 32)));
    expect(row('`Q(z)`')).toBe(`${BigInt(hexlify(opened))}`);
    expect(kzg!.verifyKzgProof(commitment, getBytes(bytes(z, 32)), opened, proof)).toBe(true);
  });
});
