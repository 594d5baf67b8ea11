import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startNode } from '../support/cli.ts';
import { packageRoot } from '../../src/lib/package-root.ts';

const PROGRAM = `
  import { renderSvg, DRAWING_FONT } from '${join(packageRoot, 'dist/src/imaging/svg-picture.js')}';
  import { decodePicture } from '${join(packageRoot, 'dist/src/imaging/picture-file.js')}';
  const svg = (text) => '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40"><text x="4" y="30" font-size="24" font-family="' + DRAWING_FONT + '">' + text + '</text></svg>';
  const picture = async (text) => decodePicture(await renderSvg(svg(text), { scale: 1 }), text);
  const [wide, thin] = [await picture('mmmm'), await picture('llll')];
  const ink = ({ data }) => data.filter((value) => value < 128).length;
  console.log(JSON.stringify({ widthPx: wide.widthPx, heightPx: wide.heightPx, wide: ink(wide), thin: ink(thin) }));
`;

test('text is drawn on a machine that has no font', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'emagent-fonts-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const noFonts = join(dir, 'fonts.conf');
  await writeFile(noFonts, '<?xml version="1.0"?><fontconfig></fontconfig>');
  const { stdout, stderr, code } = await startNode(['--input-type=module', '-e', PROGRAM], { env: { FONTCONFIG_FILE: noFonts } }).ended;
  expect(code, stderr).toBe(0);
  const { widthPx, heightPx, wide, thin } = JSON.parse(stdout) as Record<string, number>;
  expect({ widthPx, heightPx }).toEqual({ widthPx: 200, heightPx: 40 });
  // Boxes in place of letters would be alike.
  expect(thin).toBeGreaterThan(50);
  expect(wide).toBeGreaterThan(1.8 * thin!);
});
