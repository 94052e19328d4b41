// The problems of a comparison, a page at a time: what each side answered, narrowed to where they differ or to a step.

import { el, fetchJson, fill, plural, verdictBadge } from './dom.js';
import { transitionBadge } from './transition.js';

const PAGE = 25;
const MOST = 4; // runs that can be laid side by side

/** The list; the filters stand in the address. */
export class ProblemList {
  constructor(view, sides, said, say) {
    Object.assign(this, { view, sides, said, say });
    this.filters = el('div.st-controls');
    this.body = el('div');
    this.node = el('section.st-problems', { ariaLabel: 'Problems', tabIndex: -1 }, el('div.st-parthead', {}, el('h3', {}, 'Problems')), this.filters, this.body);
    this.load();
  }

  /** Show other problems, from the first one on, and bring them into sight. */
  async narrow(values, scroll = true) {
    this.say({ ...values, from: null });
    await this.load();
    if (scroll) { this.node.scrollIntoView({ block: 'start' }); this.node.focus({ preventScroll: true }); }
  }

  async load() {
    this.asked?.abort();
    this.asked = new AbortController();
    const { signal } = this.asked;
    const offset = Math.max(0, Math.trunc(Number(this.said('from')) || 0));
    delete this.node.dataset.done;
    this.drawFilters();
    try {
      const query = { differ: this.said('differ') ? 'true' : null, side: this.said('side'), step: this.said('step'), offset, limit: PAGE };
      const { items, total } = await fetchJson(this.view.address('/problems', query), signal);
      fill(this.body, total ? this.table(items) : el('p.st-dim', {}, 'No problem is like that.'), this.pager(offset, items.length, total));
    } catch (error) {
      if (signal.aborted) return;
      fill(this.body, el('p.st-error', { role: 'alert' }, error.message));
    }
    this.node.dataset.done = '1';
  }

  drawFilters() {
    const differ = el('input', { type: 'checkbox', checked: Boolean(this.said('differ')), onchange: (event) => this.narrow({ differ: event.target.checked ? '1' : null }, false) });
    const [side, step] = [this.said('side'), this.said('step')];
    const name = this.sides[Number(side)]?.name;
    fill(this.filters, el('label', {}, differ, 'only where the sides differ'),
      side !== null && name ? el('span.st-badge', {}, el('span.st-contained', {}, `${name}${step ? `: ${step.replace('->', ' → ')}` : ''}`),
        el('button.st-icon', { type: 'button', ariaLabel: 'Show all problems again', title: 'Show all problems again', onclick: () => this.narrow({ side: null, step: null }, false) }, '×')) : null);
  }

  table(items) {
    return el('div.st-tablebox', { tabIndex: 0, role: 'region', ariaLabel: 'Problems and answers' }, el('table', {},
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Problem'), ...this.sides.map(({ name }) => el('th', { scope: 'col' }, el('span.st-contained', {}, name))))),
      el('tbody', {}, ...items.map((item) => this.row(item)))));
  }

  row(item) {
    const ids = item.runs.filter(Boolean).map(({ run }) => run);
    const facts = [item.problem, `seed ${item.seed}`, item.reference === null ? '' : `reference ${item.reference}`].filter(Boolean).join(' · ');
    return el(item.differs ? 'tr.st-differs' : 'tr', {}, el('td', {}, el('p.st-question.st-contained', {}, item.question), el('p.st-dim.st-contained', {}, facts),
      ids.length > 1 ? el('a.st-link', { href: `/compare?runs=${ids.slice(0, MOST).map(encodeURIComponent).join(',')}` }, ids.length > MOST ? `Lay the first ${MOST} side by side` : 'Lay side by side') : null),
    ...item.runs.map((run) => el('td', {}, run ? outcome(run) : el('span.st-dim', { title: 'This side has no run of it' }, '–'))));
  }

  pager(offset, count, total) {
    const to = (from) => () => { this.say({ from: from || null }); this.load(); };
    return el('p.st-pager', {}, el('span.st-dim', {}, total ? `${offset + 1} to ${offset + count} of ${plural(total, 'problem')}` : ''),
      offset > 0 ? el('button.st-link', { type: 'button', onclick: to(Math.max(0, offset - PAGE)) }, '← earlier') : null,
      offset + count < total ? el('button.st-link', { type: 'button', onclick: to(offset + PAGE) }, 'more →') : null);
  }
}

function outcome({ run, first, last, first_answer: before, answer, oracle }) {
  return el('div.st-outcome', {}, el('b.st-contained.st-answer', {}, answer ?? '—'), verdictBadge(last),
    transitionBadge({ answer: before, verdict: first }, { answer, verdict: last }),
    oracle ? el('span.st-badge.st-oracle', { title: 'This run looked at the reference answer.' }, '⚑ oracle') : null,
    el('a.st-link', { href: `/?run=${encodeURIComponent(run)}`, ariaLabel: 'Open this run in Explore' }, 'open'));
}
