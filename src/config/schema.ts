import * as z from 'zod';

const ids = (what: string) =>
  z
    .array(z.string().regex(/^[USW][A-Z0-9]{2,}$/, 'ids as U0123ABCD (a person) or S0123ABCD (a user group)'))
    .default([])
    .describe(what);
const file = (what: string) => z.string().min(1).optional().describe(what);

const ACCOUNT_ID = z.string().regex(/^\d{12}$/, 'an account id of twelve digits, in quotes');
const REGION = z.string().regex(/^[a-z]{2}(?:-[a-z]+)+-\d$/, 'Regions as us-east-1');

const NETBOX_PATH = z
  .string()
  .regex(
    /^(?:tenant|owner|role|vrf|scope|status|description|tenant\.group|(?:tenant\.)?(?:cf|tag)\..+)$/,
    'a place such as tenant, tenant.group, owner, role, cf.NAME or tag.NAME',
  );
const tagKeys = (what: string) =>
  z.array(z.string().min(1)).default([]).describe(`tag keys whose value is ${what}; the first that is there counts`);

/**
 * The config file: every key with its default and what it is for. Secrets are no part of it. Made when it is first asked
 * for, as most commands read no config.
 */
export const configSchema = () => {
  made ??= makeSchema();
  return made;
};
export type Config = z.infer<ReturnType<typeof makeSchema>>;

let made: ReturnType<typeof makeSchema> | undefined;

