import type { CompressSettings } from '../recipe/recipe.ts';
import type { CompressionMethod } from './method.ts';
import { codesMethod } from './methods/codes.ts';
import { deepCompressionMethod } from './methods/deepCompression.ts';
import { fixedPointMethod } from './methods/fixedPoint.ts';
import { lowRank } from './methods/lowRank.ts';
import { lowRankOffline } from './methods/lowRankOffline.ts';
import { ppaPcaMethod } from './methods/ppaPca.ts';
import { productQuantizationMethod } from './methods/productQuantization.ts';
import { pruning } from './methods/pruning.ts';

const methods: {
  readonly [M in CompressSettings['method']]: CompressionMethod<
    Extract<CompressSettings, { readonly method: M }>
  >;
} = {
  'low-rank': lowRank,
  'low-rank-offline': lowRankOffline,
  'ppa-pca': ppaPcaMethod,
  'fixed-point': fixedPointMethod,
  'product-quantization': productQuantizationMethod,
  codes: codesMethod,
  pruning,
  'deep-compression': deepCompressionMethod,
};

/** The method that an entry of a recipe names. */
export function methodOf<S extends CompressSettings>({ method }: S): CompressionMethod<S> {
  return methods[method] as unknown as CompressionMethod<S>;
}
