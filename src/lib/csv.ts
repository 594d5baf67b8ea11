/**
 * Rows of a comma-separated file (RFC 4180: quoted fields, doubled quotes, commas and line ends inside quotes), each keyed by
 * the names of the first line. Missing trailing fields are empty.
 */
export function parseCsv(text: string): Record<string, string>[] {
  const lines: string[][] = [];
  let line: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!;
    if (quoted) {
      if (letter !== '"') field += letter;
      else if (text[at + 1] === '"') {
        field += '"';
        at++;
      } else quoted = false;
    } else if (letter === '"' && field === '') quoted = true;
    else if (letter === ',') {
      line.push(field);
      field = '';
    } else if (letter === '\n') {
      line.push(field);
      lines.push(line);
      line = [];
      field = '';
    } else if (letter !== '\r') field += letter;
  }
  if (field !== '' || line.length > 0) {
    line.push(field);
    lines.push(line);
  }
  const [names = [], ...rows] = lines.filter((row) => row.length > 1 || row[0] !== '');
  return rows.map((row) => Object.fromEntries(names.map((name, index) => [name.replace(/^\uFEFF/, '').trim(), row[index] ?? ''])));
}

const quote = (value: string | number): string => (typeof value === 'number' ? String(value) : /[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/** The text of a comma-separated file, a line for each row. */
export const csvText = (rows: readonly (readonly (string | number)[])[]): string => rows.map((row) => `${row.map(quote).join(',')}\n`).join('');
