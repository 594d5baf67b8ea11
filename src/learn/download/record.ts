import { EmagentError } from '../../contract/errors.ts';

/** A file of a published record. */
export interface RecordFile {
  readonly key: string;
  readonly sizeBytes: number;
  /** 32 hexadecimal digits. */
  readonly md5: string;
  readonly url: string;
}

export interface PublishedRecord {
  readonly id: string;
  readonly title: string;
  readonly licence: string;
  readonly doi?: string;
  readonly files: readonly RecordFile[];
}

export interface RecordSource {
  /** Origin of the repository's server, without a path. */
  readonly server: string;
  readonly id: string;
  readonly signal?: AbortSignal;
}

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

async function fetchJson(url: string, signal: AbortSignal | undefined): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, { headers: { accept: 'application/json' }, ...(signal !== undefined && { signal }) });
  } catch (cause) {
    if (signal?.aborted === true) throw signal.reason;
    throw new EmagentError('EM_DOWNLOAD', `The record cannot be read from ${url}: ${reasonOf(cause)}.`, { cause });
  }
  if (response.status === 404) throw new EmagentError('EM_DOWNLOAD', `There is no record at ${url} (404): it was withdrawn or moved.`);
  if (!response.ok) throw new EmagentError('EM_DOWNLOAD', `The record at ${url} was not given: the server answered ${response.status}.`);
  try {
    return await response.json();
  } catch (cause) {
    throw new EmagentError('EM_DOWNLOAD', `${url} is no record: the server answered with something that is not JSON.`, { cause });
  }
}

/** What `fetch` threw, in words: it hides the reason in its cause. */
export function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'nobody listens there',
    ENOTFOUND: 'the server has no known address',
    EAI_AGAIN: 'names of servers cannot be looked up here',
    ECONNRESET: 'the connection was cut',
    UND_ERR_SOCKET: 'the connection was cut',
    ETIMEDOUT: 'the server does not answer',
    UND_ERR_CONNECT_TIMEOUT: 'the server does not answer',
  };
  return words[code] ?? (cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause));
}

function fileOf(entry: Json, links: { readonly bucket?: string; readonly files?: string }): RecordFile | undefined {
  const key = textOf(entry['key']);
  const md5 = /^(?:md5:)?([0-9a-f]{32})$/i.exec(textOf(entry['checksum']) ?? '')?.[1]?.toLowerCase();
  const size = entry['size'];
  const own = isObject(entry['links']) ? textOf(entry['links']['content']) ?? textOf(entry['links']['self']) : undefined;
  const bucket = textOf(entry['bucket']);
  const folder = links.files ?? (bucket === undefined ? undefined : `${links.bucket ?? ''}/${bucket}`);
  const url = own ?? (folder === undefined || key === undefined ? undefined : `${folder}/${encodeURIComponent(key)}`);
  if (key === undefined || md5 === undefined || typeof size !== 'number' || url === undefined) return undefined;
  return { key, md5, sizeBytes: size, url };
}

/** Entries of both shapes: a list (B2SHARE's own), or `files.entries` as a list or by key (Invenio RDM). */
function entriesOf(files: unknown): Json[] {
  if (Array.isArray(files)) return files.filter(isObject);
  if (!isObject(files)) return [];
  const { entries } = files;
  if (Array.isArray(entries)) return entries.filter(isObject);
  return isObject(entries) ? Object.values(entries).filter(isObject) : [];
}

/**
 * Reads a record of B2SHARE (`GET /api/records/<id>`): its files with sizes and md5 sums, and where each lies
 * (`/api/files/<bucket>/<key>`, or the link that the entry has). Throws EM_DOWNLOAD.
 */
export async function fetchRecord({ server, id, signal }: RecordSource): Promise<PublishedRecord> {
  const url = `${server}/api/records/${id}`;
  const record = await fetchJson(url, signal);
  const metadata = isObject(record) && isObject(record['metadata']) ? record['metadata'] : {};
  const links = isObject(record) && isObject(record['links']) ? record['links'] : {};
  const filesLink = textOf(links['files']);
  const listed = isObject(record) ? entriesOf(record['files']) : [];
  const files = listed.map((entry) => fileOf(entry, { bucket: `${server}/api/files`, ...(filesLink !== undefined && /\/api\/files\//.test(filesLink) && { files: filesLink }) }));
  if (files.length === 0) throw new EmagentError('EM_DOWNLOAD', `The record at ${url} lists no files.`);
  const broken = files.indexOf(undefined);
  if (broken !== -1) throw new EmagentError('EM_DOWNLOAD', `The record at ${url} says no name, size or md5 checksum of its file ${textOf(listed[broken]!['key']) ?? broken + 1}.`);
  const titles = metadata['titles'];
  const first: unknown = Array.isArray(titles) ? titles[0] : undefined;
  const licence = metadata['license'];
  const doi = textOf(metadata['DOI']) ?? textOf(metadata['doi']);
  return {
    id,
    title: textOf(metadata['title']) ?? (isObject(first) ? textOf(first['title']) : undefined) ?? id,
    licence: (isObject(licence) ? textOf(licence['license']) : undefined) ?? 'not stated by the record',
    ...(doi !== undefined && { doi }),
    files: files as RecordFile[],
  };
}
