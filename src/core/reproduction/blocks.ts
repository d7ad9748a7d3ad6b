import type { Table } from './summary.ts';

/** A part of a report. Between backquotes a text is code. */
export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3; readonly text: string }
  | { readonly kind: 'text' | 'code'; readonly text: string }
  | {
      readonly kind: 'table';
      readonly titles: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  /** In HTML alone. */
  | ({ readonly kind: 'chart' } & Chart);

export interface Chart {
  readonly of: Table;
  readonly shows: 'test-over-bytes' | 'validation-over-reduction';
}

/** How far below the best the chart over bytes reaches. */
export const lossShown = 0.1;

const chartNames: Readonly<Record<Chart['shows'], string>> = {
  'test-over-bytes': 'Test accuracy over bytes; the table below has the figures',
  'validation-over-reduction': 'Validation accuracy over the reduction; the table below has the figures',
};

export function heading(level: 1 | 2 | 3, words: string): Block {
  return { kind: 'heading', level, text: words };
}

export function text(words: string): Block {
  return { kind: 'text', text: words };
}

export function table(titles: readonly string[], rows: readonly (readonly string[])[]): Block {
  return { kind: 'table', titles, rows };
}

export function toMarkdown(blocks: readonly Block[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const parts = blocks.flatMap((block) => {
    switch (block.kind) {
      case 'heading':
        return [`${'#'.repeat(block.level)} ${block.text}`];
      case 'text':
        return [block.text];
      case 'code':
        return [`\`\`\`sh\n${block.text}\n\`\`\``];
      case 'table':
        return [[row(block.titles), row(block.titles.map(() => '---')), ...block.rows.map(row)].join('\n')];
      case 'chart':
        return [];
    }
  });
  return parts.join('\n\n') + '\n';
}

/**
 * A page that needs no other file.
 * @param script draws the charts: see webview/report
 */
export function toHtml(blocks: readonly Block[], script: string, style: string): string {
  const charts = blocks.flatMap((block): Chart[] =>
    block.kind === 'chart' ? [{ of: block.of, shows: block.shows }] : [],
  );
  let chart = 0;
  const body = blocks.map((block) => {
    switch (block.kind) {
      case 'heading':
        return `<h${block.level}>${inline(block.text)}</h${block.level}>`;
      case 'text':
        return `<p>${inline(block.text)}</p>`;
      case 'code':
        return `<pre>${escape(block.text)}</pre>`;
      case 'table': {
        const cells = (tag: string, texts: readonly string[]): string =>
          `<tr>${texts.map((text) => `<${tag}>${inline(text)}</${tag}>`).join('')}</tr>`;
        const rows = block.rows.map((texts) => cells('td', texts));
        return `<div class="wide"><table><thead>${cells('th', block.titles)}</thead><tbody>${rows.join('\n')}</tbody></table></div>`;
      }
      case 'chart':
        return `<figure><canvas data-chart="${chart++}" role="img" aria-label="${chartNames[block.shows]}"></canvas></figure>`;
    }
  });
  const title = blocks.find((block) => block.kind === 'heading')?.text ?? '';
  // A script's end in data would end the element.
  const figures = JSON.stringify(charts).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title>
<style>${style}</style></head>
<body><main>
${body.join('\n')}
</main>
<script type="application/json" id="figures">${figures}</script>
<script>${script.replaceAll('</script', '<\\/script')}</script>
</body></html>
`;
}

function inline(text: string): string {
  return escape(text).replaceAll(/`([^`]*)`/g, '<code>$1</code>');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
