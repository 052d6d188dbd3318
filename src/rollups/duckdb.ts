/** A string as an SQL literal. DuckDB and Athena both double the quote and know no other escape in it. */
export function quoteLiteral(text: string): string {
  // A NUL would end the statement: it is handed over as a C string.
  return `'${text.replaceAll("'", "''").replaceAll('\0', '\ufffd')}'`;
}

/** A list of strings as an SQL list. */
export function quoteList(texts: readonly string[]): string {
  return `[${texts.map(quoteLiteral).join(', ')}]`;
}

/**
 * Parquet files as a relation. Nothing is taken from their paths: a folder `day=21` above a store is no column of it.
 */
export function parquetFiles(files: readonly string[]): string {
  return `read_parquet([${files.map(quoteLiteral).join(', ')}], hive_partitioning = false)`;
}
