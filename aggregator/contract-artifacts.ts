import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Interface, isHexString } from 'ethers';
import { z } from 'zod';
import { MillraceError } from '../protocol/error.ts';

const ARTIFACTS = new URL('../build/hardhat/artifacts/', import.meta.url);

const codeSchema = z.string().refine((code) => isHexString(code), 'expected 0x hex');

const artifactSchema = z.looseObject({
  contractName: z.string(),
  abi: z.array(z.record(z.string(), z.unknown())),
  bytecode: codeSchema,
  deployedBytecode: codeSchema,
  immutableReferences: z
    .record(z.string(), z.array(z.strictObject({ start: z.int().nonnegative(), length: z.int().positive() })))
    .default({}),
  buildInfoId: z.string().regex(/^[\w-]+$/),
});

const buildInfoSchema = z.object({
  solcLongVersion: z.string(),
  input: z.object({
    settings: z.object({
      evmVersion: z.string(),
      viaIR: z.boolean().optional(),
      optimizer: z.record(z.string(), z.unknown()),
      metadata: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
});

/** A compiled contract. */
export interface ContractArtifact {
  readonly interface: Interface;
  /** Creation code, 0x hex. */
  readonly bytecode: string;
  /** The code that the constructor leaves, 0x hex, with zeros in the places of immutables. */
  readonly deployedBytecode: string;
  /** Those places, in bytes: for each immutable all of them. */
  readonly immutables: readonly (readonly CodePlace[])[];
  readonly compiler: Compiler;
  /** Hardhat's file itself. */
  readonly file: Readonly<Record<string, unknown>>;
}

export interface CodePlace {
  readonly start: number;
  readonly length: number;
}

/** What a contract was compiled with. */
export interface Compiler {
  /** E.g. `0.8.37+commit.f401782d`. */
  readonly version: string;
  /** The settings that the code depends on. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/**
 * Reads what `hardhat build` made of a contract.
 *
 * @param name of the contract; @param file under `contracts/`, where it is not `name.sol`
 * @throws {MillraceError} `refused/contracts-not-built`
 */
export function contractArtifact(name: string, file = `${name}.sol`): ContractArtifact {
  try {
    const artifact = artifactSchema.parse(readJson(`contracts/${file}/${name}.json`));
    const { abi, bytecode, deployedBytecode, immutableReferences, buildInfoId } = artifact;
    const info = buildInfoSchema.parse(readJson(`build-info/${buildInfoId}.json`));
    return {
      interface: new Interface(JSON.stringify(abi)),
      bytecode,
      deployedBytecode,
      immutables: Object.values(immutableReferences),
      compiler: { version: info.solcLongVersion, settings: info.input.settings },
      file: artifact,
    };
  } catch (cause) {
    throw new MillraceError('refused', 'contracts-not-built', `The contract ${name} is not compiled`, {
      details: {
        folder: fileURLToPath(ARTIFACTS),
        reason: cause instanceof Error ? cause.message : String(cause),
      },
      fix: 'Run `npx hardhat build --no-tests --force`.',
      cause,
    });
  }
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, ARTIFACTS), 'utf8'));
}
