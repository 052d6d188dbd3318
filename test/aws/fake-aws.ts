import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';

/** How a service misbehaves. */
export type Fault = 'throttled' | 'denied' | 'expired' | 'reset' | 'hang' | 'broken';

/** Which service, at which account; any account where it is absent. */
export interface FaultRule {
  readonly service: Service;
  readonly accountId?: string;
  readonly fault: Fault;
}

export type Service = 'monitoring' | 'cloudtrail' | 'ec2' | 'ecr' | 'ce' | 'sts' | 'sns' | 'sqs';

export interface FakeAws {
  readonly url: string;
  /** One for each request: `ec2 DescribeVpcs 111122223333 us-east-1`. */
  readonly requests: string[];
  faults: readonly FaultRule[];
  /** Whether CloudTrail keeps to its two calls a second. */
  isTrailLimited: boolean;
  readonly stop: () => Promise<void>;
}

type Json = Record<string, unknown>;

const OWN_ACCOUNT = '111122223333';
const DENIED: Readonly<Record<Fault, string>> = {
  throttled: 'ThrottlingException',
  denied: 'AccessDeniedException',
  expired: 'ExpiredTokenException',
  reset: '',
  hang: '',
  broken: '',
};

/**
 * AWS as evidence bundles tell it: each place (`account region`) answers from a folder, over the SDK's own wire. The
 * service, the Region and, by the key, the account are read from the request's signature, as AWS does. CloudTrail takes
 * two calls a second for each account and Region, and throttles the rest. Our moto lacks CloudTrail, Cost Explorer's
 * real answers and faults on demand.
 */
export async function startFakeAws(places: Readonly<Record<string, string>>): Promise<FakeAws> {
  const requests: string[] = [];
  const looked = new Map<string, number[]>();
  const fake = { url: '', requests, faults: [] as readonly FaultRule[], isTrailLimited: true, stop: async () => {} };
  const sockets = new Set<import('node:net').Socket>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(request, Buffer.concat(chunks).toString(), response));
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });

  function answer(request: IncomingMessage, body: string, response: ServerResponse): void {
    const [, keyId = '', region = '', service = ''] =
      /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
    const form = new URLSearchParams(body);
    const target = request.headers['x-amz-target'];
    const operation = typeof target === 'string' ? (target.split('.').at(-1) ?? '') : (form.get('Action') ?? '');
    const accountId = /^ASIA(\d{12})$/.exec(keyId)?.[1] ?? OWN_ACCOUNT;
    requests.push(`${service} ${operation} ${accountId} ${region}`);
    const rule = fake.faults.find(
      (one) => one.service === service && (one.accountId === undefined || one.accountId === accountId),
    );
    const fault =
      rule?.fault ??
      (service === 'cloudtrail' && fake.isTrailLimited && isTooFast(`${accountId} ${region}`) ? 'throttled' : null);
    if (fault !== null) {
      refuse(fault, response, form.has('Action'));
      return;
    }
    if (service === 'sts') {
      sts(form, response);
      return;
    }
    const dir = places[`${accountId} ${region}`] ?? places[`${accountId} *`];
    const documentAt = (path: string): Json => {
      try {
        return dir === undefined ? {} : (JSON.parse(readFileSync(join(dir, path), 'utf8')) as Json);
      } catch {
        return {};
      }
    };
    const input = form.has('Action') ? {} : (JSON.parse(body || '{}') as Json);
    if (service === 'ec2') xml(response, operation, describe(operation, documentAt));
    else json(response, jsonAnswer(operation, input, documentAt));
  }

  function isTooFast(place: string): boolean {
    const nowMs = performance.now();
    const recent = (looked.get(place) ?? []).filter((ms) => nowMs - ms < 990);
    looked.set(place, recent.length < 2 ? [...recent, nowMs] : recent);
    return recent.length >= 2;
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  fake.url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  fake.stop = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return fake;
}

function refuse(fault: Fault, response: ServerResponse, isXml: boolean): void {
  if (fault === 'hang') return;
  if (fault === 'reset') {
    response.socket?.destroy();
    return;
  }
  if (fault === 'broken') {
    response.writeHead(200).end('<html>not what was asked for');
    return;
  }
  const code = isXml && fault === 'denied' ? 'UnauthorizedOperation' : DENIED[fault];
  response.statusCode = fault === 'throttled' ? 400 : 403;
  if (isXml) {
    response.end(
      `<Response><Errors><Error><Code>${code}</Code><Message>Refused.</Message></Error></Errors><Error><Code>${code}</Code><Message>Refused.</Message></Error></Response>`,
    );
  } else {
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.end(JSON.stringify({ __type: code, message: 'Refused.' }));
  }
}

