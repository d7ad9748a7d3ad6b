import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import type { DataSource } from '../core/recipe/recipe.ts';

/** What the first rows of a data file tell, enough to ask which columns it has. */
export interface DataPreview {
  readonly format: DataSource['format'];
  readonly encoding: DataSource['encoding'];
  /** Columns in their order, or the keys of a JSON line; none for `label-text`. */
  readonly columns: readonly PreviewColumn[];
  /** Whether the first row looks like the columns' names. */
  readonly hasHeader: boolean;
  /** The first sentence's row on one line. */
  readonly sample: string;
}

export interface PreviewColumn {
  /** As the first row has it; for a JSON line its key, or its position in an array. */
  readonly name: string | number;
  readonly first: string;
  readonly second: string;
}

const previewBytes = 1 << 16;
const previewRows = 2;

/** Reads the beginning of a data file; undefined where it holds no rows. */
export async function previewData(path: string): Promise<DataPreview | undefined> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(previewBytes), position: 0 });
    return describeData(buffer.subarray(0, bytesRead), bytesRead < previewBytes, path);
  } finally {
    await file.close();
  }
}

/**
 * Describes a data file from its beginning.
 *
 * @param whole whether `bytes` are all there is; otherwise the last line may be cut
 */
export function describeData(bytes: Buffer, whole: boolean, path: string): DataPreview | undefined {
  const end = whole ? bytes.length : bytes.lastIndexOf(10) + 1;
  // A first line longer than the preview is cut rather than lost.
  const kept = bytes.subarray(0, end === 0 ? bytes.length : end);
  const encoding = end === 0 || isUtf8(kept) ? 'utf-8' : 'latin1';
  const text = kept.toString(encoding === 'latin1' ? 'latin1' : 'utf8').replace(/^\ufeff/, '');
  const lines = text
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => line.trim() !== '');
  const first = lines[0];
  if (first === undefined) return undefined;
  const format = formatOf(path, first);
  if (format === 'label-text') {
    return { format, encoding, columns: [], hasHeader: false, sample: oneLine(first) };
  }
  if (format === 'jsonl') {
    return { format, encoding, columns: jsonColumns(first), hasHeader: true, sample: oneLine(first) };
  }
  const rows = format === 'csv' ? csvRows(text) : lines.slice(0, previewRows).map((line) => line.split('\t'));
  const [names = [], values = []] = rows;
  const columns = names.map((name, i) => ({
    name: name.trim(),
    first: oneLine(name),
    second: oneLine(values[i] ?? ''),
  }));
  const hasHeader = looksLikeHeader(columns);
  const sample = oneLine((hasHeader && values.length > 0 ? values : names).join(' · '));
  return { format, encoding, columns, hasHeader, sample };
}

function formatOf(path: string, firstLine: string): DataSource['format'] {
  const extension = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase();
  if (extension === 'tsv' || extension === 'csv' || extension === 'jsonl') return extension;
  if (/^\s*[{[]/.test(firstLine) && asJson(firstLine) !== undefined) return 'jsonl';
  return firstLine.includes('\t') ? 'tsv' : 'label-text';
}

function csvRows(text: string): string[][] {
  try {
    return parse(text, { to: previewRows, relax_column_count: true, skip_empty_lines: true });
  } catch {
    // The run names the broken quote with its line.
    return [];
  }
}

function jsonColumns(line: string): PreviewColumn[] {
  const value = asJson(line);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([key, field]) => ({
    name: Array.isArray(value) ? Number(key) : key,
    first: key,
    second: oneLine(typeof field === 'string' ? field : JSON.stringify(field)),
  }));
}

function asJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const usualNames =
  /^(text|sentence|review|comment|message|body|content|tweet|question|label|class|category|sentiment|target|score|stars|id)s?$/i;

/** Names are short, distinct and no numbers; and one is usual, or none of them is a sentence while the next row has one. */
function looksLikeHeader(columns: readonly PreviewColumn[]): boolean {
  const names = columns.map(({ name }) => String(name));
  const plausible = names.every((name) => /^\p{L}[\p{L}\p{N} _.-]{0,30}$/u.test(name));
  if (!plausible || new Set(names).size < names.length) return false;
  if (names.some((name) => usualNames.test(name))) return true;
  return names.every((name) => !name.includes(' ')) && columns.some(({ second }) => second.includes(' '));
}

const sampleLength = 160;

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > sampleLength ? `${line.slice(0, sampleLength - 1)}…` : line;
}
