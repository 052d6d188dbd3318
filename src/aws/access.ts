import { AsyncLocalStorage } from 'node:async_hooks';
import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { type CallCount, createCallCounter } from './call-count.js';

/** An account that netcost reads, as `aws.accounts` of the config tells it. */
export interface AwsAccount {
  /** Twelve digits. */
  readonly accountId: string;
  /** The role that is assumed there; undefined = the credentials of this process are this account's. */
  readonly roleArn: string | undefined;
  /** What the role's trust policy asks for. */
  readonly externalId: string | undefined;
  readonly regions: readonly string[];
}

/** Where a call goes. */
export interface AwsPlace {
  readonly accountId: string;
  readonly region: string;
}

/** What every client of the SDK has in common, and all that is used of it here. */
interface SdkClient {
  readonly middlewareStack: { add(middleware: never, options: never): void };
  destroy(): void;
}
type SdkConstructor<C extends SdkClient> = new (settings: {
  region: string;
  credentials: ReturnType<typeof fromNodeProviderChain>;
  maxAttempts: number;
  retryMode: string;
  requestHandler: typeof TIME_LIMITS;
  useQueueUrlAsEndpoint: boolean;
}) => C;

/**
 * Nothing waits for ever: to connect, for an answer to begin (without `throwOn…` the SDK only warns), and for the next
 * bytes of one that has begun.
 */
const TIME_LIMITS = {
  connectionTimeout: 3_000,
  requestTimeout: 20_000,
  throwOnRequestTimeout: true,
  socketTimeout: 20_000,
};

export interface AwsAccess {
  readonly accounts: readonly AwsAccount[];
  /** Account and Region of everything that is read, in the order of the config. */
  readonly places: readonly AwsPlace[];
  /** The client of one service at one place; made once and kept. */
  readonly client: <C extends SdkClient>(kind: SdkConstructor<C>, place: AwsPlace) => C;
  /** Runs `work` and tells which requests it made, retries included. Concurrent works are counted apart. */
  readonly counted: <T>(
    work: () => Promise<T>,
  ) => Promise<{ readonly result: T; readonly calls: readonly CallCount[] }>;
  readonly close: () => void;
}

/**
 * Clients for every account and Region, with the SDK's own retry (adaptive: it slows down where AWS throttles), time
 * limits, and a count of each request. Roles are assumed when first needed and again before they expire. Nothing is
 * asked here.
 */
export function openAwsAccess(
  accounts: readonly AwsAccount[],
  options: { readonly maxAttempts?: number; readonly timeLimits?: Partial<typeof TIME_LIMITS> } = {},
): AwsAccess {
  const clients = new Map<SdkConstructor<SdkClient>, Map<string, SdkClient>>();
  const scope = new AsyncLocalStorage<ReturnType<typeof createCallCounter>>();
  const credentials = new Map(accounts.map((account) => [account.accountId, credentialsOf(account)]));

  function client<C extends SdkClient>(kind: SdkConstructor<C>, place: AwsPlace): C {
    const made = clients.get(kind) ?? new Map<string, SdkClient>();
    clients.set(kind, made);
    const key = `${place.accountId} ${place.region}`;
    const known = made.get(key);
    if (known !== undefined) return known as C;
    const fresh = new kind({
      region: place.region,
      credentials: credentials.get(place.accountId) ?? fromNodeProviderChain(),
      maxAttempts: options.maxAttempts ?? 4,
      retryMode: 'adaptive',
      requestHandler: { ...TIME_LIMITS, ...options.timeLimits },
      // SQS: the URL of a queue is from the config, and must not choose the host that requests go to.
      useQueueUrlAsEndpoint: false,
    });
    // After the SDK's retry (step finalizeRequest, low priority), so that each attempt counts: AWS bills attempts.
    const count =
      (next: (args: { input: unknown }) => Promise<unknown>, context: { clientName?: string; commandName?: string }) =>
      async (args: { input: unknown }) => {
        const counter = scope.getStore();
        const done = counter?.begin(serviceOf(context.clientName), operationOf(context.commandName), place, args.input);
        try {
          const answer = await next(args);
          done?.(undefined);
          return answer;
        } catch (error) {
          done?.(error);
          throw error;
        }
      };
    fresh.middlewareStack.add(
      count as never,
      { step: 'finalizeRequest', priority: 'low', name: 'countCalls' } as never,
    );
    made.set(key, fresh);
    return fresh;
  }

  return {
    accounts,
    places: accounts.flatMap(({ accountId, regions }) => regions.map((region) => ({ accountId, region }))),
    client,
    counted: async (work) => {
      const counter = createCallCounter();
      const result = await scope.run(counter, work);
      return { result, calls: counter.counts() };
    },
    close: () => {
      for (const made of clients.values()) for (const one of made.values()) one.destroy();
      clients.clear();
    },
  };
}

function credentialsOf({ roleArn, externalId, regions }: AwsAccount): ReturnType<typeof fromNodeProviderChain> {
  if (roleArn === undefined) return fromNodeProviderChain();
  return fromTemporaryCredentials({
    params: {
      RoleArn: roleArn,
      RoleSessionName: 'netcost',
      ...(externalId !== undefined && { ExternalId: externalId }),
    },
    clientConfig: { region: regions[0] ?? 'us-east-1', requestHandler: TIME_LIMITS },
  });
}

/** `CloudWatchClient` → `CloudWatch`. */
function serviceOf(clientName = ''): string {
  return clientName.replace(/Client$/, '');
}

/** `GetMetricDataCommand` → `GetMetricData`. */
function operationOf(commandName = ''): string {
  return commandName.replace(/Command$/, '');
}