function sts(form: URLSearchParams, response: ServerResponse): void {
  const accountId = /:(\d{12}):/.exec(form.get('RoleArn') ?? '')?.[1] ?? OWN_ACCOUNT;
  const until = new Date(Date.now() + 3_600_000).toISOString();
  response.end(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
    <AssumedRoleUser><AssumedRoleId>X:netcost</AssumedRoleId><Arn>arn:aws:sts::${accountId}:assumed-role/r/netcost</Arn></AssumedRoleUser>
    <Credentials><AccessKeyId>ASIA${accountId}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${until}</Expiration></Credentials>
    </AssumeRoleResult></AssumeRoleResponse>`);
}

const EC2_FILES: Readonly<Record<string, string>> = {
  DescribeVpcs: 'vpcs',
  DescribeSubnets: 'subnets',
  DescribeRouteTables: 'route-tables',
  DescribeNatGateways: 'nat-gateways',
  DescribeVpcEndpoints: 'vpc-endpoints',
  DescribeNetworkInterfaces: 'network-interfaces',
};

function describe(operation: string, documentAt: (path: string) => Json): string {
  return toXml(documentAt(`ec2/${EC2_FILES[operation]}.json`));
}

/** Names of lists on EC2's wire that are not the singular with "Set". */
const WIRE_LISTS: Readonly<Record<string, string>> = {
  PrivateIpAddresses: 'privateIpAddressesSet',
  TagSet: 'tagSet',
  CidrBlockAssociationSet: 'cidrBlockAssociationSet',
};

function toXml(value: Json): string {
  return Object.entries(value)
    .map(([name, inner]) => {
      const tag = name[0]?.toLowerCase() + name.slice(1);
      if (Array.isArray(inner)) {
        const list = WIRE_LISTS[name] ?? `${tag.replace(/s$/, '')}Set`;
        const items = inner.map(
          (one) => `<item>${typeof one === 'object' ? toXml(one as Json) : escapeXml(String(one))}</item>`,
        );
        return `<${list}>${items.join('')}</${list}>`;
      }
      return typeof inner === 'object' && inner !== null
        ? `<${tag}>${toXml(inner as Json)}</${tag}>`
        : `<${tag}>${escapeXml(String(inner))}</${tag}>`;
    })
    .join('');
}

const escapeXml = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

function jsonAnswer(operation: string, input: Json, documentAt: (path: string) => Json): Json {
  const token = Number(input.NextToken ?? 0);
  if (operation === 'LookupEvents') {
    const [attribute] = input.LookupAttributes as { AttributeKey: string; AttributeValue: string }[];
    const all = ((documentAt('cloudtrail/events.json').Events ?? []) as Json[]).filter((event) => {
      const seconds = Date.parse(String(event.EventTime)) / 1000;
      if (seconds < Number(input.StartTime) || seconds > Number(input.EndTime)) return false;
      if (attribute?.AttributeKey === 'EventName') return event.EventName === attribute.AttributeValue;
      return attribute?.AttributeKey === 'EventSource' ? event.EventSource === attribute.AttributeValue : true;
    });
    return {
      Events: all
        .slice(token, token + 50)
        .map((event) => ({ ReadOnly: 'false', ...event, EventTime: Date.parse(String(event.EventTime)) / 1000 })),
      ...(all.length > token + 50 ? { NextToken: String(token + 50) } : {}),
    };
  }
  if (operation === 'ListMetrics') {
    const series = (documentAt('cloudwatch/metrics.json') as unknown as Json[]) ?? [];
    const own = (Array.isArray(series) ? series : []).filter(
      (one) => one.Namespace === input.Namespace && one.MetricName === input.MetricName,
    );
    const sets = [...new Set(own.map((one) => JSON.stringify(one.Dimensions)))];
    return { Metrics: sets.map((set) => ({ ...input, Dimensions: JSON.parse(set) as unknown })) };
  }
  if (operation === 'GetMetricData') return metricData(input, documentAt('cloudwatch/metrics.json'));
  if (operation === 'GetCostAndUsage') return documentAt('cost-explorer/usage.json');
  if (operation === 'DescribeRepositories' || operation === 'DescribeImages') {
    const images = (documentAt('ecr/images.json').imageDetails ?? []) as Json[];
    if (operation === 'DescribeImages')
      return { imageDetails: images.filter((one) => one.repositoryName === input.repositoryName) };
    return {
      repositories: [...new Set(images.map((one) => one.repositoryName))].map((repositoryName) => ({ repositoryName })),
    };
  }
  return {};
}

function metricData(input: Json, document: unknown): Json {
  const series = Array.isArray(document) ? (document as Json[]) : [];
  const key = (one: Json) => JSON.stringify([one.Namespace, one.MetricName, one.Dimensions, one.Period, one.Stat]);
  const byKey = new Map(series.map((one) => [key(one), one]));
  const [from, to] = [Number(input.StartTime) * 1000, Number(input.EndTime) * 1000];
  const queries = input.MetricDataQueries as { Id: string; MetricStat: Json & { Metric: Json } }[];
  return {
    MetricDataResults: queries.map(({ Id, MetricStat }) => {
      const found = byKey.get(key({ ...MetricStat.Metric, Period: MetricStat.Period, Stat: MetricStat.Stat }));
      const points = ((found?.Timestamps ?? []) as string[])
        .map((time, index) => ({ ms: Date.parse(time), value: ((found?.Values ?? []) as number[])[index] }))
        .filter(({ ms }) => ms >= from && ms < to);
      return {
        Id,
        StatusCode: 'Complete',
        Timestamps: points.map(({ ms }) => ms / 1000),
        Values: points.map(({ value }) => value),
      };
    }),
  };
}

function xml(response: ServerResponse, operation: string, inner: string): void {
  response.setHeader('content-type', 'text/xml');
  response.end(
    `<${operation}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${inner}</${operation}Response>`,
  );
}

function json(response: ServerResponse, value: Json): void {
  response.setHeader('content-type', 'application/x-amz-json-1.1');
  response.end(JSON.stringify(value));
}
