/**
 * What the extension host and the panel's page say to each other. Types only: the page imports nothing else
 * of the host but the names of models.
 *
 * The host's HTML (`panelHtml`) holds one empty `<main id="panel"></main>`, the strings of the user's language as a
 * JSON block `#l10n`, links to the style sheets and a script with a nonce; the page builds the rest. It needs no more
 * than `default-src 'none'; style-src, font-src and img-src of the webview, script-src 'nonce-…'`.
 */
import type { Differences, SpectrumReport, TriedSentence } from '../core/report/reports.ts';
import type { Results, RunEvent, TrialResult } from '../core/sweep/trial.ts';
import type { PageError } from './pageError.ts';

/** `queued` has not started; `interrupted` lost its process without an end and can be resumed. */
export type PanelState = 'queued' | 'running' | 'paused' | 'done' | 'failed' | 'cancelled' | 'interrupted';

/** Where a run stands. */
export interface PanelStatus {
  readonly state: PanelState;
  /** Over all trials. */
  readonly epochsDone: number;
  /** 0 while the plan is not known. */
  readonly epochsTotal: number;
  readonly remainingSeconds?: number;
  readonly error?: PageError;
}

/** Which run the panel shows. */
export interface PanelRun {
  /** Opaque to the page, which keeps it as its state (`PanelPageState.run`) for the panel's serializer. */
  readonly key: string;
  /** The recipe's name. */
  readonly recipe: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** The page's state, as the panel's serializer receives it after a reload. The host checks it: it may be anything. */
export interface PanelPageState {
  readonly run: string;
  /** Keys of the runs compared with it. */
  readonly compared?: readonly string[];
  /** The id of the selected trial, or a mean's id; the page's own. */
  readonly selected?: string;
  /** The accuracy floor that the user has set, in [0,1]. */
  readonly floor?: number;
  /** What the horizontal axis of the accuracy chart shows. */
  readonly axis?: 'embedding' | 'bytes' | 'rank';
  /** Ids of the curves that the user has taken out of the accuracy chart. */
  readonly hidden?: readonly string[];
}

/** Another run in the same panel: its finished trials, drawn as further series and rows. */
export interface ComparedRun {
  readonly run: PanelRun;
  readonly results: readonly TrialResult[];
}

/** What the page can ask; each is computed in a process of its own. */
export interface Queries {
  /** The spectrum of the uncompressed model of the run, known once its baseline is done. */
  readonly spectrum: { readonly ask: object; readonly answer: SpectrumReport };
  /** What the trial predicts otherwise than the baseline it was made from. */
  readonly differences: { readonly ask: { readonly trial: string }; readonly answer: Differences };
  /** One sentence on several trials' models, in their order: its text, or its texts in the order of the models' inputs. */
  readonly sentence: {
    readonly ask: { readonly trials: readonly string[]; readonly texts: readonly string[] };
    readonly answer: readonly TriedSentence[];
  };
}
export type QueryKind = keyof Queries;

export type HostMessage =
  /** All there is; the answer to `ready`, and to be sent again whenever the host is not sure what the page has. */
  | {
      readonly type: 'snapshot';
      readonly run: PanelRun;
      readonly status: PanelStatus;
      /**
       * In their order. The host thins out `step` events, evenly in each trial, to some 20,000 altogether; the
       * others are complete.
       */
      readonly events: readonly RunEvent[];
      /** Once results.json is there. */
      readonly results?: Results;
    }
  /** Events since the snapshot or the last batch; a few batches a second at most. */
  | { readonly type: 'events'; readonly events: readonly RunEvent[] }
  | { readonly type: 'status'; readonly status: PanelStatus }
  | { readonly type: 'results'; readonly results: Results }
  /** All runs that are compared with the panel's own; sent whenever one is added, leaves or has news. */
  | { readonly type: 'compared'; readonly runs: readonly ComparedRun[] }
  /** Answers the `query` of that id, with a value or an error; a cancelled one gets none. */
  | { readonly type: 'answer'; readonly id: number; readonly value: Queries[QueryKind]['answer'] }
  | { readonly type: 'answer'; readonly id: number; readonly error: PageError };

/** Files by name, never by a path from the page; the host knows where they are. */
export type FileTarget = 'recipe' | 'results';
/** `checkpoint` is the one that the trial of that id has made. */
export type RevealTarget =
  { readonly target: 'run' } | { readonly target: 'checkpoint'; readonly trial: string };

export type PageMessage =
  /** The page listens; sent once, and again after each reload of the page. */
  | { readonly type: 'ready' }
  | { readonly type: 'cancel' }
  | { readonly type: 'pause' }
  /** Of a paused run as well as of one that has stopped. */
  | { readonly type: 'resume' }
  | { readonly type: 'open'; readonly target: FileTarget }
  | ({ readonly type: 'reveal' } & RevealTarget)
  /** To the clipboard. */
  | { readonly type: 'copy'; readonly text: string }
  /** The host asks for runs and sends `compared`; `uncompare` takes one out again. */
  | { readonly type: 'compare' }
  | { readonly type: 'uncompare'; readonly run: string }
  /** Copies the trial's checkpoint, ready to use, to a folder that the user picks. */
  | { readonly type: 'export'; readonly trial: string }
  /** Asks where, and writes a file that the page has made. `content` is text, or base64 for `png`. */
  | { readonly type: 'save'; readonly file: SavedFile }
  /** The newest query of a kind cancels the ones before of that kind. */
  | {
      [K in QueryKind]: {
        readonly type: 'query';
        readonly id: number;
        readonly kind: K;
        readonly ask: Queries[K]['ask'];
      };
    }[QueryKind];

export interface SavedFile {
  /** Without an extension, e.g. `accuracy`. */
  readonly name: string;
  readonly format: 'png' | 'svg' | 'csv';
  readonly content: string;
}
