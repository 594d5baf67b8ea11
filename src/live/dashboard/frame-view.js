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

/** The newest frame with its probabilities. `pictures.url(frameId)` gives an object URL or undefined. */
export function createFrameView(pictures) {
  const picture = element('frame');
  let shown;
  return {
    show: ({ frame, labels, plan, ended }) => {
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
      // A fast run makes more frames than it sends pictures: the last picture stays until the next one comes.
      if (url !== undefined && shown !== url) {
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
      if (prediction === null) return;
      showPrediction(element('prediction'), { ...prediction, probability: prediction.probabilities[labels.indexOf(prediction.label)] ?? 0 });
      showBars(element('bars'), { labels, probabilities: prediction.probabilities, target: plan?.target });
    },
  };
}
