import { readFileSync } from 'node:fs';

/** The block of strings that a preview's page reads, as `pageHtml` writes it; none for `en`. */
export function previewStrings(language: string): string {
  if (language === 'en') return '';
  const json = readFileSync(`l10n/bundle.l10n.${language}.json`, 'utf8').replaceAll('<', String.raw`\u003c`);
  return `<script nonce="n" type="application/json" id="l10n">${json}</script>`;
}
