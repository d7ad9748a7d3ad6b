/**
 * Draws a model's page in Chromium without VS Code, for looking at it: one picture for each case in out/model/.
 * `npx tsx test/workbench/modelPreview.ts [part of a case's name [language]]`, e.g. `sample de`.
 *
 * It fails where the page breaks its content security policy, throws, scrolls sideways, or axe finds it hard to use.
 */
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { readCheckpoint } from '../../src/core/checkpoint/folder.ts';
import { inspectCheckpoint, type Inspection } from '../../src/core/checkpoint/inspect.ts';
import type { SpectrumReport } from '../../src/core/report/reports.ts';
import { spectrumReport } from '../../src/core/report/spectrum.ts';
import type { ModelPage, SpectrumState } from '../../src/editor/modelProtocol.ts';
import { reducedModels } from '../../src/editor/reducedModels.ts';
import { launchBrowser } from './browser.ts';
import { previewStrings } from './previewStrings.ts';
import { THEMES, type ThemeName } from './panelThemes.ts';

const folder = 'out/model';
const origin = 'http://model.test';
const axe = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');

interface AxeViolation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}

async function pages(): Promise<Readonly<Record<string, ModelPage>>> {
  const sample = await inspectCheckpoint('sample/model');
  const report = spectrumReport(await readCheckpoint('sample/model'));
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
    labels: ['abbreviation', 'description', 'entity', 'human', 'location', 'number'],
  };
}

function decaying({ rows, dimension }: Inspection['spec']['embedding']): SpectrumReport {
  const singularValues = Array.from({ length: dimension }, (_, i) => 900 / (i + 4) ** 0.4);
  return { rows, dimension, singularValues };
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
    entryPoints: { model: 'webview/model/main.ts' },
    outdir: 'out',
  });
  const file = (ending: string): string =>
    built.outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  return { script: file('.js'), style: file('.css') };
}

interface Case {
  readonly name: string;
  readonly language: string;
  readonly page: ModelPage;
  readonly theme: ThemeName;
  readonly width: number;
}

async function draw(
  browser: Browser,
  { script, style }: Bundle,
  { name, language, page, theme, width }: Case,
): Promise<string[]> {
  const { bodyClass, variables } = THEMES[theme];
  const root = Object.entries(variables).map(([key, value]) => `--vscode-${key}: ${value};`);
  const files: Readonly<Record<string, { contentType: string; body: string | Buffer }>> = {
    '/': {
      contentType: 'text/html',
      body: `<!DOCTYPE html><html lang="${language}"><head><meta charset="utf-8"><title>Model</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${origin}; font-src ${origin}; script-src 'nonce-n'">
<link rel="stylesheet" href="/codicon.css" id="vscode-codicon-stylesheet">
<link rel="stylesheet" href="/theme.css"><link rel="stylesheet" href="/model.css"></head>
<body class="${bodyClass}"><main id="model"></main>${previewStrings(language)}<script nonce="n" src="/model.js"></script></body></html>`,
    },
    '/theme.css': { contentType: 'text/css', body: `:root { ${root.join(' ')} }` },
    '/codicon.css': {
      contentType: 'text/css',
      body: readFileSync('node_modules/@vscode/codicons/dist/codicon.css'),
    },
    '/codicon.ttf': {
      contentType: 'font/ttf',
      body: readFileSync('node_modules/@vscode/codicons/dist/codicon.ttf'),
    },
    '/model.css': { contentType: 'text/css', body: style },
    '/model.js': { contentType: 'text/javascript', body: script },
  };
  const tab = await browser.newPage({ viewport: { width, height: 900 }, reducedMotion: 'reduce' });
  const problems: string[] = [];
  tab.on('pageerror', (error) => problems.push(error.stack ?? error.message));
  tab.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await tab.route('**/*', async (route) => {
    const file = files[new URL(route.request().url()).pathname];
    await (file ? route.fulfill(file) : route.fulfill({ status: 404 }));
  });
  await tab.addInitScript('globalThis.acquireVsCodeApi = () => ({ postMessage() {} });');
  await tab.goto(origin);
  await tab.evaluate(`postMessage(${JSON.stringify({ type: 'page', page })}, '*')`);
  await tab.waitForSelector('h1');
  await tab.waitForTimeout(200);
  const sideways = await tab.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  if (sideways > 0) problems.push(`scrolls sideways by ${sideways} px`);
  await tab.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  // What axe itself tries on the page is none of the page's doing.
  tab.removeAllListeners('console');
  await tab.evaluate(axe);
  const violations = await tab.evaluate<AxeViolation[]>('axe.run().then((found) => found.violations)');
  for (const { id, nodes } of violations)
    problems.push(`axe ${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  await tab.close();
  return problems;
}

async function main(filter: string, language: string): Promise<void> {
  const bundled = await bundle();
  await mkdir(folder, { recursive: true });
  const browser = await launchBrowser();
  try {
    for (const [sample, page] of Object.entries(await pages()))
      for (const theme of ['dark', 'light', 'high-contrast'] as const)
        for (const width of [400, 900, 1600]) {
          const name = `${sample}-${theme}-${width}${language === 'en' ? '' : `-${language}`}`;
          if (!name.includes(filter)) continue;
          const problems = await draw(browser, bundled, { name, language, page, theme, width });
          if (problems.length > 0) process.exitCode = 1;
          console.log([name, ...problems].join('\n  '));
        }
  } finally {
    await browser.close();
  }
}

await main(process.argv[2] ?? '', process.argv[3] ?? 'en');
