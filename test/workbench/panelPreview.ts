/**
 * Draws the panel in Chromium without VS Code, for looking at it: one picture for each case in out/panel/.
 * `npx tsx test/workbench/panelPreview.ts [part of a case's name [language]]`, e.g. `running de`; CHROMIUM names another
 * browser.
 *
 * It fails where the page breaks its content security policy, throws, scrolls sideways, or axe finds it hard to use.
 */
import { writeFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import type { HostMessage, PanelPageState, SavedFile } from '../../src/editor/panelProtocol.ts';
import { launchBrowser } from './browser.ts';
import { answered, failing, manyClasses, pending, type SampleAnswers } from './panelAnswers.ts';
import { compressDefaults } from '../../src/core/recipe/defaults.ts';
import { lowRank, sampleRun, sampleSnapshot, type Sample } from './panelSample.ts';
import {
  bundlePage,
  casesOf,
  lookAt,
  openPreview,
  printProblems,
  type Bundle,
  type PreviewCase,
} from './previewPage.ts';

const folder = 'out/panel';

interface Case extends PreviewCase {
  readonly snapshot: HostMessage;
  /** What the page has kept, and the runs that are compared. */
  readonly state?: PanelPageState;
  readonly compared?: HostMessage;
  readonly answers: SampleAnswers;
}

const swept: Sample = {
  recipe: 'sst2-dan',
  status: { state: 'done', epochsDone: 108, epochsTotal: 108 },
  compress: [lowRank([49, 29, 19, 9, 4, 1], ['task', 'spectrum'])],
  seeds: [1],
  finished: 14,
};
const running: Sample = {
  ...swept,
  status: { state: 'running', epochsDone: 33, epochsTotal: 70, remainingSeconds: 184 },
  finished: 6,
};
const methods: Sample = {
  ...swept,
  compress: [
    lowRank([49, 19, 9, 4, 1], ['task', 'spectrum']),
    lowRank([19, 9, 4, 1], ['task'], { bits: [4] }),
    { ...compressDefaults['low-rank-offline'], reductions: [], ranks: [49, 19, 9] },
    compressDefaults['ppa-pca'],
    compressDefaults['fixed-point'],
    { ...compressDefaults['fixed-point'], retrain: false },
    compressDefaults['product-quantization'],
    compressDefaults.codes,
    compressDefaults.pruning,
    compressDefaults['deep-compression'],
  ],
  finished: 38,
};
const samples: Readonly<Record<string, Sample>> = {
  'points-0': { ...running, finished: 0, status: { ...running.status, epochsDone: 0 } },
  planned: { ...running, finished: 0, status: { state: 'queued', epochsDone: 0, epochsTotal: 70 } },
  'points-1': { ...running, finished: 3, status: { ...running.status, epochsDone: 15 } },
  running,
  'points-12': { ...swept, seeds: [1, 2, 3], finished: 42 },
  'points-200': {
    ...swept,
    compress: [
      lowRank(
        Array.from({ length: 23 }, (_, i) => 1 + 4 * i),
        ['task', 'spectrum', 'frequency', 'task-frequency'],
        { bits: [32, 4] },
      ),
      { ...compressDefaults['fixed-point'], bits: [16, 12, 8, 7, 6, 5, 4, 3, 2, 'ternary', 1] },
    ],
    finished: 197,
  },
  searched: { ...swept, searched: true },
  methods,
  hidden: methods,
  paused: {
    ...running,
    status: { state: 'paused', epochsDone: 33, epochsTotal: 70 },
  },
  bytes: { ...swept, seeds: [1, 2, 3], finished: 42 },
  compared: swept,
  texts: { ...swept, inputs: ['title', 'body'] },
  'classes-20': { ...swept, recipe: 'newsgroups-20' },
  failed: {
    ...swept,
    recipe:
      'a-very-long-recipe-name-that-somebody-made-by-joining-everything-that-they-knew-of-the-data-set-2026',
    status: {
      state: 'failed',
      epochsDone: 12,
      epochsTotal: 70,
      error: {
        message: 'The label "neutral" does not occur in the training data (negative, positive).',
        hint: 'Correct the label, or list all labels in the recipe’s "labels".',
        place: 'test.tsv, line 412',
      },
    },
    finished: 2,
    warnings: [
      'The embedding is 41 % of the model: even at rank 1 the whole model shrinks by no more than that.',
    ],
  },
};

const choices: Readonly<Record<string, Omit<PanelPageState, 'run'>>> = {
  bytes: { axis: 'bytes', floor: 0.79 },
  compared: { axis: 'bytes', floor: 0.9 },
  hidden: { axis: 'rank', hidden: ['spectrum', 'pruning'] },
};
const compared: Readonly<Record<string, HostMessage>> = {
  compared: {
    type: 'compared',
    runs: [
      sampleRun({ ...swept, compress: [lowRank([60, 24, 12, 6, 2], ['task', 'spectrum'])] }, 0.012, 27),
      sampleRun(
        { ...swept, recipe: 'sst2-lstm-bidirectional', compress: [lowRank([30, 10, 3], ['task'])] },
        -0.01,
        25,
      ),
    ],
  },
};

/** All others are answered. */
const otherAnswers: Readonly<Record<string, SampleAnswers>> = {
  'points-1': pending,
  'classes-20': manyClasses,
  failed: failing,
};

/** Draws the cases that are wanted, and tells what is wrong with each. */
export async function* drawPanels(
  wanted: (drawn: PreviewCase) => boolean,
  language = 'en',
): AsyncGenerator<readonly [name: string, problems: readonly string[]]> {
  const bundle = await bundlePage('panel', 'webview/main.ts');
  const browser = await launchBrowser();
  try {
    for (const drawn of cases(language).filter(wanted))
      yield [drawn.name, await draw(browser, bundle, drawn)];
  } finally {
    await browser.close();
  }
}

function cases(language: string): Case[] {
  return Object.entries(samples).flatMap(([sample, content]) =>
    casesOf(sample, language).map((drawn) => ({
      ...drawn,
      snapshot: sampleSnapshot(content),
      ...(choices[sample] && { state: { run: content.recipe, ...choices[sample] } }),
      ...(compared[sample] && { compared: compared[sample] }),
      answers: otherAnswers[sample] ?? answered,
    })),
  );
}

async function draw(browser: Browser, bundle: Bundle, drawn: Case): Promise<readonly string[]> {
  const preview = await openPreview(browser, bundle, drawn, hostOf(drawn));
  const { page, problems } = preview;
  for (const message of [drawn.snapshot, drawn.compared])
    if (message) await page.evaluate(`postMessage(${JSON.stringify(message)}, '*')`);
  await page.waitForSelector('h1');
  for (const text of ['a dull film', 'a charming and often affecting journey']) {
    const box = page.locator('#try-text');
    if (!(await box.isVisible())) continue;
    await box.fill(text);
    await box.press('Enter');
    await page.waitForTimeout(50);
  }
  // Longer than the page waits before it asks for differences.
  await page.waitForTimeout(500);
  await lookAt(preview, `${folder}/${drawn.name}.png`);
  if (drawn.width === 900) await saveCharts(page, drawn.name);
  await page.close();
  return problems;
}

/** What keeps the page's state and answers its questions. */
function hostOf({ state, answers }: Case): string {
  return `
    let state = ${JSON.stringify(state)};
    globalThis.posted = [];
    globalThis.acquireVsCodeApi = () => ({
      getState: () => state,
      setState: (next) => (state = next),
      postMessage: (message) => {
        posted.push(message);
        if (message.type === 'query') answer(message);
      },
    });
    const answers = ${JSON.stringify(answers)};
    function answer({ id, kind, ask }) {
      let value = answers[kind];
      if (value === 'pending') return;
      if (kind === 'sentence' && !value.error) value = value.slice(0, ask.trials.length);
      setTimeout(() => postMessage({ type: 'answer', id, ...(value.error ? value : { value }) }, '*'));
    }`;
}

/** Presses every button that saves a chart, and writes what the page asks to be written beside the picture. */
async function saveCharts(page: Page, name: string): Promise<void> {
  const buttons = await page.locator('.save vscode-button:visible').all();
  for (const button of buttons) await button.click();
  const saved = 'posted.filter(({ type }) => type === "save").map(({ file }) => file)';
  await page.waitForFunction(`${saved}.length === ${buttons.length}`);
  for (const file of await page.evaluate<SavedFile[]>(saved))
    await writeFile(
      `${folder}/${name}-${file.name}.${file.format}`,
      file.content,
      file.format === 'png' ? 'base64' : 'utf8',
    );
}

const [, script, filter = '', language] = process.argv;
if (import.meta.filename === script)
  await printProblems(drawPanels(({ name }) => name.includes(filter), language));
