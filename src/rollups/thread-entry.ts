/**
 * The file of a thread, `name` without its extension, beside the module `from` (its import.meta.url). Compiled and
 * bundled it is JavaScript; the sources run as they are in tests, through tsx, which Node's threads do not inherit.
 */
export function threadEntry(name: string, from: string): URL {
  if (!from.endsWith('.ts')) return new URL(`./${name}.js`, from);
  const file = new URL(`./${name}.ts`, from).href;
  const code = `
    import { register } from 'node:module';
    register('tsx/esm', { parentURL: ${JSON.stringify(file)}, data: true });
    await import(${JSON.stringify(file)});`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}
