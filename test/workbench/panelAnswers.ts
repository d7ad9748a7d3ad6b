import type { Differences, Flip, SpectrumReport, TriedSentence } from '../../src/core/report/reports.ts';
import type { PageError } from '../../src/editor/pageError.ts';
import type { Queries, QueryKind } from '../../src/editor/panelProtocol.ts';

/** What the preview's host answers; `pending` never does. */
export type SampleAnswers = {
  readonly [K in QueryKind]: Queries[K]['answer'] | 'pending' | { readonly error: PageError };
};

const classes: readonly (readonly string[])[] = [
  ['negative', 'positive'],
  Array.from({ length: 20 }, (_, i) => `talk.politics.topic-${i + 1}`),
];

export const answered: SampleAnswers = {
  spectrum: sampleSpectrum(100),
  differences: sampleDifferences(classes[0] ?? [], 1821),
  sentence: sampleSentence(classes[0] ?? []),
};

export const manyClasses: SampleAnswers = {
  spectrum: sampleSpectrum(300),
  differences: sampleDifferences(classes[1] ?? [], 7532),
  sentence: sampleSentence(classes[1] ?? []),
};

export const pending: SampleAnswers = { spectrum: 'pending', differences: 'pending', sentence: 'pending' };

const error = {
  message: 'The row has 3 columns, expected 2.',
  hint: 'Mend the row, then try again.',
  place: 'test.tsv, line 7',
};
export const failing: SampleAnswers = {
  spectrum: { error },
  differences: { error },
  sentence: { error },
};

function sampleSpectrum(dimension: number): SpectrumReport {
  const ranks = Array.from({ length: dimension }, (_, i) => i);
  return {
    rows: 17575,
    dimension,
    singularValues: ranks.map((i) => 300 / (1 + i) ** 0.35 - i / dimension),
    taskEigenvalues: ranks.map((i) => (i === dimension - 1 ? -1e-9 : 40 / (1 + i) ** 2.4)),
  };
}

function sampleDifferences(names: readonly string[], sentences: number): Differences {
  const count = names.length;
  const cell = (i: number, j: number, bias: number): number =>
    i === j
      ? Math.round((sentences / count) * (0.83 + bias))
      : Math.round((sentences / count / (count - 1)) * (0.17 - bias));
  const confusion = (bias: number): number[][] =>
    names.map((_, i) => names.map((__, j) => cell(i, j, bias * (i % 3) - bias)));
  const flips = Array.from({ length: 140 }, (_, i): Flip => {
    const label = i % count;
    const other = (label + 1) % count;
    const third = (label + 2) % count;
    const kind = count > 2 ? i % 3 : i % 2;
    return {
      text:
        i % 4 === 0
          ? 'it is a charming and often affecting journey that never once asks of its audience more than it gives back, and that alone is rare'
          : `a sentence that the models do not agree on , number ${i + 1}`,
      line: 7 + 13 * i,
      label,
      before: kind === 1 ? label : other,
      after: kind === 0 ? label : kind === 1 ? other : third,
    };
  });
  return {
    part: 'test',
    sentences,
    classes: names,
    confusionBefore: confusion(0.01),
    confusionAfter: confusion(0.02),
    corrected: flips.filter((flip) => flip.after === flip.label).length,
    broken: flips.filter((flip) => flip.before === flip.label).length,
    otherwise: flips.filter((flip) => flip.before !== flip.label && flip.after !== flip.label).length,
    flips,
  };
}

function sampleSentence(names: readonly string[]): readonly TriedSentence[] {
  const tried = (shift: number, latencyMs: number): TriedSentence => {
    const weights = names.map((_, i) => Math.exp(-1.3 * ((i + shift) % names.length)));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const probabilities = names.map((label, i) => ({ label, probability: (weights[i] ?? 0) / total }));
    const best = probabilities.reduce((a, b) => (b.probability > a.probability ? b : a));
    return { label: best.label, probabilities, tokens: 12, unknownTokens: 1, latencyMs };
  };
  return [tried(0, 0.82), tried(1, 0.614)];
}
