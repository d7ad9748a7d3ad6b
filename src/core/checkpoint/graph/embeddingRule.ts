import { oneInput, type LayerRule } from './nodeFacts.ts';

/** The vectors of an input's tokens. Its input is the tokens themselves, and no node. */
export const embedding: LayerRule = (config, inputs) => {
  const { steps } = oneInput(config, inputs);
  const [m, n] = [config.size('input_dim', 1), config.size('output_dim')];
  const rank = config.has('rank') ? config.size('rank') : undefined;
  const masked = config.flag('mask_zero', false);
  const products = (rank ?? 0) * n * (typeof steps === 'number' ? steps : NaN);
  return {
    output: { width: n, steps, masked, seesPadding: !masked },
    weights:
      rank === undefined
        ? [['table', [m, n]]]
        : [
            ['A', [m, rank]],
            ['B', [rank, n]],
          ],
    flops: rank === undefined ? 0 : 2 * products,
    ...(rank !== undefined && { multiplyAdds: products }),
  };
};
