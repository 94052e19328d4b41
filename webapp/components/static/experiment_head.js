// What an experiment is, how far it is, and what can be done with it.

import { counted, el, factLine, fill, keepingFocus, number, plural } from './dom.js';
import { duration, estimateText, experimentBadge, working } from './experiment_words.js';

/** The head of the open experiment; `act(name, detail)` asks for a change. */
export class ExperimentHead {
  constructor(act) {
    this.act = act;
    this.sure = null; // the id of the experiment that is about to be cancelled
    this.node = el('header.st-exphead');
  }

  update(found) {
    this.found = found;
    keepingFocus(this.node, () => fill(this.node,
      el('div.st-title', {}, el('h2.st-contained', {}, found.name), experimentBadge(found.status)),
      el('p.st-dim.st-contained', {}, shape(found)),
      progressBar(found), el('p.st-standing', { role: 'status' }, standing(found)),
      ...notes(found), estimate(found), this.actions(found)));
  }

  actions(found) {
    const button = (name, text, event, detail = {}) => el('button.st-button', { type: 'button', data: { focus: name, action: name }, onclick: () => this.act(event, { id: found.id, ...detail }) }, text);
    const { status, cells } = found;
    const begins = { draft: 'Start', paused: 'Resume', cancelled: 'Start again' }[status];
    const abandoned = working(found) && !found.attended && found.place !== 'server';
    return el('p.st-actionrow', {},
      begins && !found.deleted_at ? button('start', begins, 'start') : null,
      abandoned ? button('start', 'Go on here', 'start') : null,
      working(found) ? button('pause', 'Pause', 'pause') : null,
      cells.failed ? button('retry', `Retry ${counted(cells.failed)} failed`, 'retry') : null,
      status !== 'draft' && status !== 'finished' && status !== 'cancelled' ? this.canceller(found) : null,
      found.waits_for.length ? loader(found, button) : null,
      el('a.st-link', { href: `/compare?experiment=${encodeURIComponent(found.id)}` }, 'Compare in full'),
      el('a.st-link', { href: `/library?session=${encodeURIComponent(found.session)}` }, 'Its runs in the Library'),
      ...['csv', 'jsonl', 'parquet'].map((format) => el('a.st-link', { href: `/api/experiments/${encodeURIComponent(found.id)}/export?format=${format}`, download: '' }, { csv: 'CSV', jsonl: 'JSON Lines', parquet: 'Parquet' }[format])),
      working(found) ? null : el('button.st-link', { type: 'button', data: { focus: 'remove', action: 'remove' }, onclick: () => this.act('remove', { id: found.id }) }, 'Delete'));
  }

  /** Cancelling takes two presses: what is at work is lost. */
  canceller(found) {
    const sure = this.sure === found.id;
    const press = () => {
      if (sure) { this.sure = null; this.act('cancel', { id: found.id }); return; }
      this.sure = found.id;
      this.update(this.found);
    };
    return el('button.st-button', { type: 'button', data: { focus: 'cancel', action: 'cancel' }, onclick: press, onblur: () => { if (sure) { this.sure = null; this.update(this.found); } } },
      sure ? `Really call off ${counted(found.total - found.ended)} cells?` : 'Cancel');
  }
}

function loader(found, button) {
  return found.load_models ? button('load', 'Load no further models', 'allow_loading', { allowed: false })
    : button('load', 'Load models as they are needed', 'allow_loading', { allowed: true });
}

function shape({ arms, models, seeds, data, total }) {
  const of = data.generator || data.id || data.path?.split('/').at(-1) || 'starter problems';
  const problems = total / (arms.length * models.length * seeds.length);
  const seed = data.first ? ', the first ones' : `, ${data.source === 'reasoning_gym' ? 'made' : 'chosen'} by seed ${data.seed}`;
  return factLine([plural(arms.length, 'method'), plural(models.length, 'model'), `${plural(problems, 'problem')} of ${of}${data.n === null ? '' : seed}`, plural(seeds.length, 'seed')]);
}

function progressBar({ status, ended, total, name }) {
  const share = total ? ended / total : 0;
  const kind = { running: 'running', probing: 'running', finished: 'finished' }[status] || 'cancelled';
  return el('div.st-progress', { role: 'progressbar', ariaLabel: `Progress of ${name}`, ariaValueMin: '0', ariaValueMax: '100', ariaValueNow: String(Math.floor(100 * share)), data: { status: kind } },
    el('span', { style: { '--share': share } }));
}

function standing(found) {
  const { cells, ended, total, per_minute: rate, seconds_left: left } = found;
  return factLine([`${counted(ended)} of ${counted(total)} cells`, cells.failed ? `${counted(cells.failed)} failed` : '', cells.running ? `${counted(cells.running)} at work` : '',
    cells.cancelled ? `${counted(cells.cancelled)} called off` : '', rate ? `${number(rate, rate < 10 ? 1 : 0)} a minute` : '', left ? `about ${duration(left)} left` : '']);
}

function notes(found) {
  const told = [];
  if (found.note) told.push(el('p.st-why.st-contained', { role: 'alert' }, found.note));
  if (working(found) && !found.attended && found.place !== 'server') told.push(el('p.st-why', {}, 'The command line that worked on it is not running any more. Go on here, or resume it there.'));
  if (working(found) && found.waits_for.length) told.push(el('p.st-why.st-contained', {}, waiting(found)));
  return told;
}

function waiting({ waits_for: models, load_models: loads }) {
  return loads ? `${models.join(', ')} is loaded when the cells of the model that answers are done.`
    : `Cells wait for ${models.join(', ')}, not loaded now. Load it on the Explore page, or let models be loaded as they are needed.`;
}

function estimate(found) {
  const text = found.status === 'finished' ? '' : estimateText(found.estimate);
  return text ? el('p.st-estimate.st-contained', {}, text) : null;
}
