/** A CSS colour of the page as [r, g, b]: light-dark() is resolved only by an element. */
function rgb(name) {
  const probe = document.createElement('i');
  probe.style.color = `var(${name})`;
  probe.hidden = true;
  document.body.append(probe);
  const numbers = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
  probe.remove();
  return numbers.slice(0, 3);
}

/** [r, g, b] as CSS. */
export const css = (colour, alpha = 1) => `rgb(${colour.map(Math.round).join(' ')} / ${alpha})`;

/** The colours of the map as the page has them now, dark or light. */
export function readColours() {
  const map = ['low', 'mid', 'high', 'ground', 'line'].map((name) => [name, rgb(`--map-${name}`)]);
  const page = ['find', 'accent', 'soft', 'text', 'surface', 'warn'].map((name) => [name, rgb(`--${name}`)]);
  return Object.fromEntries([...map, ...page]);
}

/** From improbable (0) over the middle to probable (1). */
export function shadeColour(colours, t) {
  const [from, to, share] = t < 0.55 ? [colours.low, colours.mid, t / 0.55] : [colours.mid, colours.high, (t - 0.55) / 0.45];
  return from.map((value, index) => value + (to[index] - value) * share);
}
