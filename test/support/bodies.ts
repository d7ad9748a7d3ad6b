import type { Body } from '../../src/core/checkpoint/checkpoint.ts';

/** Small bodies that every format of layers can hold. */
export const storableBodies: Readonly<Record<string, Body>> = {
  DAN: { kind: 'dan', hidden: [5, 4] },
  'LSTM, mean': { kind: 'lstm', units: 5, pooling: 'mean', peepholes: false, hidden: [] },
  'LSTM, last state': { kind: 'lstm', units: 5, pooling: 'last', peepholes: false, hidden: [4] },
  'BiLSTM, mean': { kind: 'bilstm', units: 3, pooling: 'mean', hidden: [] },
  'BiLSTM, last states': { kind: 'bilstm', units: 3, pooling: 'last', hidden: [4] },
  CNN: { kind: 'cnn', widths: [1, 2, 5], filters: 4, hidden: [] },
  'CNN of one width': { kind: 'cnn', widths: [3], filters: 6, hidden: [4] },
};
