import { labelText, lengthText, percentText, positionText } from './words.js';

const element = (id) => document.getElementById(id);

/** The list of finds and the dialog that shows one large. */
export function createFindsView({ pictures, onPoint }) {
  const list = element('finds');
  let shown = [];

  const picture = (find) => {
    const url = pictures.url(find.frame);
    if (url === undefined) {
      const missing = document.createElement('i');
      missing.className = 'no-picture';
      missing.textContent = 'no picture';
      return missing;
    }
    const image = document.createElement('img');
    image.src = url;
    image.alt = '';
    return image;
  };
  const line = (tag, className, text) => {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
  };
  const open = (find) => {
    const url = pictures.url(find.frame);
    element('find-title').textContent = `${find.id}: ${labelText(find.label)}`;
    element('find-picture').hidden = url === undefined;
    if (url !== undefined) element('find-picture').src = url;
    element('find-picture').alt = `Picture of ${find.id}`;
    const facts = [
      ['Probability', `${percentText(find.probability)} after ${find.looks} look${find.looks === 1 ? '' : 's'}`],
      ['Stage', `${positionText(find)}, z ${lengthText(find.zUm)}`],
      ['Field width', lengthText(find.fieldWidthUm)],
      ['Frame', find.frame],
      ['Found', new Date(find.at).toLocaleString()],
    ];
    element('find-facts').replaceChildren(...facts.flatMap(([name, value]) => [line('dt', '', name), line('dd', '', value)]));
    element('find-dialog').showModal();
  };
  const item = (find, index) => {
    const entry = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.find = find.id;
    const title = document.createElement('b');
    title.append(line('em', '', `${index + 1} `), labelText(find.label));
    button.append(picture(find), title, line('span', 'probability', percentText(find.probability)), line('span', '', positionText(find)));
    button.addEventListener('click', () => open(find));
    for (const [name, id] of [['pointerenter', find.id], ['focus', find.id], ['pointerleave', undefined], ['blur', undefined]]) {
      button.addEventListener(name, () => onPoint(id));
    }
    entry.append(button);
    return entry;
  };
  return {
    open,
    show: ({ finds, progress, plan }) => {
      element('finds-empty').hidden = finds.length > 0;
      const wanted = progress?.wanted ?? plan?.search.finds;
      element('finds-aside').textContent = wanted === undefined ? '' : `${finds.length} of ${wanted} wanted`;
      // A find never changes: only what is new is added, and everything again when another run began.
      const same = shown.every((find, index) => find.id === finds[index]?.id && find.at === finds[index].at);
      if (!same) {
        list.replaceChildren();
        shown = [];
      }
      const fresh = finds.slice(shown.length);
      for (const find of fresh) list.append(item(find, shown.push(find) - 1));
      if (fresh.length > 0) list.scrollLeft = list.scrollWidth;
    },
    /** A picture arrived after its find. */
    refresh: (frameId) => {
      for (const [index, find] of shown.entries()) {
        if (find.frame !== frameId) continue;
        list.children[index]?.querySelector('.no-picture')?.replaceWith(picture(find));
      }
    },
  };
}
