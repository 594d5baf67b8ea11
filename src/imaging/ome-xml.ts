/** Values that describe a picture beyond what OME has words for; the keys carry their units. */
export type Annotations = Readonly<Record<string, string | number>>;

/** What stands in the OME-XML of a picture. */
export interface PictureDescription {
  readonly name: string;
  readonly depth: 8 | 16;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly pixelSizeUm: number;
  /** Centre of the picture in stage coordinates, y up. */
  readonly positionUm: { readonly x: number; readonly y: number; readonly z: number };
  readonly exposureS: number;
  /** ISO 8601. */
  readonly acquiredAt?: string;
  readonly annotations: Annotations;
}

export const ANNOTATION_NAMESPACE = 'emagent/acquisition/1';
const OME = 'http://www.openmicroscopy.org/Schemas/OME/2016-06';

/** Code points that XML 1.0 allows at all. */
function allowed(code: number): boolean {
  return code === 9 || code === 10 || code === 13 || (code >= 32 && code < 0xd800) || (code > 0xdfff && code !== 0xfffe && code !== 0xffff);
}

/**
 * Escapes for text and attributes. TIFF wants ASCII in its description, so that everything else becomes a character
 * reference; characters that XML cannot hold become U+FFFD.
 */
export function escapeXml(text: string): string {
  let escaped = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const plain = code >= 32 && code < 127 && !'&<>"\''.includes(character);
    escaped += plain ? character : `&#${allowed(code) ? code : 0xfffd};`;
  }
  return escaped;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

export function unescapeXml(text: string): string {
  return text.replace(/&(#?)(x?)(\w+);/gi, (...match: string[]) => {
    const [whole = '', numeric, hexadecimal, name = ''] = match;
    if (numeric === '') return ENTITIES[hexadecimal + name] ?? whole;
    return String.fromCodePoint(Number.parseInt(name, hexadecimal === '' ? 10 : 16));
  });
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
    .join('');
}

/** OME-XML (schema 2016-06) of one grey plane, in ASCII. */
export function describePicture(picture: PictureDescription): string {
  const pixels = attributes({
    ID: 'Pixels:0',
    DimensionOrder: 'XYCZT',
    Type: picture.depth === 8 ? 'uint8' : 'uint16',
    SignificantBits: picture.depth,
    SizeX: picture.widthPx,
    SizeY: picture.heightPx,
    SizeC: 1,
    SizeZ: 1,
    SizeT: 1,
    PhysicalSizeX: picture.pixelSizeUm,
    PhysicalSizeXUnit: 'µm',
    PhysicalSizeY: picture.pixelSizeUm,
    PhysicalSizeYUnit: 'µm',
  });
  const plane = attributes({
    TheZ: 0,
    TheC: 0,
    TheT: 0,
    ExposureTime: picture.exposureS,
    ExposureTimeUnit: 's',
    PositionX: picture.positionUm.x,
    PositionXUnit: 'µm',
    PositionY: picture.positionUm.y,
    PositionYUnit: 'µm',
    PositionZ: picture.positionUm.z,
    PositionZUnit: 'µm',
  });
  const date = picture.acquiredAt === undefined ? '' : `<AcquisitionDate>${escapeXml(picture.acquiredAt)}</AcquisitionDate>`;
  const pairs = Object.entries(picture.annotations).map(([key, value]) => `<M K="${escapeXml(key)}">${escapeXml(String(value))}</M>`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<OME xmlns="${OME}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="${OME} ${OME}/ome.xsd" Creator="emagent">`,
    `<Image ID="Image:0" Name="${escapeXml(picture.name)}">${date}`,
    `<Pixels${pixels}><Channel ID="Channel:0:0" SamplesPerPixel="1"/><TiffData IFD="0" PlaneCount="1"/><Plane${plane}/></Pixels>`,
    '<AnnotationRef ID="Annotation:0"/></Image>',
    `<StructuredAnnotations><MapAnnotation ID="Annotation:0" Namespace="${ANNOTATION_NAMESPACE}"><Value>${pairs.join('')}</Value></MapAnnotation></StructuredAnnotations>`,
    '</OME>',
  ].join('\n');
}

function attribute(xml: string, name: string): string | undefined {
  const match = new RegExp(`\\s${name}="([^"]*)"`).exec(xml);
  return match?.[1] === undefined ? undefined : unescapeXml(match[1]);
}

function numericAttribute(xml: string, name: string): number | undefined {
  const text = attribute(xml, name);
  return text === undefined ? undefined : Number(text);
}

/** What `describePicture` wrote; parts that are not there are left out. No general XML reader. */
export function parseDescription(xml: string): { name?: string; pixelSizeUm?: number; positionUm?: PictureDescription['positionUm']; annotations: Record<string, string> } {
  const image = /<Image\s[^>]*>/.exec(xml)?.[0] ?? '';
  const pixels = /<Pixels\s[^>]*>/.exec(xml)?.[0] ?? '';
  const plane = /<Plane\s[^>]*>/.exec(xml)?.[0] ?? '';
  const annotations: Record<string, string> = {};
  for (const match of xml.matchAll(/<M K="([^"]*)">([^<]*)<\/M>/g)) annotations[unescapeXml(match[1] ?? '')] = unescapeXml(match[2] ?? '');
  const name = attribute(image, 'Name');
  const pixelSizeUm = numericAttribute(pixels, 'PhysicalSizeX');
  const [x, y, z] = [numericAttribute(plane, 'PositionX'), numericAttribute(plane, 'PositionY'), numericAttribute(plane, 'PositionZ')];
  return {
    ...(name === undefined ? {} : { name }),
    ...(pixelSizeUm === undefined ? {} : { pixelSizeUm }),
    ...(x === undefined || y === undefined || z === undefined ? {} : { positionUm: { x, y, z } }),
    annotations,
  };
}
