/**
 * Draws a model's page in Chromium without VS Code, for looking at it: one picture for each case in out/model/.
 * `npx tsx test/workbench/modelPreview.ts [part of a case's name [language]]`, e.g. `sample de`.
 *
 * It fails where the page breaks its content security policy, throws, scrolls sideways, or axe finds it hard to use.
 */
import type { Browser } from 'playwright-core';
import { readCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { inspectCheckpoint, type Inspection } from '../../src/core/checkpoint/inspect.ts';
import type { SpectrumReport } from '../../src/core/report/reports.ts';
import { spectrumReport } from '../../src/core/report/spectrum.ts';
import type { ModelPage, SpectrumState } from '../../src/editor/modelProtocol.ts';
import { reducedModels } from '../../src/editor/reducedModels.ts';
import { launchBrowser } from './browser.ts';
import {
  bundlePage,
  casesOf,
  lookAt,
  openPreview,
  printProblems,
  type Bundle,
  type PreviewCase,
} from './previewPage.ts';

async function pages(): Promise<Readonly<Record<string, ModelPage>>> {
  const sample = await inspectCheckpoint('sample/model');
  const report = await spectrumReport(await readCheckpoint('sample/model'));
  const of = (inspection: Inspection, spectrum: SpectrumState): ModelPage => ({
    name: 'model',
    path: 'sample/model/model.json',
    isText: true,
    content: {
      inspection,
      reduced: reducedModels(inspection),
      trusted: spectrum.state !== 'untrusted',
      spectrum,
    },
  });
  return {
    sample: of(sample, { state: 'done', report }),
    large: of(large, { state: 'done', report: decaying(large.spec.embedding) }),
    computing: of(sample, { state: 'computing' }),
    untrusted: of(sample, { state: 'untrusted' }),
    failed: of(sample, {
      state: 'failed',
      error: {
        message: "The weight 'embedding/table' holds NaN at position 17.",
        hint: 'Train the model again: its weights have diverged.',
      },
    }),
    factorized: of(factorized, { state: 'factorized' }),
    deep: of(deep, { state: 'done', report: decaying(deep.spec.embedding) }),
    broken: {
      name: 'image-classifier-with-a-name-that-is-long-enough-to-need-more-than-one-line-in-a-narrow-editor',
      path: 'models/image-classifier/model.json',
      isText: true,
      content: {
        error: {
          message: "The layer 'conv2d_1' is a Conv2D, which is not supported.",
          hint: 'Models of an embedding, an average or an LSTM, and dense layers can be compressed.',
        },
      },
    },
  };
}

const large: Inspection = inspected(
  { kind: 'lstm', units: 150, pooling: 'mean', peepholes: true, hidden: [30, 25] },
  undefined,
);
const factorized: Inspection = inspected({ kind: 'dan', hidden: [30, 25] }, 19);
const deep: Inspection = withTwoTables(inspected({ kind: 'dan', hidden: [30, 25] }, undefined));

/** Of two tables, and more layers than a page has room for, whose names are long. */
function withTwoTables(inspection: Inspection): Inspection {
  const nodes = Array.from({ length: 250 }, (_, i) => ({
    name: `the_encoder_of_the_title_and_of_the_text_stage_${i % 17}_residual_block_${i}_projection`,
    className: i % 7 === 0 ? 'LayerNormalization' : 'Dense',
    config: {},
    inputs: [],
  }));
  const table = { input_dim: 1200, output_dim: 64 };
  const layer = (name: string, shape: readonly number[]): Inspection['layers'][number] => {
    const parameters = shape.reduce((a, b) => a * b, 1);
    return { name, shape, parameters, storageBytes: 4 * parameters, share: 0 };
  };
  const layers = [
    ...inspection.layers,
    layer('graph/tags/table', [1200, 64]),
    ...nodes.flatMap(({ name }, i) => [
      layer(`graph/${name}/kernel`, [64 + i, 64]),
      layer(`graph/${name}/bias`, [64]),
    ]),
  ];
  const sum = (figure: (one: Inspection['layers'][number]) => number): number =>
    layers.reduce((total, one) => total + figure(one), 0);
  const parameters = sum((one) => one.parameters);
  const embeddingBytes = inspection.embeddingBytes + 4 * 1200 * 64;
  return {
    ...inspection,
    spec: {
      ...inspection.spec,
      body: {
        kind: 'graph',
        nodes: [{ name: 'tags', className: 'Embedding', config: table, inputs: [] }, ...nodes],
        inputs: [{ name: 'the_title_of_the_message', length: 20 }, { name: 'the_text_of_the_message' }],
        hidden: [],
        maskZero: true,
        dialect: 'keras',
        names: { input: 'title', embedding: 'words_of_the_title_and_of_the_text', head: 'class' },
      },
    },
    layers: layers.map((one) => ({ ...one, share: one.parameters / parameters })),
    parameters,
    storageBytes: sum((one) => one.storageBytes),
    embeddingShare: embeddingBytes / 4 / parameters,
    embeddingBytes,
    folding: {
      exact: false,
      why: `The layer '${nodes[0]?.name ?? ''}' (LayerNormalization) is not linear in the embedding.`,
    },
  };
}

function inspected(body: Inspection['spec']['body'], rank: number | undefined): Inspection {
  const [rows, dimension] = [341_479, 300];
  const shapes: [string, number[]][] =
    rank === undefined
      ? [['embedding/table', [rows, dimension]]]
      : [
          ['embedding/A', [rows, rank]],
          ['embedding/B', [rank, dimension]],
        ];
  let width = dimension;
  if (body.kind === 'lstm') {
    const H = (width = body.units);
    shapes.push(['lstm/kernel', [dimension, 4 * H]], ['lstm/recurrent_kernel', [H, 4 * H]]);
    shapes.push(['lstm/bias', [4 * H]], ['lstm/peephole', [3, H]]);
  }
  body.hidden.forEach((units, i) => {
    shapes.push([`hidden_${i}/kernel`, [width, units]], [`hidden_${i}/bias`, [units]]);
    width = units;
  });
  shapes.push(['head/kernel', [width, 6]], ['head/bias', [6]]);
  const sizes = shapes.map(([name, shape]) => ({ name, shape, parameters: shape.reduce((a, b) => a * b) }));
  const parameters = sizes.reduce((sum, layer) => sum + layer.parameters, 0);
  const layers = sizes.map((layer) => {
    return { ...layer, storageBytes: 4 * layer.parameters, share: layer.parameters / parameters };
  });
  return {
    path: '/models/trec/model.json',
    format: rank === undefined ? 'safetensors' : 'tfjs',
    spec: {
      embedding: { rows, dimension, ...(rank !== undefined && { rank }) },
      body,
      head: 'softmax',
      classes: 6,
      masked: rank !== undefined,
    },
    layers,
    parameters,
    storageBytes: 4 * parameters,
    embeddingShare: layers
      .filter(({ name }) => name.startsWith('embedding/'))
      .reduce((sum, { share }) => sum + share, 0),
    embeddingBytes: layers
      .filter(({ name }) => name.startsWith('embedding/'))
      .reduce((sum, { storageBytes }) => sum + storageBytes, 0),
    countsPadding: false,
    folding: { exact: true },
    labels: ['abbreviation', 'description', 'entity', 'human', 'location', 'number'],
  };
}

function decaying({ rows, dimension }: Inspection['spec']['embedding']): SpectrumReport {
  const singularValues = Array.from({ length: dimension }, (_, i) => 900 / (i + 4) ** 0.4);
  return { rows, dimension, singularValues };
}

/** Draws the cases that are wanted, and tells what is wrong with each. */
export async function* drawModels(
  wanted: (drawn: PreviewCase) => boolean,
  language = 'en',
): AsyncGenerator<readonly [name: string, problems: readonly string[]]> {
  const bundle = await bundlePage('model', 'webview/model/main.ts');
  const browser = await launchBrowser();
  try {
    for (const [sample, page] of Object.entries(await pages()))
      for (const drawn of casesOf(sample, language).filter(wanted))
        yield [drawn.name, await draw(browser, bundle, drawn, page)];
  } finally {
    await browser.close();
  }
}

async function draw(
  browser: Browser,
  bundle: Bundle,
  drawn: PreviewCase,
  page: ModelPage,
): Promise<readonly string[]> {
  const host = 'globalThis.acquireVsCodeApi = () => ({ postMessage() {} });';
  const preview = await openPreview(browser, bundle, drawn, host);
  await preview.page.evaluate(`postMessage(${JSON.stringify({ type: 'page', page })}, '*')`);
  await preview.page.waitForSelector('h1');
  await preview.page.waitForTimeout(200);
  await lookAt(preview, `out/model/${drawn.name}.png`);
  await preview.page.close();
  return preview.problems;
}

const [, script, filter = '', language] = process.argv;
if (import.meta.filename === script)
  await printProblems(drawModels(({ name }) => name.includes(filter), language));
