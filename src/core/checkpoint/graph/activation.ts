import type { Dialect } from '../specOfLayers.ts';

/** A function of each number, or of each vector, with its parameters. */
export type Activation =
  | {
      readonly kind:
        'linear' | 'sigmoid' | 'tanh' | 'softmax' | 'softplus' | 'softsign' | 'selu' | 'gelu' | 'silu';
    }
  /** x from the threshold on, but `most` at most; below it slope (x - threshold). */
  | { readonly kind: 'relu'; readonly slope: number; readonly threshold: number; readonly most: number }
  /** x where it is positive, else alpha (exp(x) - 1). */
  | { readonly kind: 'elu'; readonly alpha: number }
  /** slope x + 1/2, between 0 and 1. */
  | { readonly kind: 'hard_sigmoid'; readonly slope: number };

/** Keras's activation of that name; undefined for one that is not known. */
export function activationNamed(name: string, dialect: Dialect): Activation | undefined {
  switch (name) {
    case 'linear':
    case 'sigmoid':
    case 'tanh':
    case 'softmax':
    case 'softplus':
    case 'softsign':
    case 'selu':
    case 'gelu':
    case 'silu':
      return { kind: name };
    case 'swish':
      return { kind: 'silu' };
    case 'relu':
      return relu({});
    case 'relu6':
      return relu({ most: 6 });
    case 'leaky_relu':
      return relu({ slope: 0.2 });
    case 'elu':
      return { kind: 'elu', alpha: 1 };
    case 'hard_sigmoid':
      // Keras 3 has relu6(x + 3) / 6; tfjs and Keras 2 have 0.2 x + 0.5.
      return { kind: 'hard_sigmoid', slope: dialect === 'keras' ? 1 / 6 : 0.2 };
    case 'hard_sigmoid_0.2':
      return { kind: 'hard_sigmoid', slope: 0.2 };
    default:
      return undefined;
  }
}

export function relu({
  slope = 0,
  threshold = 0,
  most = Infinity,
}: {
  readonly slope?: number;
  readonly threshold?: number;
  readonly most?: number;
}): Activation {
  return { kind: 'relu', slope, threshold, most };
}
