/**
 * A text as an HCL string. Names come from AWS, that is from anybody who may tag a resource: quotes, backslashes, line
 * ends and both template openings (`${`, `%{`) are escaped, so that no name can leave its string.
 */
export function hclString(text: string): string {
  let body = '';
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    if (char === '"') body += '\\"';
    else if (char === '\\') body += '\\\\';
    else if (char === '\n') body += '\\n';
    else if (char === '\r') body += '\\r';
    else if (char === '\t') body += '\\t';
    else if (code < 0x20 || code === 0x7f || code === 0x2028 || code === 0x2029)
      body += `\\u${code.toString(16).padStart(4, '0')}`;
    else body += char;
  }
  // "$${" and "%%{" are HCL's own escapes for a literal "${" and "%{".
  return `"${body.replace(/\$\{/g, '$$$${').replace(/%\{/g, '%%{')}"`;
}

/** A list of strings on one line. */
export function hclList(texts: readonly string[]): string {
  return `[${texts.map(hclString).join(', ')}]`;
}

/** A label for a block: what Terraform allows as a name, nothing else. */
export function hclLabel(text: string): string {
  const label = text.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^[^A-Za-z_]+/, '');
  return label === '' ? 'this' : label.slice(0, 60);
}

/** One resource block. Values are HCL already. */
export function hclResource(type: string, label: string, attributes: readonly (readonly [string, string])[]): string {
  const width = Math.max(...attributes.map(([name]) => name.length));
  const lines = attributes.map(([name, value]) => `  ${name.padEnd(width)} = ${value}`);
  return `resource ${hclString(type)} ${hclString(hclLabel(label))} {\n${lines.join('\n')}\n}\n`;
}
