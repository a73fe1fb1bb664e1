import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import hardhatEthers from '@nomicfoundation/hardhat-ethers';
import hardhatKeystore from '@nomicfoundation/hardhat-keystore';
import hardhatVerify from '@nomicfoundation/hardhat-verify';
import { configVariable, defineConfig } from 'hardhat/config';
import type { HttpNetworkUserConfig } from 'hardhat/types/config';

const require = createRequire(import.meta.url);

const SOLIDITY_TESTS = 'test/solidity';

/**
 * Tests are compiled apart: by way of its IR the compiler makes other code of a contract with other files beside it, and what lies in
 * `build/hardhat` is what is deployed, what the doctor compares with L1, and what gas is measured of.
 */
const BUILD = process.argv[2] === 'test' ? 'build/hardhat-tests' : 'build/hardhat';

const compiler = {
  version: '0.8.37',
  // The compiler comes from npm with everything else; Hardhat would download it from elsewhere.
  path: require.resolve('solc/soljson.js'),
};
const settings = { evmVersion: 'osaka', metadata: { bytecodeHash: 'none' } };

/**
 * Tests deploy the rollup by name, as it is compiled for use; they themselves are compiled the quick way,
 * which takes a quarter of the time.
 */
const testCompiler = { ...compiler, settings: { ...settings, optimizer: { enabled: true, runs: 1 } } };

/** From the environment, or else from Hardhat's keystore: `npx hardhat keystore set NAME`. */
const l1: HttpNetworkUserConfig = {
  type: 'http',
  chainType: 'l1',
  url: configVariable('MILLRACE_L1_RPC_URL'),
  accounts: [configVariable('MILLRACE_OPERATOR_KEY')],
};

export default defineConfig({
  plugins: [hardhatEthers, hardhatKeystore, hardhatVerify],
  solidity: {
    compilers: [
      {
        ...compiler,
        // With more runs the rollup would come near the 24.6 kB that a contract may have; with fewer the compiler saves room by
        // copying the order of the field from the code each time, at ten times the gas.
        settings: { ...settings, viaIR: true, optimizer: { enabled: true, runs: 2_500 } },
      },
    ],
    overrides: Object.fromEntries(solidityTests().map((file) => [file, testCompiler])),
  },
  paths: {
    sources: 'contracts',
    tests: { solidity: SOLIDITY_TESTS },
    artifacts: `${BUILD}/artifacts`,
    cache: `${BUILD}/cache`,
  },
  test: {
    solidity: {
      // Sequences of calls; `npm run test:slow` asks for more.
      invariant: {
        runs: Number(process.env.MILLRACE_INVARIANT_RUNS ?? 12),
        depth: 80,
        failOnRevert: true,
      },
    },
  },
  networks: {
    default: { type: 'edr-simulated', chainType: 'l1', hardfork: 'osaka' },
    localhost: l1,
    sepolia: { ...l1, chainId: 11_155_111 },
    hoodi: { ...l1, chainId: 560_048 },
  },
  verify: {
    etherscan: { apiKey: configVariable('ETHERSCAN_API_KEY') },
    blockscout: { enabled: false },
    sourcify: { enabled: false },
  },
});

function solidityTests(): string[] {
  const files = readdirSync(path.join(import.meta.dirname, SOLIDITY_TESTS), {
    recursive: true,
    encoding: 'utf8',
  });
  return files
    .filter((file) => file.endsWith('.sol'))
    .map((file) => `${SOLIDITY_TESTS}/${file.split(path.sep).join('/')}`);
}
