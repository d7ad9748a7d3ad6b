import type { Layer, TensorNames } from './tensorNames.ts';

/** More layers are not put in order by their shapes. */
const mostLayers = 8;
const headName = /(^|\.)(out|output|head|classifier|logits|decoder|fc_out|out_proj|final|predict\w*)(\.|$)/i;

/**
 * The dense layers behind the encoder, the head last: those named, or the file's remaining matrices in the one order in
 * which each takes what the one before gives. Where several orders do, layers of one name come by their numbers, and
 * the one that is called a head comes last.
 *
 * @param width features of a sentence
 * @throws UserError `dense-layers`, which asks for the names
 */
export function denseChain(names: TensorNames, given: readonly string[] | undefined, width: number): Layer[] {
  if (given !== undefined) {
    return given.map((name) => {
      const layer = names.layer(name);
      const found = names.shape(layer.name);
      if (found.length !== 2 || found[1] !== width) throw names.misfit(layer.name, `[units, ${width}]`);
      width = found[0]!;
      return layer;
    });
  }
  const candidates = names.weights([2]);
  const ask = (message: string) =>
    names.error(
      'dense-layers',
      message,
      'Name the dense layers in their order as "dense" in "architecture.tensors" in the recipe, the output last, and tensors that take no part in "ignore".',
      candidates[0],
    );
  const shown = candidates.map((name) => `'${name}' [${names.shape(name).join(', ')}]`).join(', ');
  if (candidates.length === 0) throw ask('No matrix is left for the output.');
  if (candidates.length > mostLayers) throw ask(`${candidates.length} matrices are left: ${shown}.`);
  const chains = [...chainsOf(names, candidates, width)];
  const ordered = chains.length === 1 ? chains : chains.filter(isOrdered);
  const [chain] = ordered;
  if (chain === undefined || ordered.length > 1) {
    throw ask(
      chains.length === 0
        ? `The matrices that are left make no chain from the ${width} features of a sentence: ${shown}.`
        : `The matrices that are left make more than one chain: ${shown}.`,
    );
  }
  return chain.map((name) => names.layer(name));
}

/** Each order of all the names in which the widths fit. */
function* chainsOf(names: TensorNames, left: readonly string[], width: number): Generator<string[]> {
  if (left.length === 0) yield [];
  for (const name of left) {
    const [units = 0, from] = names.shape(name);
    if (from !== width) continue;
    const rest = left.filter((other) => other !== name);
    for (const chain of chainsOf(names, rest, units)) yield [name, ...chain];
  }
}

/** Whether names that differ in a number alone stand by that number, and a head stands last. */
function isOrdered(chain: readonly string[]): boolean {
  const stem = (name: string): string => name.replace(/\d+/g, '#');
  const byNumber = new Intl.Collator('en', { numeric: true });
  return chain.every(
    (name, i) =>
      chain.slice(i + 1).every((later) => stem(later) !== stem(name) || byNumber.compare(name, later) < 0) &&
      (i === chain.length - 1 || !headName.test(name) || chain.every((other) => headName.test(other))),
  );
}
