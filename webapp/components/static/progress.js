// How far a run is: a bar, what it is doing, its place in the queue, and what it has cost.

import { counted, el, factLine, fill, number, plural } from './dom.js';

const BAD = new Set(['failed', 'interrupted']);
const ENDED = { finished: 'Finished', cancelled: 'Stopped', failed: 'Failed', interrupted: 'Interrupted' };

/** A progress bar with its line of text and the cost line. */
export class ProgressLine {
  constructor(label) {
    this.bar = el('div.st-progress', { role: 'progressbar', ariaLabel: label, ariaValueMin: '0', ariaValueMax: '100' }, el('span'));
    this.doing = el('span.st-doing.st-contained');
    this.cost = el('span.st-cost.st-dim');
    this.node = el('div.st-run-progress', {}, this.bar, el('p', {}, this.doing, this.cost));
  }

  update(run, connection) {
    const share = progressShare(run);
    this.bar.dataset.status = run.finished?.status || (share === null ? 'unknown' : 'running');
    this.bar.firstChild.style.setProperty('--share', share ?? 1);
    if (share === null) this.bar.removeAttribute('aria-valuenow');
    else this.bar.ariaValueNow = String(Math.round(100 * share));
    this.doing.textContent = doingText(run, connection);
    this.doing.classList.toggle('st-error', BAD.has(run.finished?.status) || connection === 'missing');
    fill(this.cost, costText(run));
  }
}

/** The finished share of a run, null while nothing is known. */
export function progressShare(run) {
  if (run.finished) return 1;
  const { generated_tokens: made = 0, expected_tokens: expected = 0 } = run.progress || {};
  return expected > 0 ? Math.min(0.99, made / expected) : null;
}

function doingText(run, connection) {
  if (run.finished) return run.finished.error ? `${ENDED[run.finished.status]}: ${run.finished.error}` : ENDED[run.finished.status];
  if (connection === 'missing') return 'There is no such run.';
  if (connection === 'waiting') return 'The connection is lost; trying again.';
  const { status, doing, queue_position: position, queue_people: people } = run.progress || {};
  const shared = people > 1 ? `; ${people} people share the model evenly` : '';
  if (Number.isInteger(position) && position > 0) return `Waiting: ${plural(position, 'request')} before this one${shared}`;
  if (status === 'queued') return `Waiting for its turn${shared}`;
  return doing || (run.opened ? 'Running' : 'Opening');
}

/** What a run has cost, as one line. */
export function costText(run) {
  const cost = run.finished?.cost || run.progress;
  if (!cost) return '';
  const { generated_tokens: made, prompt_tokens: read, calls, seconds } = cost;
  const speed = seconds > 0 && Number.isFinite(made) ? `${number(made / seconds, 1)} tokens/s` : '';
  return factLine([`${plural(made, 'token')} generated`, `${counted(read)} prompt`, plural(calls, 'call'), `${number(seconds, 1)} s`, speed]);
}
