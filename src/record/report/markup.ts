/** Text that is HTML already. Everything else that goes into a template is escaped. */
export interface Markup {
  readonly markup: string;
}

export type Content = string | number | Markup | readonly Markup[] | undefined;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

function render(content: Content): string {
  if (content === undefined) return '';
  if (typeof content === 'number') return String(content);
  if (typeof content === 'string') return escapeHtml(content);
  return 'markup' in content ? content.markup : content.map(({ markup }) => markup).join('');
}

/** Template tag: what is put in is escaped unless it is markup itself. */
export function html(parts: TemplateStringsArray, ...contents: Content[]): Markup {
  return { markup: parts.map((part, index) => (index === 0 ? part : render(contents[index - 1]) + part)).join('') };
}

/** Numbers of a drawing to a tenth: nothing is seen of the rest. */
export function tenth(value: number): string {
  return String(Math.round(value * 10) / 10);
}
