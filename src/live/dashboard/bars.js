import { labelText, percentText } from './words.js';

/**
 * Probability bars into a list. The order is that of the labels, so that the eye finds a category in the same place in
 * every frame; `sorted` puts the most probable first.
 */
export function showBars(list, { labels, probabilities, target, sorted = false }) {
  const rows = labels.map((label, index) => ({ label, probability: probabilities[index] ?? 0 }));
  if (sorted) rows.sort((a, b) => b.probability - a.probability);
  while (list.children.length > rows.length) list.lastElementChild.remove();
  for (const [index, { label, probability }] of rows.entries()) {
    let row = list.children[index];
    if (row === undefined) {
      row = document.createElement('li');
      row.append(document.createElement('i'), document.createElement('span'), document.createElement('span'));
      list.append(row);
    }
    const [bar, name, value] = row.children;
    bar.style.width = `${(probability * 100).toFixed(1)}%`;
    name.textContent = labelText(label);
    value.textContent = percentText(probability);
    row.toggleAttribute('data-target', label === target);
  }
}

/** `Nanowires, 93 %`, and what is to be said against it. */
export function showPrediction(line, { label, probability, rejected }) {
  const note = document.createElement('small');
  note.textContent = rejected ? `Not trusted: ${rejected}` : '';
  line.replaceChildren(`${labelText(label)}, ${percentText(probability)}`, note);
}
