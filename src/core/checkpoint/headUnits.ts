import type { ModelSpec } from './checkpoint.ts';

/** What the Dense layer of a model's head is in a saved model. */
export function headUnits({ head, classes }: Pick<ModelSpec, 'head' | 'classes'>): {
  readonly activation: string;
  readonly units: number;
} {
  const activation = { softmax: 'softmax', sigmoid: 'sigmoid', logits: 'linear', 'multi-label': 'sigmoid' }[
    head
  ];
  return { activation, units: head === 'sigmoid' ? 1 : classes };
}
