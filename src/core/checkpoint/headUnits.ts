import type { ModelSpec } from './checkpoint.ts';

export type Head = Pick<ModelSpec, 'head' | 'logit' | 'biasFree' | 'classes'>;

/** What the Dense layer of a model's head is in a saved model. */
export function headUnits({ head, logit, classes }: Head): {
  readonly activation: string;
  readonly units: number;
} {
  if (head === 'sigmoid') return { activation: logit ? 'linear' : 'sigmoid', units: 1 };
  const activation = { softmax: 'softmax', logits: 'linear', 'multi-label': 'sigmoid' }[head];
  return { activation, units: classes };
}

/** The head that such a Dense layer is, with its activation; undefined where it is no classifier's. */
export function headOfUnits(activation: string, units: number): Head | undefined {
  if (units === 1) {
    if (activation === 'sigmoid') return { head: 'sigmoid', classes: 2 };
    return activation === 'linear' ? { head: 'sigmoid', logit: true, classes: 2 } : undefined;
  }
  if (activation === 'sigmoid') return { head: 'multi-label', classes: units };
  if (activation === 'softmax') return { head: 'softmax', classes: units };
  return activation === 'linear' ? { head: 'logits', classes: units } : undefined;
}
