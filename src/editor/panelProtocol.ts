/**
 * What the extension host and the panel's page say to each other. Types only: the page imports nothing else
 * of the host.
 *
 * The host's HTML holds one empty `<main id="panel"></main>`, a link to dist/panel.css and, after it, a script
 * with a nonce for dist/panel.js; the page builds the rest. It needs no more than
 * `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-…'`.
 */
import type { Results, RunEvent } from '../core/sweep/trial.ts';

/** `queued` has not started; `interrupted` lost its process without an end and can be resumed. */
export type PanelState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';

/** A failure as the user reads it. */
export interface PanelError {
  readonly message: string;
  readonly hint?: string;
}

/** Where a run stands. */
export interface PanelStatus {
  readonly state: PanelState;
  /** Over all trials. */
  readonly epochsDone: number;
  /** 0 while the plan is not known. */
  readonly epochsTotal: number;
  readonly remainingSeconds?: number;
  readonly error?: PanelError;
}

/** Which run the panel shows. */
export interface PanelRun {
  /** Opaque to the page, which keeps it as its state (`PanelPageState.run`) for the panel's serializer. */
  readonly key: string;
  /** The recipe's name. */
  readonly recipe: string;
}

/** The page's state, as the panel's serializer receives it after a reload. The host checks it: it may be anything. */
export interface PanelPageState {
  readonly run: string;
  /** The id of the selected trial, or a mean's id; the page's own. */
  readonly selected?: string;
}

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
  | { readonly type: 'results'; readonly results: Results };

/** Files by name, never by a path from the page; the host knows where they are. */
export type FileTarget = 'recipe' | 'results';
/** `checkpoint` is the one that the trial of that id has made. */
export type RevealTarget =
  { readonly target: 'run' } | { readonly target: 'checkpoint'; readonly trial: string };

export type PageMessage =
  /** The page listens; sent once, and again after each reload of the page. */
  | { readonly type: 'ready' }
  | { readonly type: 'cancel' }
  | { readonly type: 'resume' }
  | { readonly type: 'open'; readonly target: FileTarget }
  | ({ readonly type: 'reveal' } & RevealTarget)
  /** To the clipboard. */
  | { readonly type: 'copy'; readonly text: string };
