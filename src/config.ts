import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import { type Config, configSchema } from './config/schema.js';
import { NetcostError } from './errors.js';
import { describeYaml, readYaml } from './yaml.js';

export type { Config } from './config/schema.js';

/** What the process's environment says. Nothing else of netcost reads it. */
export interface Environment {
  /** NETCOST_DEBUG=1: errors come with their stack. */
  readonly isDebugging: boolean;
  /** SLACK_BOT_TOKEN, xoxb-… */
  readonly botToken: string | undefined;
  /** SLACK_APP_TOKEN, xapp-…, for socket mode. */
  readonly appToken: string | undefined;
  /** SLACK_SIGNING_SECRET, for http mode. */
  readonly signingSecret: string | undefined;
  /** AWS_REGION, or AWS_DEFAULT_REGION. */
  readonly awsRegion: string | undefined;
  /** Whether something says that there are credentials for AWS; the SDK looks for them itself. */
  readonly hasAwsCredentials: boolean;
  /** DATABASE_URL: Postgres for the state. */
  readonly databaseUrl: string | undefined;
  /** NETBOX_TOKEN, of a user who may view prefixes, VRFs and tenants. */
  readonly netboxToken: string | undefined;
}

const AWS_SIGNS = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  const text = (name: string) => (env[name] === undefined || env[name] === '' ? undefined : env[name]);
  return {
    isDebugging: text('NETCOST_DEBUG') !== undefined && env.NETCOST_DEBUG !== '0',
    botToken: text('SLACK_BOT_TOKEN'),
    appToken: text('SLACK_APP_TOKEN'),
    signingSecret: text('SLACK_SIGNING_SECRET'),
    awsRegion: text('AWS_REGION') ?? text('AWS_DEFAULT_REGION'),
    hasAwsCredentials: AWS_SIGNS.some((name) => text(name) !== undefined),
    databaseUrl: text('DATABASE_URL'),
    netboxToken: text('NETBOX_TOKEN'),
  };
}

/**
 * Reads and checks a config file; its paths are relative to its folder, so that it means the same wherever it is read.
 * Throws NetcostError('config') with the key, what was got and what is allowed.
 */
export function loadConfig(path: string): Config {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new NetcostError('config', `The config file ${path} cannot be read.`, {
      cause,
      hint: 'Write one with netcost init, or name another with --config FILE.',
    });
  }
  return withPathsFrom(dirname(resolve(path)), parseConfig(text, path));
}

function withPathsFrom(folder: string, config: Config): Config {
  const at = <T extends string | undefined>(path: T) => (path === undefined ? path : resolve(folder, path));
  const { flowLogs, store, owners, ipRanges, asn } = config.data;
  return {
    ...config,
    data: {
      ...config.data,
      flowLogs: at(flowLogs),
      store: resolve(folder, store),
      copies: resolve(folder, config.data.copies),
      owners: at(owners),
      ipRanges: at(ipRanges),
      asn: at(asn),
    },
    triage: { ...config.triage, bundles: resolve(folder, config.triage.bundles) },
    state: { file: resolve(folder, config.state.file) },
  };
}

/** The same for a text, its paths as they stand there; `path` is for messages. */
export function parseConfig(text: string, path: string): Config {
  let value: unknown;
  try {
    value = readYaml(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : '';
    throw new NetcostError('config', `${path} is no YAML: ${reason}`, { cause });
  }
  const result = configSchema().safeParse(value ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const at = issue?.path.join('.') || 'the file';
  const got = issue === undefined || issue.path.length === 0 ? '' : `, got ${describeYaml(valueAt(value, issue.path))}`;
  throw new NetcostError('config', `${path}: ${at}: ${issue?.message ?? 'not understood'}${got}.`, {
    hint: 'netcost check explains every key.',
  });
}

/** The secrets that a mode needs. Throws NetcostError('config') for one that is missing, of the wrong kind, or the demo's. */
export function requireSecrets(
  config: Config,
  env: Environment,
): { readonly botToken: string; readonly appToken: string; readonly signingSecret: string } {
  const botToken = requireSecret(
    'SLACK_BOT_TOKEN',
    env.botToken,
    'xoxb-',
    'OAuth & Permissions → Bot User OAuth Token',
  );
  if (config.slack.mode === 'socket') {
    return {
      botToken,
      appToken: requireSecret(
        'SLACK_APP_TOKEN',
        env.appToken,
        'xapp-',
        'Basic Information → App-Level Tokens, scope connections:write',
      ),
      signingSecret: '',
    };
  }
  return {
    botToken,
    appToken: '',
    signingSecret: requireSecret('SLACK_SIGNING_SECRET', env.signingSecret, '', 'Basic Information → Signing Secret'),
  };
}

function requireSecret(name: string, value: string | undefined, prefix: string, where: string): string {
  const hint = `You find it at api.slack.com/apps: ${where}.`;
  if (value === undefined) throw new NetcostError('config', `${name} is not set.`, { hint });
  if (/^(?:xoxb-|xapp-)?local-/.test(value))
    throw new NetcostError(
      'config',
      `${name} is a secret of the local workspace, which anybody on this machine can read.`,
      { hint },
    );
  if (!value.startsWith(prefix)) throw new NetcostError('config', `${name} does not begin with ${prefix}.`, { hint });
  return value;
}

/** Every key with its value and its meaning, as a config file: one line a key. By default one that changes nothing. */
export function describeConfig(config: Config = configSchema().parse({})): string {
  const lines = [
    '# netcost.yml: every key and what it is for; paths are relative to this file. Secrets come from the environment:',
    '# SLACK_BOT_TOKEN, SLACK_APP_TOKEN (socket), SLACK_SIGNING_SECRET (http), DATABASE_URL (state in Postgres), NETBOX_TOKEN.',
  ];
  const walk = (schema: z.core.$ZodType, value: unknown, name: string, indent: string) => {
    const meaning = z.globalRegistry.get(schema)?.description ?? '';
    const inner = unwrap(schema);
    // A block that may be left out, and is, is a line: its own keys would be asked for.
    if (inner instanceof z.ZodObject && value !== undefined) {
      if (name !== '') lines.push(`${indent}${name}: # ${meaning}`);
      for (const [key, child] of Object.entries(inner.shape)) {
        const part: unknown =
          typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
        walk(child as z.core.$ZodType, part, key, name === '' ? indent : `${indent}  `);
      }
      return;
    }
    lines.push(
      value === undefined
        ? `${indent}# ${name}: # ${meaning}`
        : `${indent}${name}: ${JSON.stringify(value)} # ${meaning}`,
    );
  };
  walk(configSchema(), config, '', '');
  return `${lines.join('\n')}\n`;
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodOptional
    ? unwrap(schema.unwrap())
    : schema;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}
