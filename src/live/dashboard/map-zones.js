import { css } from './map-colours.js';

/** A zone of the plan as a path in pixels of the map; holes of a polygon are paths of their own. */
function pathOf(zone, place) {
  const path = new Path2D();
  if (zone.kind === 'circle') path.arc(place.x(zone.xUm), place.y(zone.yUm), zone.radiusUm * place.scale, 0, 2 * Math.PI);
  else if (zone.kind === 'rectangle') path.rect(place.x(zone.leftUm), place.y(zone.topUm), (zone.rightUm - zone.leftUm) * place.scale, (zone.topUm - zone.bottomUm) * place.scale);
  else {
    for (const outline of zone.outlines) {
      for (const [index, [xUm, yUm]] of outline.entries()) {
        if (index === 0) path.moveTo(place.x(xUm), place.y(yUm));
        else path.lineTo(place.x(xUm), place.y(yUm));
      }
      path.closePath();
    }
  }
  return path;
}

const HATCH_PX = 7;

/** Slanted lines inside a path: what no picture may show. */
function hatch(context, path, { left, top, widthPx, heightPx }) {
  context.save();
  context.clip(path, 'evenodd');
  context.beginPath();
  for (let at = -heightPx; at < widthPx; at += HATCH_PX) {
    context.moveTo(left + at, top + heightPx);
    context.lineTo(left + at + heightPx, top);
  }
  context.stroke();
  context.restore();
}

/** Outlines of the region and of the keep-out zones, over the tiles and inside the map. */
export function drawZones(context, { region, place, colours }) {
  if (region === undefined) return;
  context.save();
  context.beginPath();
  context.rect(place.left, place.top, place.widthPx, place.heightPx);
  context.clip();
  for (const zone of region.search) {
    context.lineWidth = 1.6;
    context.strokeStyle = css(colours.text, 0.75);
    context.stroke(pathOf(zone, place));
  }
  for (const zone of region.keepOut) {
    const path = pathOf(zone, place);
    context.lineWidth = 1;
    context.strokeStyle = css(colours.warn, 0.7);
    hatch(context, path, place);
    context.lineWidth = 1.8;
    context.strokeStyle = css(colours.warn);
    context.stroke(path);
  }
  context.restore();
}
