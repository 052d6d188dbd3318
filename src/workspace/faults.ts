/** What a call of the Web API is answered with instead of its result; for tests of a bad day at Slack. */
type ApiFault =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds?: number }
  | { readonly kind: 'error'; readonly error: string; readonly messages?: readonly string[] }
  | { readonly kind: 'hang' }
  /** Slack does it, and takes its time before and after. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Slack does it, and the connection breaks before the answer arrives. */
  | { readonly kind: 'lost' };

export interface Faults {
  /** The next `times` calls of a method fail. `response_url` stands for the response URLs. */
  readonly failNext: (method: string, fault: ApiFault, times?: number) => void;
  readonly take: (method: string) => ApiFault | undefined;
  readonly clear: () => void;
}

export function createFaults(): Faults {
  const queued = new Map<string, ApiFault[]>();
  return {
    failNext: (method, fault, times = 1) => {
      queued.set(method, [...(queued.get(method) ?? []), ...Array.from({ length: times }, () => fault)]);
    },
    take: (method) => queued.get(method)?.shift(),
    clear: () => queued.clear(),
  };
}
