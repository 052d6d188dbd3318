import { existsSync, realpathSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Counterpart, freePort, runSetUp, startServer } from './counterpart.js';

const VERSION = '435';

/**
 * Trino 435, the engine that Athena's is closest to of those that run on Java 17, with the Hive plugin alone, on
 * 127.0.0.1, over a folder of local files. Central has no server archive of this version any more, so the server is put
 * together from trino-main and what it needs, and the plugin from its own archive. The plugin's folder for Hadoop's file
 * systems is not published either; in its place stands a class of ours that gives Trino's own local one: tables are at
 * local:///NAME below NETCOST_TRINO_ROOT.
 */
export const counterpart: Counterpart = async (cache) => {
  const java = await findJava();
  const home = join(cache, VERSION);
  if (!existsSync(join(home, 'complete'))) await setUp(home, java);
  const run = await mkdtemp(join(tmpdir(), 'netcost-trino-'));
  const root = join(run, 'root');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await mkdir(join(run, 'catalog'), { recursive: true });
  await mkdir(root);
  await writeFile(join(run, 'config.properties'), serverConfig(port, home, run));
  await writeFile(join(run, 'catalog', 'hive.properties'), HIVE_CONFIG);
  const { stop } = await startServer(
    join(java, 'java'),
    [
      // It lives for minutes, and most of its work is planning statements that never come again: without the second
      // compiler a few of them take little more than half of the processor time, and all of them no more.
      ...['-Xmx2G', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:+ExitOnOutOfMemoryError'],
      '-Dfile.encoding=UTF-8',
      ...['-Djdk.attach.allowAttachSelf=true', `-Dnetcost.root=${root}`, `-Dconfig=${join(run, 'config.properties')}`],
      ...['-cp', `${join(home, 'start')}:${join(home, 'lib')}/*`, 'StartTrino'],
    ],
    `${url}/v1/info`,
    { waitMs: 120_000, cwd: run },
  );
  const stopAll = async (): Promise<void> => {
    await stop();
    await rm(run, { recursive: true, force: true });
  };
  try {
    await waitUntilReady(url);
  } catch (error) {
    await stopAll();
    throw error;
  }
  return { env: { NETCOST_TRINO_URL: url, NETCOST_TRINO_ROOT: root }, stop: stopAll };
};

/** The bin folder of a JDK from 17 to 21: Trino 435 needs 17, and the security manager that it uses is gone after 23. */
async function findJava(): Promise<string> {
  const homes = [process.env.JAVA_HOME, '/usr/lib/jvm/java-17-openjdk-amd64', '/usr/lib/jvm/java-17-openjdk-arm64'];
  const found = await runSetUp('sh', ['-c', 'command -v javac || true']);
  const bins = [
    ...homes.flatMap((home) => (home ? [join(home, 'bin')] : [])),
    ...(found.trim() === '' ? [] : [dirname(realpathSync(found.trim()))]),
  ];
  for (const bin of bins) {
    if (!existsSync(join(bin, 'javac'))) continue;
    const version = Number(/\d+/.exec(await runSetUp(join(bin, 'javac'), ['-version']))?.[0]);
    if (version >= 17 && version <= 21) return bin;
  }
  throw new Error(`Trino ${VERSION} needs a JDK of version 17 to 21; looked in ${bins.join(', ') || 'no folder'}`);
}

/** Builds everything beside and renames it, so that a run that was stopped half-way leaves nothing half-made. */
async function setUp(home: string, java: string): Promise<void> {
  const beside = `${home}.${process.pid}`;
  const work = join(beside, 'work');
  await rm(beside, { recursive: true, force: true });
  await mkdir(join(beside, 'plugin'), { recursive: true });
  await mkdir(join(beside, 'start'));
  await mkdir(work);
  await writeFile(join(work, 'pom.xml'), POM);
  const maven = ['-q', '-B', '-f', join(work, 'pom.xml')];
  await runSetUp('mvn', [
    ...maven,
    'dependency:copy-dependencies',
    '-DincludeScope=runtime',
    `-DoutputDirectory=${join(beside, 'lib')}`,
  ]);
  await runSetUp('mvn', [
    ...maven,
    'dependency:copy',
    `-Dartifact=io.trino:trino-hive:${VERSION}:zip`,
    `-DoutputDirectory=${work}`,
  ]);
  await runSetUp(join(java, 'jar'), ['xf', join(work, `trino-hive-${VERSION}.zip`)], { cwd: join(beside, 'plugin') });
  const hive = join(beside, 'plugin', 'hive');
  await rename(join(beside, 'plugin', `trino-hive-${VERSION}`), hive);
  const classes = join(work, 'classes');
  await mkdir(classes);
  await mkdir(join(hive, 'hdfs'));
  await writeFile(join(work, 'HdfsFileSystemManager.java'), LOCAL_FILES);
  await writeFile(join(work, 'StartTrino.java'), START);
  const classPath = `${hive}/*:${join(beside, 'lib')}/*`;
  await runSetUp(join(java, 'javac'), ['-cp', classPath, '-d', classes, join(work, 'HdfsFileSystemManager.java')]);
  await runSetUp(join(java, 'javac'), ['-cp', classPath, '-d', join(beside, 'start'), join(work, 'StartTrino.java')]);
  // The plugin's loader takes these from its own folder alone.
  await runSetUp(join(java, 'jar'), ['xf', join(hive, `trino-filesystem-${VERSION}.jar`)], { cwd: work });
  await cp(join(work, 'io', 'trino', 'filesystem', 'local'), join(classes, 'io', 'trino', 'filesystem', 'local'), {
    recursive: true,
  });
  await runSetUp(join(java, 'jar'), ['cf', join(hive, 'hdfs', 'local-files.jar'), '-C', classes, '.']);
  await rm(work, { recursive: true });
  await writeFile(join(beside, 'complete'), '');
  await rm(home, { recursive: true, force: true });
  await rename(beside, home);
}

async function waitUntilReady(url: string): Promise<void> {
  for (const until = performance.now() + 120_000; performance.now() < until; ) {
    // A machine with much to do may send the head of an answer and take its time with the rest.
    const info = await fetch(`${url}/v1/info`, { signal: AbortSignal.timeout(5_000) })
      .then((response) => response.json() as Promise<{ starting?: boolean }>)
      .catch(() => ({ starting: true }));
    if (info.starting === false) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`Trino at ${url} was not ready after 120 s`);
}

const serverConfig = (port: number, home: string, run: string): string => `coordinator=true
node-scheduler.include-coordinator=true
http-server.http.port=${port}
discovery.uri=http://127.0.0.1:${port}
node.bind-ip=127.0.0.1
node.internal-address=127.0.0.1
node.environment=test
node.id=netcost
plugin.dir=${join(home, 'plugin')}
catalog.config-dir=${join(run, 'catalog')}
query.max-memory=768MB
query.max-memory-per-node=768MB
memory.heap-headroom-per-node=256MB
task.concurrency=1
optimizer.join-reordering-strategy=NONE
`;

const HIVE_CONFIG = `connector.name=hive
hive.metastore=file
hive.metastore.catalog.dir=local:///meta
hive.recursive-directories=true
hive.non-managed-table-writes-enabled=true
hive.allow-register-partition-procedure=true
hive.partition-projection-enabled=true
`;

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>netcost.test</groupId><artifactId>trino</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies><dependency>
    <groupId>io.trino</groupId><artifactId>trino-main</artifactId><version>${VERSION}</version>
  </dependency></dependencies>
</project>
`;

const START = `public class StartTrino {
  public static void main(String[] args) {
    new io.trino.server.Server() {}.start("${VERSION}");
  }
}
`;

const LOCAL_FILES = `package io.trino.filesystem.hdfs;

public final class HdfsFileSystemManager {
  public HdfsFileSystemManager(
      java.util.Map<String, String> config, boolean azure, boolean gcs, boolean s3, String catalog,
      io.trino.spi.NodeManager nodes, io.opentelemetry.api.OpenTelemetry telemetry) {}

  public java.util.Set<String> configure() {
    return java.util.Set.of();
  }

  public io.trino.filesystem.TrinoFileSystemFactory create() {
    return new io.trino.filesystem.local.LocalFileSystemFactory(
        java.nio.file.Path.of(System.getProperty("netcost.root")));
  }

  public void stop() {}
}
`;
