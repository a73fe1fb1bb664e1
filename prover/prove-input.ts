import { MillraceError } from '../protocol/error.ts';
import type { ProofBackend, ProofOutput } from './backend.ts';
import type { VerificationKey } from './proof.ts';
import { verifyProof } from './verify.ts';
import type { WitnessCalculator } from './witness.ts';
import type { CircuitInput } from './witness-input.ts';

/** What proves one circuit. */
export interface CircuitProver {
  readonly calculator: WitnessCalculator;
  readonly backend: ProofBackend;
  /** Path of the proving key. */
  readonly zkey: string;
  readonly vkey: VerificationKey;
}

/** A proof that holds, with what it took, ms. */
export interface InputProof extends ProofOutput {
  readonly witnessMs: number;
  readonly proveMs: number;
  /** The witness program gave a wrong witness: circom's WASM calculated this one, and calculates all that follow. */
  readonly programDropped: boolean;
}

/**
 * Calculates the witness of an input, proves it, and verifies that the proof holds for the public signals it has to be of. Where
 * it does not and a witness program was used, all is done again with circom's WASM: nothing but time depends on the program.
 *
 * @param publicSignals as decimal strings
 * @throws {MillraceError} `internal` / `wrong-proof` when no proof holds; as `WitnessCalculator.calculate`, and as
 *   `ProofBackend.prove`
 */
export async function proveInput(
  input: CircuitInput,
  publicSignals: readonly string[],
  prover: CircuitProver,
): Promise<InputProof> {
  const { calculator, backend, zkey } = prover;
  const prove = async (calculate: (input: CircuitInput) => Promise<Uint8Array>) => {
    const started = performance.now();
    const wtns = await calculate(input);
    const calculated = performance.now();
    const made = await backend.prove(zkey, wtns);
    if (!(await verifyProof(prover.vkey, publicSignals, made.proof))) throw wrongProof(prover);
    return { ...made, witnessMs: calculated - started, proveMs: performance.now() - calculated };
  };
  const usesProgram = calculator.engine === 'native';
  try {
    return { ...(await prove((input) => calculator.calculate(input))), programDropped: false };
  } catch (error) {
    if (!usesProgram || !(error instanceof MillraceError) || !WRONG_WITNESS.has(error.code)) throw error;
  }
  const made = await prove((input) => calculator.calculateWithWasm(input));
  calculator.dropProgram();
  return { ...made, programDropped: true };
}

/** What comes of a wrong witness, and of one with a wrong number of values. */
const WRONG_WITNESS: ReadonlySet<string> = new Set(['wrong-proof', 'witness-mismatch']);

function wrongProof({ backend, zkey }: CircuitProver): MillraceError {
  return new MillraceError(
    'internal',
    'wrong-proof',
    `The ${backend.name} prover made a proof that does not hold`,
    {
      details: { zkey },
      fix: 'Build the artifacts again with millrace setup; if it stays, report it with the input.',
    },
  );
}
