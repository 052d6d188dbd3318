import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine } from '../answers/open-engine.js';
import type { Terminal } from '../cli.js';
import { type Config, loadConfig, readEnvironment } from '../config.js';
import { describeError } from '../errors.js';
import { copySourcesOf } from '../main/copy-sources.js';
import { openLive } from '../main/triage-aws.js';
import { openStore } from '../rollups/store.js';
import { lastPayload } from '../state/incident-work.js';
import { openState } from '../state/open-state.js';
import type { DiagnosisSubject, LiveDiagnosed } from '../triage/live.js';
import { formatUsd } from '../units.js';

/** Diagnoses now, over the accounts of a config; what arrives, and what it cost, goes to standard error. */
export async function diagnoseNow(
  subject: DiagnosisSubject,
  flags: { readonly config: string; readonly save?: string },
  terminal: Terminal,
): Promise<LiveDiagnosed> {
  const config = loadConfig(flags.config);
  const { elapsedMs, signal, writeError } = terminal;
  const { store, drop } = await storeOf(config);
  try {
    const sources = { ...config.data, store, flowLogs: undefined, copies: copySourcesOf(config) };
    const engine = await openEngine(sources, { elapsedMs, signal });
    const live = openLive(config, engine, { elapsedMs, lastPayload: () => lastOf(config, writeError) });
    try {
      const diagnosed = await live.diagnose({
        subject,
        nowMs: terminal.nowMs(),
        signal,
        onEvidence: ({ source, state, why }) =>
          writeError(`${source}: ${state}${why === undefined ? '' : `, ${why}`}\n`),
      });
      const { requests, throttled, usd } = diagnosed.calls;
      writeError(
        `note: ${requests} requests to AWS${throttled > 0 ? `, ${throttled} throttled` : ''}, at most ${formatUsd(usd)}\n`,
      );
      if (flags.save !== undefined) {
        await diagnosed.save(flags.save);
        writeError(`note: saved to ${flags.save}; netcost diagnose --bundle ${flags.save} gives the same again\n`);
      }
      return diagnosed;
    } finally {
      await live.close();
      await engine.close();
    }
  } finally {
    await drop();
  }
}

/** The store of the config; where nothing was brought in yet, an empty one for as long as it is needed. */
async function storeOf({ data }: Config): Promise<{ readonly store: string; readonly drop: () => Promise<void> }> {
  if (existsSync(data.store)) return { store: data.store, drop: async () => {} };
  const store = await mkdtemp(join(tmpdir(), 'netcost-empty-'));
  (await openStore(store, { create: true })).close();
  return { store, drop: () => rm(store, { recursive: true, force: true }) };
}

/** The last alert that the bot has taken. A bot that runs on SQLite keeps its state to itself: then it is not known. */
async function lastOf(config: Config, writeError: Terminal['writeError']): Promise<string | undefined> {
  const { databaseUrl } = readEnvironment();
  if (databaseUrl === undefined && !existsSync(config.state.file)) return undefined;
  try {
    const state = await openState(
      databaseUrl === undefined ? { kind: 'sqlite', file: config.state.file } : { kind: 'postgres', url: databaseUrl },
    );
    try {
      return await lastPayload(state.db);
    } finally {
      await state.close();
    }
  } catch (error) {
    writeError(`note: the last alert is not known, so what rose last is diagnosed: ${describeError(error)}\n`);
    return undefined;
  }
}
