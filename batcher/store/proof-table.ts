import type { Groth16Proof } from '../../prover/proof.ts';
import type { Database } from './database.ts';

/** A proof that was verified. */
export interface StoredProof {
  /** Id of the artifact manifest whose key it was made with. */
  readonly manifestId: string;
  readonly proof: Groth16Proof;
  readonly worker: string;
  /** Milliseconds by stage, as the worker measured them. */
  readonly timings: Readonly<Record<string, number>>;
  /** Milliseconds since the epoch. */
  readonly provenAt: number;
}

interface Row {
  manifest_id: string;
  proof: string;
  worker: string;
  timings: string;
  proven_at: number;
}

/** The proofs of sealed batches; a proof goes with its batch's seal. */
export class ProofTable {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  get(batch: number): StoredProof | undefined {
    const row = this.#db.one<Row>('SELECT * FROM proofs WHERE batch = ?', batch);
    if (row === undefined) return undefined;
    return {
      manifestId: row.manifest_id,
      proof: JSON.parse(row.proof) as Groth16Proof,
      worker: row.worker,
      timings: JSON.parse(row.timings) as Record<string, number>,
      provenAt: row.proven_at,
    };
  }

  /** Keeps a proof: sealed -> proven. Does nothing if the batch is not sealed or has a proof. */
  add(batch: number, { manifestId, proof, worker, timings, provenAt }: StoredProof): void {
    this.#db.transaction(() => {
      this.#db.run(
        'INSERT OR IGNORE INTO proofs SELECT batch, ?2, ?3, ?4, ?5, ?6 FROM seals WHERE batch = ?1',
        batch,
        manifestId,
        JSON.stringify(proof),
        worker,
        JSON.stringify(timings),
        provenAt,
      );
      this.#db.run("UPDATE batches SET status = 'proven' WHERE number = ? AND status = 'sealed'", batch);
    });
  }

  drop(batch: number): void {
    this.#db.run('DELETE FROM proofs WHERE batch = ?', batch);
  }
}
