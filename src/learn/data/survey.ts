import { stat } from 'node:fs/promises';
import { isEmagentError } from '../../contract/errors.ts';
import { perceptualHash, type PerceptualHash } from '../../imaging/perceptual-hash.ts';
import { readPicture } from '../../imaging/picture-file.ts';
import type { DatasetItem } from '../dataset.ts';

/** A picture that was decoded. */
export interface SurveyedPicture {
  readonly item: DatasetItem;
  readonly bytes: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly hash: PerceptualHash;
}

export interface Survey {
  /** Those that can be read, in the order of the items. */
  readonly pictures: readonly SurveyedPicture[];
  readonly unreadable: readonly { readonly file: string; readonly reason: string }[];
}

export interface SurveyOptions {
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Decoded together: decoding runs in threads. */
const AT_ONCE = 8;

async function look(item: DatasetItem): Promise<SurveyedPicture | { readonly file: string; readonly reason: string }> {
  try {
    const picture = await readPicture(item.path);
    return { item, bytes: (await stat(item.path)).size, widthPx: picture.widthPx, heightPx: picture.heightPx, hash: await perceptualHash(picture) };
  } catch (thrown) {
    if (!isEmagentError(thrown)) throw thrown;
    return { file: item.file, reason: thrown.message.slice(thrown.message.indexOf(': ') + 2).trim() };
  }
}

/** Decodes every picture once: its size, its perceptual hash, or why it cannot be read. */
export async function surveyPictures(items: readonly DatasetItem[], { onProgress, signal }: SurveyOptions = {}): Promise<Survey> {
  const pictures: SurveyedPicture[] = [];
  const unreadable: { file: string; reason: string }[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    signal?.throwIfAborted();
    for (const seen of await Promise.all(items.slice(from, from + AT_ONCE).map(look))) {
      if ('item' in seen) pictures.push(seen);
      else unreadable.push(seen);
    }
    onProgress?.(Math.min(items.length, from + AT_ONCE), items.length);
  }
  return { pictures, unreadable };
}
