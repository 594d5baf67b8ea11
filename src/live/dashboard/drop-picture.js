import { showBars, showPrediction } from './bars.js';
import { toast } from './controls.js';

const element = (id) => document.getElementById(id);
const LARGEST_BYTES = 32 * 1024 * 1024;

/** Classifies a picture that is dropped anywhere, pasted, or chosen. */
export function createPictureDrop(api) {
  const file = element('picture-file');
  const veil = element('drop-veil');
  let allowed = false;
  let depth = 0;
  let preview;
  let latest = 0;

  const show = (picture) => {
    if (preview !== undefined) URL.revokeObjectURL(preview);
    preview = URL.createObjectURL(picture);
    const image = element('picture');
    image.src = preview;
    image.alt = picture.name;
    image.hidden = false;
    element('picture-missing').hidden = true;
    element('picture-title').textContent = picture.name;
    element('picture-prediction').textContent = 'Classifying…';
    element('picture-bars').replaceChildren();
    if (!element('picture-dialog').open) element('picture-dialog').showModal();
  };
  element('picture').addEventListener('error', () => {
    element('picture').hidden = true;
    element('picture-missing').hidden = false;
  });
  const classify = async (picture) => {
    if (!allowed) return toast('There is no classifier here.');
    if (picture.size > LARGEST_BYTES) return toast(`${picture.name} is larger than 32 MiB.`);
    const mine = ++latest;
    show(picture);
    try {
      const reply = await api(`v1/classify?name=${encodeURIComponent(picture.name)}`, { method: 'POST', body: picture });
      const answer = await reply.json();
      if (mine !== latest) return undefined;
      if (!reply.ok) {
        element('picture-prediction').textContent = answer.error.message;
        return undefined;
      }
      const { label, labels, probabilities, rejected } = answer;
      showPrediction(element('picture-prediction'), { label, probability: probabilities[labels.indexOf(label)] ?? 0, rejected });
      showBars(element('picture-bars'), { labels, probabilities, target: label, sorted: true });
    } catch {
      if (mine === latest) element('picture-prediction').textContent = 'The program did not answer.';
    }
    return undefined;
  };

  const carriesFile = (event) => event.dataTransfer?.types.includes('Files') ?? false;
  addEventListener('dragenter', (event) => {
    if (!carriesFile(event)) return;
    depth++;
    veil.hidden = !allowed;
  });
  addEventListener('dragleave', (event) => {
    if (!carriesFile(event)) return;
    depth = Math.max(0, depth - 1);
    veil.hidden = depth === 0 || !allowed;
  });
  // Without this the browser would leave the page and open the picture.
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    event.preventDefault();
    depth = 0;
    veil.hidden = true;
    const picture = event.dataTransfer?.files[0];
    if (picture !== undefined) void classify(picture);
  });
  addEventListener('paste', (event) => {
    const picture = event.clipboardData?.files[0];
    if (picture !== undefined) void classify(picture);
  });
  file.addEventListener('change', () => {
    const picture = file.files[0];
    if (picture !== undefined) void classify(picture);
    file.value = '';
  });
  for (const id of ['pick-picture', 'pick-picture-large']) element(id).addEventListener('click', () => file.click());
  return {
    allow: (yes) => {
      allowed = yes;
      element('pick-picture').hidden = !yes;
    },
  };
}
