import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Interface, isHexString } from 'ethers';
import { z } from 'zod';
import { MillraceError } from '../protocol/error.ts';

const ARTIFACTS = new URL('../build/hardhat/artifacts/contracts/', import.meta.url);

const artifactSchema = z.object({
  contractName: z.string(),
  abi: z.array(z.record(z.string(), z.unknown())),
  bytecode: z.string().refine((code) => isHexString(code), 'expected 0x hex'),
});

/** A compiled contract. */
export interface ContractArtifact {
  readonly interface: Interface;
  /** Creation code, 0x hex. */
  readonly bytecode: string;
}

/**
 * Reads what `hardhat build` made of a contract.
 *
 * @param name of the contract; @param file under `contracts/`, where it is not `name.sol`
 * @throws {MillraceError} `refused/contracts-not-built`
 */
export function contractArtifact(name: string, file = `${name}.sol`): ContractArtifact {
  const path = fileURLToPath(new URL(`${file}/${name}.json`, ARTIFACTS));
  try {
    const { abi, bytecode } = artifactSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    return { interface: new Interface(JSON.stringify(abi)), bytecode };
  } catch (cause) {
    throw new MillraceError('refused', 'contracts-not-built', `The contract ${name} is not compiled`, {
      details: { path },
      fix: 'Run `npx hardhat build`.',
      cause,
    });
  }
}
