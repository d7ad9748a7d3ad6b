import * as l10n from '@vscode/l10n';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { CancelledError, UserError } from '../../core/errors.ts';

export interface DownloadLimits {
  readonly mostBytes: number;
  /** In hex; what is there otherwise is refused. */
  readonly sha256?: string;
}

export interface DownloadOptions {
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

/** A download that gives nothing for so long has failed. */
const stallMs = 30_000;

/**
 * The size of what an address holds, or undefined where its host does not tell.
 * @throws UserError `download-failed`; CancelledError
 */
export async function downloadSize(url: string, signal: AbortSignal): Promise<number | undefined> {
  const response = await request(
    url,
    'HEAD',
    AbortSignal.any([signal, AbortSignal.timeout(stallMs)]),
    signal,
  );
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  return Number.isSafeInteger(length) && length > 0 ? length : undefined;
}

/**
 * Writes what an address holds into a file, which is left incomplete where this throws.
 * @returns its sha256 in hex
 * @throws UserError `download-failed`, `download-too-large`, `download-damaged`; CancelledError
 */
export async function downloadFile(
  url: string,
  file: string,
  { mostBytes, sha256 }: DownloadLimits,
  { signal, onBytes }: DownloadOptions,
): Promise<string> {
  const stall = new AbortController();
  const timer = setTimeout(() => {
    stall.abort();
  }, stallMs);
  try {
    const both = AbortSignal.any([signal, stall.signal]);
    const { body } = await request(url, 'GET', both, signal);
    if (body === null) throw failed(url, l10n.t('The answer is empty.'));
    const hash = createHash('sha256');
    let bytes = 0;
    async function* checked(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        timer.refresh();
        bytes += chunk.length;
        if (bytes > mostBytes) throw tooLarge(url, mostBytes);
        hash.update(chunk);
        onBytes(chunk.length);
        yield chunk;
      }
    }
    try {
      await pipeline(body, checked, createWriteStream(file), { signal: both });
    } catch (error) {
      throw asFailure(error, url, signal);
    }
    const found = hash.digest('hex');
    if (sha256 !== undefined && found !== sha256) throw damaged(url, found, sha256);
    return found;
  } finally {
    clearTimeout(timer);
  }
}

/** @param cancel the user's wish among the reasons to abort */
async function request(
  url: string,
  method: 'GET' | 'HEAD',
  signal: AbortSignal,
  cancel: AbortSignal,
): Promise<Response> {
  checkAddress(url);
  try {
    const response = await fetch(url, { method, signal });
    // It may have been led on.
    checkAddress(response.url);
    if (!response.ok) throw failed(url, `HTTP ${response.status} ${response.statusText}`.trim());
    return response;
  } catch (error) {
    throw asFailure(error, url, cancel);
  }
}

/** What is downloaded is run: nobody may change it on its way. */
function checkAddress(url: string): void {
  const { protocol, hostname } = new URL(url);
  const here = hostname === '127.0.0.1' || hostname === 'localhost' || hostname === '[::1]';
  if (protocol === 'https:' || (protocol === 'http:' && here)) return;
  throw failed(url, l10n.t('The address is not one of https.'));
}

function asFailure(error: unknown, url: string, cancel: AbortSignal): unknown {
  if (cancel.aborted) return new CancelledError();
  if (error instanceof UserError) return error;
  // An error of the disk, say that it is full, is none of the host's.
  if (error instanceof Error && 'path' in error) return error;
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')) {
    return failed(url, l10n.t('Nothing came for {0} seconds.', stallMs / 1000));
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return failed(url, cause instanceof Error ? cause.message : String(cause));
}

function failed(url: string, reason: string): UserError {
  return new UserError(
    'download-failed',
    l10n.t('{0} could not be downloaded: {1}', url, reason.replace(/([^.])$/, '$1.')),
    l10n.t(
      'Check the network and the setting "http.proxy", and try again. Until then WebAssembly computes, which needs nothing.',
    ),
  );
}

function tooLarge(url: string, mostBytes: number): UserError {
  return new UserError(
    'download-too-large',
    l10n.t('{0} holds more than {1} MB, which it should not.', url, mostBytes / 1e6),
    l10n.t('Nothing was installed.'),
  );
}

function damaged(url: string, found: string, expected: string): UserError {
  return new UserError(
    'download-damaged',
    l10n.t('{0} is not what it was: its SHA-256 is {1} instead of {2}.', url, found, expected),
    l10n.t('Nothing was installed. Try again; a proxy may have changed it.'),
  );
}
