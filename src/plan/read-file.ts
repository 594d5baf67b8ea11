import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { EmagentError, type ErrorCode } from '../contract/errors.ts';

/** `what` names the file in the sentence: `The region file`. */
export interface WantedFile {
  readonly path: string;
  readonly what: string;
  readonly code: ErrorCode;
}

/** Throws the code given when it cannot be read. */
export async function readBytes({ path, what, code }: WantedFile): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new EmagentError(code, missing ? `${what} ${path} is not there.` : `${what} ${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

/** The content of a YAML or JSON file. Throws the code given. */
export async function readDocument(file: WantedFile): Promise<unknown> {
  const text = new TextDecoder().decode(await readBytes(file));
  const json = /^\.(json|geojson)$/.test(extname(file.path).toLowerCase());
  try {
    return json ? JSON.parse(text) : parse(text);
  } catch (cause) {
    const line = cause instanceof YAMLParseError ? cause.linePos?.[0].line : undefined;
    throw new EmagentError(file.code, `${file.what} ${file.path} is no ${json ? 'JSON' : 'YAML'}${line === undefined ? '' : `: see line ${line}`}.`, { cause });
  }
}
