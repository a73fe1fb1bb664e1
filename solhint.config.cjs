// All rules of solhint hold for what is deployed, but for these. Run by `npm run lint`.
module.exports = {
  extends: 'solhint:all',
  rules: {
    // Of other kinds of project.
    'comprehensive-interface': 'off', // the views of public immutables are in the interface; constructors cannot be
    'foundry-test-functions': 'off', // no tests here
    'foundry-test-function-naming': 'off',
    'use-natspec': 'off', // NatSpec stands once, in the interfaces; what is private has plain comments

    // Taste, in which the code is of one kind already.
    'immutable-vars-naming': 'off', // public ones are views of the interface
    'private-vars-leading-underscore': 'off', // constants and immutables have none
    'func-named-parameters': 'off',
    'gas-named-return-values': 'off',
    'named-parameters-mapping': 'off', // a value is named by its mapping
    ordering: 'off', // functions stand beside those that they work with
    'max-line-length': ['error', 130],

    // What the protocol is made of; docs/security.md has the tests.
    'no-inline-assembly': 'off', // precompiles, and memory and calldata of whole batches
    'not-rely-on-time': 'off', // deadlines are times
    'code-complexity': ['warn', 10], // the rollup's constructor refuses that much
    'func-visibility': ['warn', { ignoreConstructors: true }],

    // Does not see uses in assembly.
    'no-unused-import': 'off',

    // Nothing that `bench gas` can measure after the optimizer, and more words to read.
    'gas-strict-inequalities': 'off',
    'gas-length-in-loops': 'off',
    'gas-increment-by-one': 'off',
    'gas-calldata-parameters': 'off',
    'gas-indexed-events': 'off', // a topic costs more than the data that it saves
    'gas-struct-packing': 'off', // of structs that are only returned
  },
};
