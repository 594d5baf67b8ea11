import { showBars, showPrediction } from './bars.js';
import { doseText, lengthText, positionText } from './words.js';

const BANDS = { survey: 'Survey', inspect: 'Inspection', confirm: 'Confirmation' };
const element = (id) => document.getElementById(id);

/** The longest round length that is at most a third of the picture. */
function scaleBar(fieldWidthUm) {
  const power = 10 ** Math.floor(Math.log10(fieldWidthUm / 3));
  const lengthUm = power * [5, 2, 1].find((factor) => factor * power <= fieldWidthUm / 3);
  return { share: lengthUm / fieldWidthUm, text: lengthText(lengthUm).replace('.0', '') };
}

/** Frames that are remembered until their picture comes. */
const REMEMBERED = 24;

/**
 * The newest frame with its probabilities. `pictures.url(frameId)` gives an object URL or undefined. A fast run makes more
 * frames than it sends pictures: then the newest one that has a picture is shown, so that picture and bars belong together.
 */
export function createFrameView(pictures) {
  const picture = element('frame');
  const recent = new Map();
  let shown;
  const newest = (current) => {
    if (current === null || pictures.url(current.summary.id) !== undefined) return current;
    return [...recent.values()].findLast(({ summary }) => pictures.url(summary.id) !== undefined) ?? current;
  };
  return {
    /** To be called for each new frame; its verdict and prediction are written into the same object later. */
    remember: (frame) => {
      recent.set(frame.summary.id, frame);
      for (const id of recent.keys()) {
        if (recent.size <= REMEMBERED) break;
        recent.delete(id);
      }
    },
    forget: () => recent.clear(),
    show: ({ frame: current, labels, plan, ended }) => {
      const frame = newest(current);
      element('frame-title').textContent = ended === null ? 'Current frame' : 'Last frame';
      if (frame === null) {
        shown = undefined;
        picture.hidden = element('scale').hidden = element('verdict').hidden = true;
        element('frame-aside').textContent = '';
        element('prediction').textContent = 'No picture yet';
        element('bars').replaceChildren();
        return;
      }
      const { summary, verdict, prediction } = frame;
      const url = pictures.url(summary.id);
      if (url === undefined) picture.hidden = element('scale').hidden = true;
      if (url !== undefined && (shown !== url || picture.hidden)) {
        shown = url;
        picture.src = url;
        picture.hidden = false;
        picture.alt = `${BANDS[summary.band]} picture ${summary.id}, ${lengthText(summary.fieldWidthUm)} wide`;
        const { share, text } = scaleBar(summary.fieldWidthUm);
        element('scale').hidden = false;
        element('scale').firstElementChild.style.width = `${(share * element('frame-figure').clientWidth).toFixed(1)}px`;
        element('scale').lastElementChild.textContent = text;
      }
      element('frame-aside').textContent = `${BANDS[summary.band]}, ${lengthText(summary.fieldWidthUm)} wide, ${doseText(summary.doseCPerM2)}`;
      element('frame-aside').title = positionText(summary.stage);
      const badge = element('verdict');
      badge.hidden = verdict === null;
      badge.textContent = verdict ?? '';
      badge.dataset.tone = verdict === 'good' || verdict === 'empty' ? 'good' : 'bad';
      if (prediction === null) {
        // Good ones are classified in a moment: until then the last answer stays, which is calmer than a gap.
        if (verdict === null || verdict === 'good') return;
        element('prediction').textContent = verdict === 'empty' ? 'Empty field: not classified' : `Not classified: the picture is ${verdict}`;
        element('bars').replaceChildren();
        return;
      }
      showPrediction(element('prediction'), { ...prediction, probability: prediction.probabilities[labels.indexOf(prediction.label)] ?? 0 });
      showBars(element('bars'), { labels, probabilities: prediction.probabilities, target: plan?.target });
    },
  };
}
