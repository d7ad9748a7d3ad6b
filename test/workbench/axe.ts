import { readFileSync } from 'node:fs';

const script = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** A page, or a frame of one. */
interface Document {
  evaluate<T>(expression: string): Promise<T>;
}

/** What axe finds hard to use in a document, one line for each rule. */
export async function violationsOf(document: Document): Promise<string[]> {
  await document.evaluate(script);
  const found = await document.evaluate<Violation[]>('axe.run().then(({ violations }) => violations)');
  return found.map(({ id, nodes }) => `axe ${id}: ${nodes.map(describe).join(' | ')}`);
}

function describe({ html, failureSummary = '' }: Violation['nodes'][number]): string {
  return `${html.slice(0, 120)} (${failureSummary.replaceAll(/\s+/g, ' ').slice(0, 240)})`;
}
