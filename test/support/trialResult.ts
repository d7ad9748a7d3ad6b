import type { TrialResult } from '../../src/core/sweep/trial.ts';

/** Of a point, without figures of the test data. */
export const trialResult: TrialResult = {
  trial: 'task-k9-s1',
  kind: 'point',
  metric: 'task',
  rank: 9,
  seed: 1,
  parameters: 1,
  storageBytes: 4,
  embeddingBytes: 3,
  flopsPerSentence: 2,
  layers: [],
  validationAccuracy: 0.8,
  bestEpoch: 1,
  seconds: 1,
};