const makeSchema = () =>
  z.strictObject({
    slack: z
      .strictObject({
        mode: z
          .enum(['socket', 'http'])
          .default('socket')
          .describe('socket needs no public address; http is called by Slack at /slack/events'),
        port: z
          .int()
          .min(0)
          .max(65_535)
          .default(3000)
          .describe('where /healthz and /metrics are, and /slack/events in http mode'),
        host: z.string().default('0.0.0.0').describe('the address to listen on in http mode'),
        channels: z
          .array(z.string())
          .default([])
          .describe(
            'channels that netcost must be able to post in, as #cloud-costs or C0123ABCD; netcost check looks at them',
          ),
      })
      .prefault({})
      .describe('how Slack is reached'),
    access: z
      .strictObject({
        roles: z
          .strictObject({
            admin: ids('see everything, and are named where somebody needs help'),
            finance: ids('see every team'),
            security: ids('see every team'),
          })
          .prefault({})
          .describe('who is what, by ids of people or of user groups'),
        members: z
          .union([z.literal('all'), z.array(z.string())])
          .default('all')
          .describe('the teams that a full member sees: all, or a list of names'),
        teams: z
          .record(z.string(), ids('who sees this team besides'))
          .default({})
          .describe('team: who sees it besides, by ids'),
        guests: ids(
          'guests and people of other organisations who may ask; they see the teams granted to them under teams, and no other',
        ),
      })
      .prefault({})
      .describe('who may ask, and about which teams'),
    data: z
      .strictObject({
        flowLogs: file('folder with flow-log objects, in any layout; read again and again for what is new'),
        buckets: z
          .array(
            z.strictObject({
              name: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket, without s3://'),
              prefix: z.string().default(''),
              region: REGION,
              account: ACCOUNT_ID.optional(),
              days: z.int().min(1).max(3650).default(30),
              accounts: z.array(ACCOUNT_ID).min(1).optional(),
              regions: z.array(REGION).min(1).optional(),
              engine: z.enum(['embedded', 'athena']).optional(),
            }),
          )
          .default([])
          .describe(
            'buckets with flow logs: { name: my-flow-logs, prefix: "", region: us-east-1, account: "111122223333", days: 30 }; region is the bucket\'s own, account the one of aws.accounts whose role reads it (without: the credentials of this process), days how far back the first reading goes, accounts and regions which logs alone; engine: athena brings nothing of it here, since a table of data.athena has it',
          ),
        logGroups: z
          .array(
            z.strictObject({
              name: z.string().regex(/^[\w./#-]{1,512}$/, 'the name of a log group, as /vpc/flow-logs'),
              region: REGION,
              account: ACCOUNT_ID.optional(),
              days: z.int().min(1).max(30).default(1),
              interfaces: z
                .array(z.string().regex(/^eni-[0-9a-f]+$/))
                .min(1)
                .optional(),
              engine: z.enum(['embedded', 'logs-insights', 'auto']).optional(),
            }),
          )
          .default([])
          .describe(
            'log groups of CloudWatch Logs with flow logs: { name: /vpc/flow-logs, region: us-east-1, days: 1, interfaces: [eni-0a1b2c3d] }; days is how far back the first reading goes, interfaces (those of NAT gateways) whose rows alone are read; engine: logs-insights brings nothing here and asks Logs Insights at each question, auto asks it for what is older than the store',
          ),
        store: z.string().default('.netcost/store').describe('folder where what was read is kept'),
        owners: file('owners.yaml: who owns which addresses'),
        ipRanges: file("AWS's ip-ranges.json; a bundled one where absent"),
        asn: file('AS table: start,end,asn,organisation'),
        logFormat: file('the log format of objects without a header'),
        engine: z
          .enum(['embedded', 'athena', 'auto', 'logs-insights'])
          .default('embedded')
          .describe(
            'where questions go that name no gateway (nat=) of another source: embedded reads what was ingested; athena asks Athena over the tables below; auto asks Athena for what is older than the store; logs-insights asks the log groups. A bucket or log group may have an engine of its own',
          ),
        insights: z
          .strictObject({
            timeoutSeconds: z
              .int()
              .min(10)
              .max(3_600)
              .default(600)
              .describe('how long a question may wait for one query of Logs Insights'),
            limits: z
              .strictObject({
                confirmGb: z.number().min(0).default(20).describe('a question that scans more is asked back first'),
                questionGb: z.number().min(0).default(500).describe('a question that scans more is refused'),
                dayGb: z.number().min(0).default(2_000).describe('what questions of one person may scan on a day'),
              })
              .prefault({})
              .describe('what questions may scan, in GB'),
          })
          .prefault({})
          .describe('Logs Insights, where a log group has engine: logs-insights or auto; docs/athena.md explains it'),
        athena: z
          .strictObject({
            account: ACCOUNT_ID.optional(),
            region: REGION,
            workGroup: z.string().min(1).default('primary'),
            database: z.string().min(1).default('netcost'),
            catalog: z.string().min(1).optional(),
            outputLocation: z.string().startsWith('s3://').optional(),
            timeoutSeconds: z.int().min(10).max(14_400).default(600),
            tables: z
              .array(
                z.strictObject({
                  name: z.string().min(1),
                  format: z.string().default(''),
                  file: z.enum(['text', 'parquet']).default('text'),
                  layout: z.enum(['date', 'hive']).default('date'),
                  hourly: z.boolean().default(false),
                  flowLogs: z.array(z.string()).default([]),
                  location: z.string().startsWith('s3://'),
                  accounts: z.array(ACCOUNT_ID).min(1),
                  regions: z.array(REGION).min(1),
                }),
              )
              .min(1),
            rollup: z.strictObject({ table: z.string().min(1), when: z.string().default('50 * * * *') }).optional(),
            limits: z
              .strictObject({
                confirmGb: z.number().min(0).default(20),
                questionGb: z.number().min(0).default(2_000),
                dayGb: z.number().min(0).default(5_000),
              })
              .prefault({}),
          })
          .optional()
          .describe(
            'Athena: { region, account, workGroup, database, tables: […], rollup: { table }, limits: { confirmGb, questionGb, dayGb } }; netcost ddl prints the tables, docs/athena.md explains the rest',
          ),
        copies: z
          .string()
          .default('.netcost/copies')
          .describe('folder for the last good copies of owners, inventory and ranges'),
      })
      .prefault({})
      .describe('where answers come from'),
    aws: z
      .strictObject({
        accounts: z
          .array(
            z.strictObject({
              id: ACCOUNT_ID,
              role: z
                .string()
                .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/, 'the ARN of a role')
                .optional(),
              externalId: z.string().min(1).optional(),
              regions: z.array(REGION).min(1),
            }),
          )
          .default([])
          .describe(
            'accounts that are read: { id: "111122223333", role: "arn:aws:iam::111122223333:role/netcost-read", externalId: "…", regions: [us-east-1] }; without role the credentials of this process are used',
          ),
      })
      .prefault({})
      .describe('what is asked of AWS; nothing where there are no accounts'),
    owners: z
      .strictObject({
        netbox: z
          .strictObject({
            url: z
              .url()
              .optional()
              .describe('the address of NetBox; its token comes from the environment: NETBOX_TOKEN'),
            team: NETBOX_PATH.default('tenant').describe(
              'where the team stands: tenant, tenant.group, owner, role, cf.NAME, tag.NAME',
            ),
            env: NETBOX_PATH.default('role').describe('where the environment stands'),
            channel: NETBOX_PATH.optional().describe('where the Slack channel of the team stands, as cf.slack_channel'),
            labels: z
              .record(z.string(), NETBOX_PATH)
              .default({})
              .describe('label: where it stands, as { customer: cf.customer }'),
            vrfs: z
              .record(z.string(), z.array(z.string()))
              .default({})
              .describe(
                'VRF (name or route distinguisher): the VPCs and accounts in it, where the same addresses are in several',
              ),
          })
          .prefault({})
          .describe('prefixes and their owners from NetBox; asked where it has an address'),
        tags: z
          .strictObject({
            team: tagKeys('the team'),
            env: tagKeys('the environment'),
            channel: tagKeys('the Slack channel of the team'),
            labels: z.record(z.string(), z.array(z.string())).default({}).describe('label: tag keys whose value it is'),
          })
          .prefault({})
          .describe('tags of interfaces, subnets, VPCs and accounts that say whose they are'),
        organizations: ACCOUNT_ID.optional().describe(
          'the account of aws.accounts that may list the organisation: its accounts and their tags',
        ),
        ipam: z
          .array(
            z.strictObject({
              scope: z.string().regex(/^ipam-scope-\w+$/, 'a scope as ipam-scope-0a1b'),
              account: ACCOUNT_ID,
              region: REGION,
            }),
          )
          .default([])
          .describe(
            'scopes of VPC IPAM that are read: { scope: ipam-scope-0a1b, account: "111122223333", region: us-east-1 }',
          ),
      })
      .prefault({})
      .describe('who owns what, besides data.owners, which goes before all of them'),
    ranges: z
      .strictObject({
        aws: z
          .union([z.url(), z.literal(false)])
          .default('https://ip-ranges.amazonaws.com/ip-ranges.json')
          .describe('where AWS publishes its ranges; false = those of data.ipRanges or the bundled ones'),
        providers: z
          .record(z.string(), z.url())
          .default({})
          .describe(
            'provider: where it publishes its ranges, as { github: "https://api.github.com/meta" }; the bundled ones where absent',
          ),
      })
      .prefault({})
      .describe('published address ranges, fetched by the schedule and kept under data.copies'),
    triage: z
      .strictObject({
        channel: z
          .string()
          .regex(/^(#\S+|[CG][A-Z0-9]{2,})$/, 'a channel as #cloud-costs or C0123ABCD')
          .optional()
          .describe(
            'where threads about alerts begin, as #cloud-costs or C0123ABCD; the first of slack.channels where absent',
          ),
        securityChannel: z
          .string()
          .regex(/^(#\S+|[CG][A-Z0-9]{2,})$/, 'a channel as #security or C0123ABCD')
          .optional()
          .describe('the only place for diagnoses that are for the security team; without it they are held back'),
        mentions: z
          .record(z.string(), z.string().regex(/^[USW][A-Z0-9]{2,}$/, 'an id as U0123ABCD or S0123ABCD'))
          .default({})
          .describe('team: the person or user group that is mentioned once where the team owns the cause'),
        bundles: z
          .string()
          .default('.netcost/incidents')
          .describe('folder for the evidence of the last fifty incidents'),
        queue: z
          .string()
          .regex(
            /^https:\/\/sqs\.[a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com(?:\.cn)?\/\d{12}\/[\w.-]{1,80}$/,
            'a queue as https://sqs.us-east-1.amazonaws.com/111122223333/netcost-alerts',
          )
          .optional()
          .describe('SQS queue that alerts arrive in: of SNS topics, or of EventBridge'),
        topics: z
          .array(z.string().regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/, 'the ARN of an SNS topic'))
          .default([])
          .describe('the only SNS topics that are listened to, by their ARNs; in a queue, any where there are none'),
        webhook: z
          .boolean()
          .default(false)
          .describe('takes signed messages of the topics at /aws/sns on slack.port, for where no queue can be'),
        detect: z
          .strictObject({
            when: z.string().default('23 * * * *').describe('when it is looked, as cron in UTC'),
            gatewayUsdPerDay: z
              .number()
              .min(0)
              .default(1)
              .describe('dollars a day above the usual below which a gateway is no alert'),
            teamUsdPerDay: z.number().min(0).default(1).describe('the same for a team'),
          })
          .prefault({})
          .describe("netcost's own detection, of gateways and of teams; needs aws.accounts"),
      })
      .prefault({})
      .describe('what becomes of alerts'),
    state: z
      .strictObject({
        file: z
          .string()
          .default('.netcost/state.db')
          .describe('SQLite file for what outlives a restart; DATABASE_URL puts it into Postgres instead'),
      })
      .prefault({})
      .describe('what netcost remembers'),
    schedule: z
      .strictObject({
        ingest: z.string().default('*/5 * * * *').describe('when new flow logs are read, as cron in UTC'),
        owners: z.string().default('*/30 * * * *').describe('when NetBox and AWS are asked who owns what'),
        ranges: z.string().default('17 4 * * *').describe('when published address ranges are fetched'),
        prices: z
          .string()
          .default('41 4 * * *')
          .describe('when list prices are read, where aws.accounts has one to ask'),
      })
      .prefault({})
      .describe('what runs by itself'),
    log: z
      .strictObject({
        level: z
          .enum(['debug', 'info', 'warn', 'error'])
          .default('info')
          .describe('the least level that is written, to standard error'),
      })
      .prefault({})
      .describe('what netcost writes about itself'),
  });
