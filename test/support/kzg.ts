/** c-kzg with its setup; undefined where npm could not build it: it is an optional package. */
export const kzg = await import('c-kzg').then(
  ({ default: kzg }) => {
    kzg.loadTrustedSetup(0);
    return kzg;
  },
  () => undefined,
);
