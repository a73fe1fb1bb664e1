import { loadKzg } from '../../aggregator/kzg.ts';

/** c-kzg with its setup; undefined where npm could not build it. */
export const kzg = await loadKzg();
