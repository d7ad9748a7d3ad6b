import assert from 'node:assert/strict';
import type { TrialResult } from '../../src/core/sweep/trial.ts';
import { bestTrial } from '../../webview/bestTrial.ts';
import { commaSeparated, tabSeparated } from '../../webview/delimited.ts';
import { layerStacks } from '../../webview/layerStacks.ts';
import { modelRows, runName } from '../../webview/modelRows.ts';
import { sortRows, tableCells, tableColumns } from '../../webview/tableColumns.ts';

function layer(name: string, storageBytes: number) {
  return {
    layer: name,
    parameters: storageBytes / 4,
    storageBytes,
    memoryBytes: storageBytes,
    multiplyAddsPerSentence: 0,
    flopsPerSentence: 0,
  };
}

function result({ metric, rank, ...part }: Partial<TrialResult>): TrialResult {
  const kind = part.kind ?? 'point';
  const setting = metric && `${metric}-k${rank ?? 0}`;
  return {
    trial: `${setting ?? kind}-s${part.seed ?? 1}`,
    kind,
    seed: 1,
    ...(setting && { setting, series: metric, method: 'low-rank', metric }),
    ...(rank !== undefined && { rank }),
    parameters: 100,
    storageBytes: 400,
    embeddingBytes: 300 + (rank ?? 0),
    flopsPerSentence: 50,
    layers: [],
    validationAccuracy: 0.8,
    bestEpoch: 1,
    seconds: 2,
    ...part,
  };
}

const points = [4, 9, 1].flatMap((rank) =>
  [1, 2, 3].map((seed) =>
    result({
      metric: 'task',
      rank,
      seed,
      ...(rank === 9 && { latency: { p50Ms: 0.1 * seed, p95Ms: 0.2, sentencesPerSecond: 1e4 } }),
      validationAccuracy: 0.8 + 0.1 / 3 / seed - 0.01 / rank,
      ...(rank > 1 && { validationAccuracyBefore: 0.7 + 0.01 * rank }),
    }),
  ),
);
const own = { key: 'a', recipe: 'sst2', startedAt: 0 };
const other = { key: 'b', recipe: 'a "very", long\nname', startedAt: 90_000_000 };
const rows = modelRows(points, true, [
  {
    run: other,
    results: [
      result({ kind: 'baseline', layers: [layer('embedding/table', 400)] }),
      result({ metric: 'task', rank: 9, layers: [layer('embedding/A', 90)] }),
    ],
  },
]);
const all = [...rows.points, ...rows.compared];

describe('the panel’s table', () => {
  it('sorts figures and names both ways, with unknown ones last', () => {
    for (const column of tableColumns({ latency: true, test: true, seeds: true, search: false, run: own })) {
      const [rising, falling] = [false, true].map((descending) => {
        const values = sortRows(all, column, descending).map((row) => column.value(row));
        const known = values.filter((value) => value !== undefined);
        assert.ok(
          values.slice(known.length).every((value) => value === undefined),
          column.id,
        );
        return known;
      });
      assert.deepEqual(rising, falling?.toReversed(), column.id);
    }
  });

  it('has a column of runs only where runs are compared', () => {
    const ids = tableColumns({ latency: true, test: false, seeds: false, search: false }).map(({ id }) => id);
    assert.ok(!ids.includes('run'));
    const run = tableColumns({ latency: true, test: false, seeds: false, search: false, run: own }).find(
      ({ id }) => id === 'run',
    );
    assert.equal(run?.value(all[0]!), runName(own));
    assert.equal(run.value(all.at(-1)!), runName(other));
  });

  it('gives every figure in full, and deviations beside their means', () => {
    const columns = tableColumns({ latency: true, test: false, seeds: true, search: false });
    const [head, ...lines] = tableCells(rows.points, columns);
    assert.ok(head);
    assert.ok(lines.every((line) => line.length === head.length));
    const at = columns.findIndex(({ id }) => id === 'after');
    const name = columns[at]!.name;
    const mean = head.indexOf(name);
    assert.equal(Number(lines[0]?.[mean]), rows.points[0]?.after.mean);
    assert.equal(Number(lines[0]?.[mean + 1]), rows.points[0]?.after.deviation);
    // Of one seed there is no deviation.
    assert.equal(tableCells(rows.compared, columns)[0]?.length, columns.length);
  });

  it('takes the best seed on the validation set for a model, and none of another run', () => {
    const [first] = rows.points;
    assert.ok(first);
    assert.equal(bestTrial(first, points)?.seed, 1);
    for (const row of rows.compared) assert.equal(bestTrial(row, points), undefined);
  });
});

describe('delimited values', () => {
  it('come back from RFC 4180 as they were', () => {
    const lines = tableCells(
      all,
      tableColumns({ latency: true, test: true, seeds: true, search: false, run: own }),
    );
    assert.deepEqual(parse(commaSeparated(lines)), lines);
    const odd = [['', 'a,b', '"', 'x\r\ny', ' z ']];
    assert.deepEqual(parse(commaSeparated(odd)), odd);
  });

  it('keep a row in a line on the clipboard', () => {
    assert.equal(tabSeparated([['a\tb', 'c\r\nd'], ['e']]), 'a b\tc d\ne');
  });
});

describe('the cost of a compared run’s model', () => {
  it('stands against that run’s uncompressed model', () => {
    const { bars, stacks } = layerStacks(rows, rows.compared.at(-1), 'storageBytes');
    assert.deepEqual(
      bars.map((bar) => bar.total),
      [400, 90],
    );
    assert.deepEqual(
      stacks.map(({ layer }) => layer),
      ['embedding/table', 'embedding/A'],
    );
  });
});

/** A reader of RFC 4180: quoted fields, or ones without quotes, commas and line ends. */
function parse(text: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    cells.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === ',') continue;
    lines.push(cells);
    cells = [];
  }
  return lines;
}
