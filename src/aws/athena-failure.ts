import { NetcostError } from '../errors.js';

/** What Athena says where a statement fails, and what a person can do about it; the first that fits is taken. */
const REASONS: readonly (readonly [RegExp, (said: string) => readonly [string, string]])[] = [
  [
    /bytes scanned limit was exceeded|exceeded.*(?:bytes|data).*(?:limit|cutoff)|data scanned.*limit/i,
    () => [
      'Athena stopped the question: it read more than the work group allows. What it had read is billed.',
      'Ask for a shorter window, or raise the limit of the work group (netcost check shows it).',
    ],
  ],
  [
    /query time(?:d )?out|EXCEEDED_TIME_LIMIT|exceeded.*(?:run ?time|time limit)/i,
    () => [
      'Athena stopped the question after its time limit (30 minutes unless the quota was raised). What it had read is billed.',
      'Ask for a shorter window, or let netcost keep sums by the hour (data.athena.rollup).',
    ],
  ],
  [
    /exhausted resources|EXCEEDED_(?:LOCAL_)?MEMORY|insufficient (?:resources|memory)/i,
    () => [
      'Athena ran out of resources for the question.',
      'Ask for a shorter window or by fewer keys; pairs and remotes of weeks are the largest.',
    ],
  ],
  [
    /QUERY_HAS_TOO_MANY_STAGES|COMPILER_ERROR|QUERY_TEXT_TOO_LARGE/i,
    () => [
      'The question is too large a statement for Athena.',
      'Ask for fewer keys and filters at once, or for a shorter window.',
    ],
  ],
  [
    /NUMERIC_VALUE_OUT_OF_RANGE/i,
    () => [
      'The counts of the rows exceed the largest number that Athena knows.',
      'Ask for a shorter window; where this stays, rows of the flow log are damaged.',
    ],
  ],
  [
    /TABLE_NOT_FOUND|Table .* does not exist|EntityNotFoundException/i,
    (said) => [
      `Athena does not know the table${named(said, /Table '([\w."$]+)'/i)}.`,
      'Make it with what netcost ddl prints, or mend data.athena in the config.',
    ],
  ],
  [
    /SCHEMA_NOT_FOUND|Schema .* does not exist|DATABASE_NOT_FOUND/i,
    (said) => [
      `Athena does not know the database${named(said, /Schema '([\w."$]+)'/i)}.`,
      'Make it (CREATE DATABASE), or mend data.athena.database in the config.',
    ],
  ],
  [
    /COLUMN_NOT_FOUND|Column .* cannot be resolved/i,
    (said) => [
      `The table has no column${named(said, /Column '([\w."$]+)'/i)}.`,
      'Its columns and the log format differ: make it anew with what netcost ddl prints.',
    ],
  ],
  [
    /CONSTRAINT_VIOLATION|injected projected partition/i,
    () => [
      'The table wants a partition column to be given (projection of type injected).',
      'Make it anew with what netcost ddl prints: accounts and Regions are listed there.',
    ],
  ],
  [
    /HIVE_TOO_MANY_OPEN_PARTITIONS|TOO_MANY_OPEN_PARTITIONS/i,
    () => [
      'Athena writes at most 100 partitions in one statement.',
      'This is a fault of netcost: it writes one. Report it.',
    ],
  ],
  [
    /HIVE_BAD_DATA|HIVE_CURSOR_ERROR|HIVE_CANNOT_OPEN_SPLIT|HIVE_FILE_NOT_FOUND|PARQUET|ZLIB|gzip/i,
    () => [
      'Athena could not read an object of the flow log (damaged, or no flow log).',
      'netcost leaves out what Athena names; where this stays, take the object out of the folder.',
    ],
  ],
  [
    /HIVE_PARTITION_SCHEMA_MISMATCH|HIVE_INVALID_PARTITION_VALUE|HIVE_EXCEEDED_PARTITION_LIMIT|HIVE_INVALID_METADATA|INVALID_TABLE_PROPERTY|projection/i,
    () => ['The partitions of the table do not fit its definition.', 'Make it anew with what netcost ddl prints.'],
  ],
  [
    /HIVE_METASTORE_ERROR|HIVE_UNSUPPORTED_FORMAT/i,
    () => [
      'What Glue has of the table or database is no table of flow logs.',
      'Make it anew with what netcost ddl prints.',
    ],
  ],
  [
    /(?:verify|create).*output bucket|output location|OutputLocation|No output|location provided to save your query results/i,
    () => [
      'Athena has no place to write the result.',
      'Set a query result location in the work group, or data.athena.outputLocation in the config.',
    ],
  ],
  [
    /NoSuchBucket|bucket does not exist/i,
    () => [
      'A bucket of the table, or of the results, does not exist.',
      'Mend the location: make the table anew with what netcost ddl prints, or set data.athena.outputLocation.',
    ],
  ],
  [
    /PermanentRedirect|Status Code: 301|bucket is in (?:this|another) region/i,
    () => [
      'A bucket is in another Region than Athena.',
      'Set data.athena.region to the Region of the logs and of the place for results.',
    ],
  ],
  [
    /lake ?formation|Insufficient Lake/i,
    () => ['Lake Formation does not let netcost read the table.', 'Grant SELECT on it to the role of netcost.'],
  ],
  [
    /kms/i,
    () => [
      'The objects or the results are encrypted with a key that netcost may not use.',
      'Allow kms:Decrypt (and kms:GenerateDataKey for results) on it to the role.',
    ],
  ],
  [
    /(?:Access ?Denied|403|not authorized|Insufficient permissions|PERMISSION_DENIED)/i,
    (said) => [
      `Athena may not read what the question needs${named(said, /((?:glue|s3):\w+)/)}.`,
      'The role needs athena:*QueryExecution, glue:GetTable and GetPartitions, s3:GetObject and ListBucket on the logs, s3:PutObject on the results.',
    ],
  ],
  [
    /workgroup .*(?:disabled|not enabled)/i,
    () => ['The work group is disabled.', 'Enable it, or set another under data.athena.workGroup.'],
  ],
  [
    /workgroup.*(?:not found|does not exist)/i,
    () => ['There is no such work group.', 'Mend data.athena.workGroup, or make it.'],
  ],
  [
    /(?:query string|statement).*(?:too long|length|262144)/i,
    () => ['The statement is longer than Athena takes.', 'Ask for fewer keys at once, or for one gateway.'],
  ],
  [
    /idempotent|ClientRequestToken/i,
    () => ['Athena knows the same request with other words.', 'Ask again in a minute.'],
  ],
  [
    /result.*(?:expired|not found|no longer|does not exist)|NoSuchKey/i,
    () => ['Athena no longer has the result.', 'Ask again: it is worked out anew.'],
  ],
  [
    /SYNTAX_ERROR|FUNCTION_NOT_FOUND|TYPE_MISMATCH|INVALID_CAST/i,
    () => [
      'Athena does not understand the statement of netcost.',
      'This is a fault of netcost, or the table is not of netcost ddl. Report it with the statement.',
    ],
  ],
  [
    /TooManyRequests|Throttl|SlowDown|capacity|queue/i,
    () => [
      'Athena has too much to do in this account (its quota of statements at once).',
      'Ask again in a few minutes, or raise the quota of active DML queries.',
    ],
  ],
  [
    /INTERNAL|GENERIC_|system error|unavailable/i,
    () => ['Athena failed for a reason of its own.', 'Ask again; what failed is not billed.'],
  ],
];

/**
 * A statement that Athena refused or failed at, in words. What Athena said stands behind, cut: it is text from outside.
 * @param said StateChangeReason, or the message of an exception
 */
export function athenaFailure(said: string, cause?: unknown): NetcostError {
  const text = said.replace(/\s+/g, ' ').trim();
  const original = cause ?? new Error(text);
  for (const [pattern, words] of REASONS) {
    if (!pattern.test(text)) continue;
    const [message, hint] = words(text);
    return new NetcostError('upstream', `${message}${text === '' ? '' : ` (${text.slice(0, 200)})`}`, {
      cause: original,
      hint,
    });
  }
  return new NetcostError('upstream', `Athena failed: ${text.slice(0, 300) || 'it did not say why'}`, {
    cause: original,
    hint: 'Look at the statement in the console of Athena (History).',
  });
}

/** The name that a message gives, with a blank before it. */
function named(said: string, pattern: RegExp): string {
  const name = pattern.exec(said)?.[1];
  return name === undefined ? '' : ` ${name}`;
}
