import { css, readColours, shadeColour } from './map-colours.js';
import { drawZones } from './map-zones.js';
import { shadeOf } from './shade.js';
import { lengthText, percentText } from './words.js';

const MARGIN = { left: 58, right: 12, top: 10, bottom: 38 };
const SEEN = ['not looked at yet', 'surveyed', 'inspected', 'confirmed or dropped', 'skipped'];
/** Below this edge a tile is too small for marks inside it. */
const MARK_PX = 7;
const PATH_POINTS = 24;

function niceStep(extent, ticks) {
  const raw = extent / ticks;
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= raw);
}

/** The map of the searched area on a canvas. `onFind(find)` is called when a find's mark is clicked. */
export function createMapView({ canvas, tip, onFind }) {
  const context = canvas.getContext('2d');
  const tiles = document.createElement('canvas');
  let colours;
  let snapshot;
  let place;
  let highlighted;

  const layout = (grid, width, height) => {
    const widthUm = grid.columns * grid.tileWidthUm;
    const heightUm = grid.rows * grid.tileHeightUm;
    const scale = Math.min((width - MARGIN.left - MARGIN.right) / widthUm, (height - MARGIN.top - MARGIN.bottom) / heightUm);
    const left = MARGIN.left + (width - MARGIN.left - MARGIN.right - widthUm * scale) / 2;
    const top = MARGIN.top + (height - MARGIN.top - MARGIN.bottom - heightUm * scale) / 2;
    return {
      grid, scale, left, top, widthPx: widthUm * scale, heightPx: heightUm * scale,
      x: (xUm) => left + (xUm - grid.leftUm) * scale,
      y: (yUm) => top + (grid.topUm - yUm) * scale,
    };
  };

  const drawTiles = () => {
    const { grid } = place;
    tiles.width = grid.columns;
    tiles.height = grid.rows;
    const image = new ImageData(grid.columns, grid.rows);
    const { posterior, seen } = snapshot.map;
    for (let tile = 0; tile < posterior.length; tile++) {
      if (posterior[tile] < 0) continue;
      const colour = shadeColour(colours, shadeOf(posterior[tile]));
      // What nobody has looked at yet stays paler than what is known to be improbable.
      image.data.set([...colour, seen[tile] === 0 ? 110 : 255], tile * 4);
    }
    tiles.getContext('2d').putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(tiles, place.left, place.top, place.widthPx, place.heightPx);
  };
  const drawMarks = () => {
    const { grid, scale, left, top } = place;
    const [width, height] = [grid.tileWidthUm * scale, grid.tileHeightUm * scale];
    if (Math.min(width, height) < MARK_PX) return;
    context.strokeStyle = css(colours.ground);
    context.lineWidth = 1;
    context.beginPath();
    for (let column = 1; column < grid.columns; column++) {
      context.moveTo(left + column * width, top);
      context.lineTo(left + column * width, top + place.heightPx);
    }
    for (let row = 1; row < grid.rows; row++) {
      context.moveTo(left, top + row * height);
      context.lineTo(left + place.widthPx, top + row * height);
    }
    context.stroke();
    const radius = Math.min(3, Math.min(width, height) / 6);
    for (let tile = 0; tile < snapshot.map.seen.length; tile++) {
      const seen = snapshot.map.seen[tile];
      if (seen < 2) continue;
      const x = left + ((tile % grid.columns) + 0.5) * width;
      const y = top + (Math.floor(tile / grid.columns) + 0.5) * height;
      const dark = shadeOf(snapshot.map.posterior[tile]) > 0.7;
      context.fillStyle = context.strokeStyle = css(dark ? colours.ground : colours.line, 0.85);
      context.beginPath();
      if (seen === 4) {
        context.moveTo(x - width / 3, y + height / 3);
        context.lineTo(x + width / 3, y - height / 3);
        context.stroke();
      } else {
        context.arc(x, y, seen === 3 ? radius * 1.5 : radius, 0, 2 * Math.PI);
        if (seen === 3) context.stroke();
        else context.fill();
      }
    }
  };
  const drawAxes = () => {
    const { grid } = place;
    const widthUm = grid.columns * grid.tileWidthUm;
    const heightUm = grid.rows * grid.tileHeightUm;
    const inMm = Math.max(widthUm, heightUm) >= 5000;
    const unit = inMm ? 1000 : 1;
    context.font = '11px system-ui, sans-serif';
    context.fillStyle = css(colours.soft);
    context.strokeStyle = css(colours.soft, 0.6);
    context.lineWidth = 1;
    context.strokeRect(place.left - 0.5, place.top - 0.5, place.widthPx + 1, place.heightPx + 1);
    const bottom = place.top + place.heightPx;
    const write = (value, step) => (value / unit).toFixed(Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9))).replace(/^-0$/, '0').replace('-', '−');
    context.beginPath();
    context.textAlign = 'center';
    context.textBaseline = 'top';
    const stepX = niceStep(widthUm, Math.max(4, place.widthPx / 85));
    for (let x = Math.ceil(grid.leftUm / stepX) * stepX; x <= grid.leftUm + widthUm + 1e-6; x += stepX) {
      context.moveTo(place.x(x), bottom);
      context.lineTo(place.x(x), bottom + 4);
      context.fillText(write(x, stepX), place.x(x), bottom + 6);
    }
    context.fillText(`stage x / ${inMm ? 'mm' : 'µm'}`, place.left + place.widthPx / 2, bottom + 21);
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    const stepY = niceStep(heightUm, Math.max(4, place.heightPx / 65));
    for (let y = Math.ceil((grid.topUm - heightUm) / stepY) * stepY; y <= grid.topUm + 1e-6; y += stepY) {
      context.moveTo(place.left, place.y(y));
      context.lineTo(place.left - 4, place.y(y));
      context.fillText(write(y, stepY), place.left - 7, place.y(y));
    }
    context.stroke();
    context.save();
    context.translate(place.left - 46, place.top + place.heightPx / 2);
    context.rotate(-Math.PI / 2);
    context.textAlign = 'center';
    context.fillText(`stage y / ${inMm ? 'mm' : 'µm'}`, 0, 0);
    context.restore();
  };
  const drawPath = () => {
    const points = snapshot.path;
    context.lineWidth = 1.3;
    context.lineJoin = 'round';
    for (let index = Math.max(1, points.length - PATH_POINTS); index < points.length; index++) {
      context.strokeStyle = css(colours.accent, 0.06 + (0.5 * (index - points.length + PATH_POINTS + 1)) / (PATH_POINTS + 1));
      context.beginPath();
      context.moveTo(place.x(points[index - 1].xUm), place.y(points[index - 1].yUm));
      context.lineTo(place.x(points[index].xUm), place.y(points[index].yUm));
      context.stroke();
    }
  };
  const drawField = () => {
    const look = snapshot.action?.look;
    if (look === undefined || snapshot.ended !== null) return;
    const width = look.settings.fieldWidthUm * place.scale;
    const height = (width * look.settings.heightPx) / look.settings.widthPx;
    const edge = Math.max(8, width);
    const tall = Math.max(8, height);
    context.lineWidth = 4;
    for (const [lineWidth, colour] of [[4.5, colours.surface], [2, colours.accent]]) {
      context.lineWidth = lineWidth;
      context.strokeStyle = css(colour);
      context.strokeRect(place.x(look.xUm) - edge / 2, place.y(look.yUm) - tall / 2, edge, tall);
    }
  };
  const drawFinds = () => {
    context.font = '600 11px system-ui, sans-serif';
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    const radiusOf = (find) => (find.id === highlighted ? 12 : 8);
    for (const find of snapshot.finds) {
      const [x, y] = [place.x(find.xUm), place.y(find.yUm)];
      for (const [width, colour] of [[5.5, colours.surface], [3, colours.find]]) {
        context.lineWidth = width;
        context.strokeStyle = css(colour);
        context.beginPath();
        context.arc(x, y, radiusOf(find), 0, 2 * Math.PI);
        context.stroke();
      }
    }
    // Numbers last, so that no neighbour's ring hides them.
    for (const [index, find] of snapshot.finds.entries()) {
      const x = place.x(find.xUm) + radiusOf(find) + 4;
      const y = place.y(find.yUm);
      context.lineWidth = 3.5;
      context.lineJoin = 'round';
      context.strokeStyle = css(colours.surface);
      context.strokeText(index + 1, x, y);
      context.fillStyle = css(colours.text);
      context.fillText(index + 1, x, y);
    }
  };
  const draw = () => {
    const { clientWidth: width, clientHeight: height } = canvas;
    if (snapshot?.plan == null || width < 40 || height < 40) return;
    colours ??= readColours();
    const ratio = devicePixelRatio;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    place = layout(snapshot.plan.grid, width, height);
    context.fillStyle = css(colours.ground);
    context.fillRect(place.left, place.top, place.widthPx, place.heightPx);
    drawTiles();
    drawMarks();
    drawZones(context, { region: snapshot.plan.region, place, colours });
    drawAxes();
    context.save();
    context.beginPath();
    context.rect(place.left - 2, place.top - 2, place.widthPx + 4, place.heightPx + 4);
    context.clip();
    drawPath();
    drawField();
    context.restore();
    drawFinds();
    canvas.setAttribute('aria-label', describe(snapshot));
  };

  const under = ({ offsetX, offsetY }) => {
    if (place === undefined || snapshot?.plan == null) return {};
    const find = snapshot.finds.find(({ xUm, yUm }) => Math.hypot(place.x(xUm) - offsetX, place.y(yUm) - offsetY) < 12);
    const column = Math.floor((offsetX - place.left) / (place.grid.tileWidthUm * place.scale));
    const row = Math.floor((offsetY - place.top) / (place.grid.tileHeightUm * place.scale));
    const inside = column >= 0 && column < place.grid.columns && row >= 0 && row < place.grid.rows;
    return { find, tile: inside ? row * place.grid.columns + column : undefined };
  };
  canvas.addEventListener('pointermove', (event) => {
    const { find, tile } = under(event);
    canvas.style.cursor = find === undefined ? '' : 'pointer';
    tip.hidden = tile === undefined;
    if (tile === undefined) return;
    const { grid } = place;
    const xUm = grid.leftUm + ((tile % grid.columns) + 0.5) * grid.tileWidthUm;
    const yUm = grid.topUm - (Math.floor(tile / grid.columns) + 0.5) * grid.tileHeightUm;
    const probability = snapshot.map.posterior[tile];
    const words = probability < 0 ? 'outside the area' : `${percentText(probability)}, ${SEEN[snapshot.map.seen[tile]] ?? ''}`;
    tip.textContent = `${find === undefined ? `Tile ${tile}` : find.id}: ${words}\nx ${lengthText(xUm)}, y ${lengthText(yUm)}`;
    tip.style.left = `${Math.min(event.offsetX + 14, canvas.clientWidth - tip.offsetWidth - 4)}px`;
    tip.style.top = `${event.offsetY > canvas.clientHeight - 70 ? event.offsetY - 56 : event.offsetY + 14}px`;
  });
  canvas.addEventListener('pointerleave', () => {
    tip.hidden = true;
  });
  canvas.addEventListener('click', (event) => {
    const { find } = under(event);
    if (find !== undefined) onFind(find);
  });
  new ResizeObserver(draw).observe(canvas);
  return {
    show: (next) => {
      snapshot = next;
      if (next.plan !== null) {
        const { columns, rows, tileWidthUm, tileHeightUm } = next.plan.grid;
        // Where the page gives no height, the box takes the shape of the area.
        canvas.parentElement.style.setProperty('--map-aspect', `${(columns * tileWidthUm) / (rows * tileHeightUm)}`);
      }
      draw();
    },
    highlight: (findId) => {
      highlighted = findId;
      draw();
    },
    recolour: () => {
      colours = undefined;
      draw();
    },
  };
}

function describe({ plan, map, finds }) {
  const inArea = map.posterior.filter((p) => p >= 0).length;
  const looked = map.seen.filter((seen) => seen === 2 || seen === 3).length;
  const surveyed = map.seen.filter((seen) => seen >= 1 && seen <= 3).length;
  return `Map of ${plan.grid.columns} by ${plan.grid.rows} tiles: of ${inArea} in the area ${surveyed} surveyed, ${looked} inspected, ${finds.length} finds.`;
}
