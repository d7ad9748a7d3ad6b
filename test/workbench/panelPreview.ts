/**
 * Draws the panel in Chromium without VS Code, for looking at it: one picture for each case in out/panel/.
 * `npx tsx test/workbench/panelPreview.ts [part of a case's name [language]]`, e.g. `running de`; CHROMIUM names another
 * browser.
 *
 * It fails where the page breaks its content security policy, throws, or scrolls sideways.
 */
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { HostMessage, PanelPageState, SavedFile } from '../../src/editor/panelProtocol.ts';
import { answered, failing, manyClasses, pending, type SampleAnswers } from './panelAnswers.ts';
import { sampleRun, sampleSnapshot, type Sample } from './panelSample.ts';
import { previewStrings } from './previewStrings.ts';
import { THEMES, type ThemeName } from './panelThemes.ts';

const folder = 'out/panel';
const icons = {
  style: readFileSync('node_modules/@vscode/codicons/dist/codicon.css', 'utf8'),
  font: readFileSync('node_modules/@vscode/codicons/dist/codicon.ttf'),
};
const origin = 'http://panel.test';

interface Case {
  readonly name: string;
  readonly language: string;
  readonly theme: ThemeName;
  readonly width: number;
  readonly snapshot: HostMessage;
  /** What the page has kept, and the runs that are compared. */
  readonly state?: PanelPageState;
  readonly compared?: HostMessage;
  readonly answers: SampleAnswers;
}

const swept: Sample = {
  recipe: 'sst2-dan',
  status: { state: 'done', epochsDone: 108, epochsTotal: 108 },
  ranks: [49, 29, 19, 9, 4, 1],
  metrics: ['task', 'spectrum'],
  seeds: [1],
  finished: 14,
};
const running: Sample = {
  ...swept,
  status: { state: 'running', epochsDone: 33, epochsTotal: 70, remainingSeconds: 184 },
  finished: 6,
};
const samples: Readonly<Record<string, Sample>> = {
  'points-0': { ...running, finished: 0, status: { ...running.status, epochsDone: 0 } },
  'points-1': { ...running, finished: 3, status: { ...running.status, epochsDone: 15 } },
  running,
  'points-12': { ...swept, seeds: [1, 2, 3], finished: 42 },
  'points-200': {
    ...swept,
    ranks: Array.from({ length: 100 }, (_, i) => Math.round(1 + 499 * (i / 99) ** 2) + (i < 23 ? i : 0)),
    finished: 202,
  },
  paused: {
    ...running,
    status: { state: 'paused', epochsDone: 33, epochsTotal: 70 },
  },
  bytes: { ...swept, seeds: [1, 2, 3], finished: 42 },
  compared: swept,
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
        message:
          'data/test.tsv:412: the label "neutral" does not occur in the training data (negative, positive).',
        hint: 'Correct the label, or list all labels in the recipe’s "labels".',
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
};
const compared: Readonly<Record<string, HostMessage>> = {
  compared: {
    type: 'compared',
    runs: [
      sampleRun({ ...swept, recipe: 'sst2-dan', ranks: [60, 24, 12, 6, 2] }, 0.012, 27),
      sampleRun(
        { ...swept, recipe: 'sst2-lstm-bidirectional', metrics: ['task'], ranks: [30, 10, 3] },
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

async function main(filter: string, language: string): Promise<void> {
  const page = await bundle();
  await mkdir(folder, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  });
  let failures = 0;
  try {
    for (const preview of cases(language).filter(({ name }) => name.includes(filter))) {
      const problems = await draw(browser, page, preview);
      failures += problems.length;
      console.log([preview.name, ...problems].join('\n  '));
    }
  } finally {
    await browser.close();
  }
  if (failures > 0) process.exitCode = 1;
}

function cases(language: string): Case[] {
  const made: Case[] = [];
  for (const [sample, content] of Object.entries(samples))
    for (const theme of ['dark', 'light', 'high-contrast'] as const)
      for (const width of [400, 900, 1600])
        made.push({
          name: `${sample}-${theme}-${width}${language === 'en' ? '' : `-${language}`}`,
          language,
          theme,
          width,
          snapshot: sampleSnapshot(content),
          ...(choices[sample] && { state: { run: content.recipe, ...choices[sample] } }),
          ...(compared[sample] && { compared: compared[sample] }),
          answers: otherAnswers[sample] ?? answered,
        });
  return made;
}

interface Bundle {
  readonly script: string;
  readonly style: string;
}

async function bundle(): Promise<Bundle> {
  const built = await build({
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    entryPoints: { panel: 'webview/main.ts' },
    outdir: 'out',
  });
  const file = (ending: string): string =>
    built.outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  return { script: file('.js'), style: file('.css') };
}

async function draw(browser: Browser, { script, style }: Bundle, preview: Case): Promise<string[]> {
  const { bodyClass, variables } = THEMES[preview.theme];
  const root = Object.entries(variables).map(([name, value]) => `--vscode-${name}: ${value};`);
  const files: Readonly<Record<string, { contentType: string; body: string | Buffer }>> = {
    '/': {
      contentType: 'text/html',
      body: `<!DOCTYPE html><html lang="${preview.language}"><head><meta charset="utf-8"><title>Panel</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${origin}; font-src ${origin}; img-src ${origin} data: blob:; script-src 'nonce-n'">
<link rel="stylesheet" href="/codicon.css" id="vscode-codicon-stylesheet">
<link rel="stylesheet" href="/theme.css"><link rel="stylesheet" href="/panel.css"></head>
<body class="${bodyClass}"><main id="panel"></main>${previewStrings(preview.language)}<script nonce="n" src="/panel.js"></script></body></html>`,
    },
    '/theme.css': { contentType: 'text/css', body: `:root { ${root.join(' ')} }` },
    '/codicon.css': { contentType: 'text/css', body: icons.style },
    '/codicon.ttf': { contentType: 'font/ttf', body: icons.font },
    '/panel.css': { contentType: 'text/css', body: style },
    '/panel.js': { contentType: 'text/javascript', body: script },
  };
  const page = await browser.newPage({
    viewport: { width: preview.width, height: 900 },
    reducedMotion: 'reduce',
  });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.stack ?? error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.route('**/*', async (route) => {
    const file = files[new URL(route.request().url()).pathname];
    await (file ? route.fulfill(file) : route.fulfill({ status: 404 }));
  });
  // As text: what runs in the page is no part of this program.
  await page.addInitScript(`
    let state = ${JSON.stringify(preview.state)};
    globalThis.posted = [];
    globalThis.acquireVsCodeApi = () => ({
      getState: () => state,
      setState: (next) => (state = next),
      postMessage: (message) => {
        posted.push(message);
        if (message.type === 'query') answer(message);
      },
    });
    const answers = ${JSON.stringify(preview.answers)};
    function answer({ id, kind }) {
      const value = answers[kind];
      if (value === 'pending') return;
      setTimeout(() => postMessage({ type: 'answer', id, ...(value.error ? value : { value }) }, '*'));
    }`);
  await page.goto(origin);
  for (const message of [preview.snapshot, preview.compared])
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
  const sideways = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  if (sideways > 0) problems.push(`scrolls sideways by ${sideways} px`);
  await page.screenshot({ path: `${folder}/${preview.name}.png`, fullPage: true });
  if (preview.width === 900) await saveCharts(page, preview.name);
  await page.close();
  return problems;
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

await main(process.argv[2] ?? '', process.argv[3] ?? 'en');
