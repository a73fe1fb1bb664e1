import { createRequire } from 'node:module';
import hardhatEthers from '@nomicfoundation/hardhat-ethers';
import { defineConfig } from 'hardhat/config';

const require = createRequire(import.meta.url);

export default defineConfig({
  plugins: [hardhatEthers],
  solidity: {
    compilers: [
      {
        version: '0.8.37',
        // The compiler comes from npm with everything else; Hardhat would download it from elsewhere.
        path: require.resolve('solc/soljson.js'),
        settings: {
          evmVersion: 'osaka',
          viaIR: true,
          optimizer: { enabled: true, runs: 1_000_000 },
          metadata: { bytecodeHash: 'none' },
        },
      },
    ],
  },
  paths: {
    sources: 'contracts',
    tests: { solidity: 'test/solidity' },
    artifacts: 'build/hardhat/artifacts',
    cache: 'build/hardhat/cache',
  },
  networks: {
    default: { type: 'edr-simulated', chainType: 'l1', hardfork: 'osaka' },
  },
});
