import type { NetcostError } from '../errors.js';

/** An object that is not on this disk. */
export interface RemoteObject {
  /** What the store knows it by: unique among all sources, segments with slashes, none of them empty, hidden or `..`. */
  readonly key: string;
  readonly size: number;
  readonly modifiedMs: number;
}

/** What listing a source gives, in this order as time goes on. */
export type SourceStep =
  | { readonly kind: 'objects'; readonly objects: readonly RemoteObject[] }
  /** Everything before this was listed: once it is in the store, the next listing may begin from `state`. */
  | { readonly kind: 'reached'; readonly state: string }
  /** A part could not be listed (`what`, as a person knows it); the others go on. */
  | { readonly kind: 'failed'; readonly what: string; readonly error: NetcostError };

/** Where objects come from that have to be fetched before they are read, as a bucket. */
export interface ObjectSource {
  /** As a person knows it, and the same at each run: `s3://bucket/prefix`. */
  readonly name: string;
  /**
   * Lists what may be new since `state` (undefined at first), page by page, so that a bucket of millions never stands in
   * memory. May give objects that are known. Throws NetcostError where nothing of it can be listed.
   */
  readonly list: (state: string | undefined, signal: AbortSignal) => AsyncIterable<SourceStep>;
  /** Brings one object into that file. `gone`: it was removed since it was listed. Throws NetcostError. */
  readonly fetch: (object: RemoteObject, file: string, signal: AbortSignal) => Promise<'fetched' | 'gone'>;
}
