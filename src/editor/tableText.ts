type Cells = readonly (readonly string[])[];

/** For a spreadsheet. */
export function tabSeparated(cells: Cells): string {
  return cells.map((line) => line.join('\t')).join('\n') + '\n';
}

/** The first line holds the titles; figures stand at the right. */
export function markdownTable(cells: Cells): string {
  const [titles = [], ...rows] = cells;
  const line = (texts: readonly string[]): string =>
    `| ${texts.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = titles.map((_, i) => (i === 0 ? '---' : '--:'));
  return [line(titles), line(rule), ...rows.map(line)].join('\n') + '\n';
}
