import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { violationsOf } from './axe.ts';
import { THEMES, type ThemeName } from './panelThemes.ts';
import { previewStrings } from './previewStrings.ts';

const origin = 'http://preview.test';
const icons = {
  style: readFileSync('node_modules/@vscode/codicons/dist/codicon.css', 'utf8'),
  font: readFileSync('node_modules/@vscode/codicons/dist/codicon.ttf'),
};

/** What a page of the extension is looked at in. */
export interface PreviewCase {
  readonly name: string;
  readonly language: string;
  readonly theme: ThemeName;
  readonly width: number;
}

export interface Bundle {
  readonly name: 'panel' | 'model';
  readonly script: string;
  readonly style: string;
}

/** Bundles a page as it is published, but for its size. */
export async function bundlePage(name: Bundle['name'], entry: string): Promise<Bundle> {
  const built = await build({
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    entryPoints: { [name]: entry },
    outdir: 'out',
  });
  const file = (ending: string): string =>
    built.outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  return { name, script: file('.js'), style: file('.css') };
}

/** The cases of one sample: each theme in each width that the page is made for. */
export function casesOf(sample: string, language: string): PreviewCase[] {
  const ending = language === 'en' ? '' : `-${language}`;
  return (['dark', 'light', 'high-contrast'] as const).flatMap((theme) =>
    [400, 900, 1600].map((width) => ({
      name: `${sample}-${theme}-${width}${ending}`,
      language,
      theme,
      width,
    })),
  );
}

/** A page as VS Code would show it, and what it has done wrong so far: errors, and breaks of its security policy. */
export interface OpenPreview {
  readonly page: Page;
  readonly problems: string[];
}

/** @param host what defines `acquireVsCodeApi` in the page; a text, for it is no part of this program */
export async function openPreview(
  browser: Browser,
  { name, script, style }: Bundle,
  { theme, width, language }: PreviewCase,
  host: string,
): Promise<OpenPreview> {
  const { bodyClass, variables } = THEMES[theme];
  const root = Object.entries(variables).map(([key, value]) => `--vscode-${key}: ${value};`);
  const files: Readonly<Record<string, { contentType: string; body: string | Buffer }>> = {
    '/': {
      contentType: 'text/html',
      body: `<!DOCTYPE html><html lang="${language}"><head><meta charset="utf-8"><title>Embedding Press</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${origin}; font-src ${origin}; img-src ${origin} data: blob:; script-src 'nonce-n'">
<link rel="stylesheet" href="/codicon.css" id="vscode-codicon-stylesheet">
<link rel="stylesheet" href="/theme.css"><link rel="stylesheet" href="/page.css"></head>
<body class="${bodyClass}"><main id="${name}"></main>${previewStrings(language)}<script nonce="n" src="/page.js"></script></body></html>`,
    },
    '/theme.css': { contentType: 'text/css', body: `:root { ${root.join(' ')} }` },
    '/codicon.css': { contentType: 'text/css', body: icons.style },
    '/codicon.ttf': { contentType: 'font/ttf', body: icons.font },
    '/page.css': { contentType: 'text/css', body: style },
    '/page.js': { contentType: 'text/javascript', body: script },
  };
  const page = await browser.newPage({ viewport: { width, height: 900 }, reducedMotion: 'reduce' });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.stack ?? error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.route('**/*', async (route) => {
    const file = files[new URL(route.request().url()).pathname];
    await (file ? route.fulfill(file) : route.fulfill({ status: 404 }));
  });
  await page.addInitScript(host);
  await page.goto(origin);
  return { page, problems };
}

/** Takes the picture, and adds what is wrong with the page as it stands: it scrolls sideways, or axe finds it hard to use. */
export async function lookAt({ page, problems }: OpenPreview, picture: string): Promise<void> {
  const sideways = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  if (sideways > 0) problems.push(`scrolls sideways by ${sideways} px`);
  await mkdir(dirname(picture), { recursive: true });
  await page.screenshot({ path: picture, fullPage: true });
  // What axe itself tries on the page is none of the page's doing.
  const own = problems.length;
  const violations = await violationsOf(page);
  problems.splice(own, Infinity, ...violations);
}

/** Prints what is wrong in each case, and fails where something is. */
export async function printProblems(
  drawn: AsyncIterable<readonly [name: string, problems: readonly string[]]>,
): Promise<void> {
  for await (const [name, problems] of drawn) {
    if (problems.length > 0) process.exitCode = 1;
    console.log([name, ...problems].join('\n  '));
  }
}
