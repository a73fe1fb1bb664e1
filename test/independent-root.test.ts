/**
 * Computes the worked example of docs/protocol.md again from the text of that page. It shares no code with
 * Millrace: Poseidon and EdDSA are circomlibjs's, keccak and ABI encoding ethers's, the tree is brute force.
 */
import { readFileSync } from 'node:fs';
import { buildEddsa, buildPoseidonReference } from 'circomlibjs';
import { AbiCoder, concat, getBytes, keccak256, toBeHex } from 'ethers';
import { describe, expect, test } from 'vitest';

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
    const chained = P(0n, ...d.slice(0, 15));
    const c = P(chained, ...d.slice(15), ...Array<bigint>(30 - d.length).fill(0n));
    expect(row('`C`')).toBe(`${c}`);
    const head = ['uint256', 'uint256', 'uint256', 'uint256', 'uint256', 'uint256', 'bytes32'];
    const z = BigInt(keccak256(abi(head, [c, 0n, ...d.slice(0, 4), keccak256(getBytes(data))]))) % R;
    expect(row('`z`')).toBe(`${z}`);
    let y = 0n;
    let power = 1n;
    for (const element of d) {
      y = (y + element * power) % R;
      power = (power * z) % R;
    }
    expect(row('`y`')).toBe(`${y}`);
  });

  test('payouts', () => {
    const leaf = abi(
      ['uint256', 'address', 'uint256', 'uint256'],
      [0n, toBeHex(bob.owner, 20), 1n, withdrawn],
    );
    expect(row('payouts root')).toBe(keccak256(keccak256(leaf)));
  });
});
