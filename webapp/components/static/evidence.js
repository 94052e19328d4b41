// What a finished run's scores show: asked for when it comes into sight, drawn when it is opened.

import { el, fetchJson, fill } from './dom.js';
import { EvidenceTable } from './evidence_table.js';
import { Figure } from './figure.js';

const NEAR = '300px'; // how far below the window it is asked for

/** A closed line that names what there is to see, and holds it once it is opened. `go(branch)` shows a sample. */
export class EvidencePanel {
  constructor(run, go) {
    this.run = run;
    this.go = go;
    this.named = el('span.st-contained');
    this.body = el('div.st-evidences');
    this.details = el('details.st-evidence', { ontoggle: () => this.toggled() }, el('summary', {}, el('b', {}, 'Evidence'), this.named), this.body);
    this.node = el('div.st-evidencebox');
  }

  /** The run has ended: what is stored of it will not change. */
  offer() {
    if (this.watching) return;
    fill(this.node, this.details);
    this.watching = new IntersectionObserver((seen) => { if (seen.some((each) => each.isIntersecting)) this.load(); }, { rootMargin: NEAR });
    this.watching.observe(this.details);
  }

  /** The run's log starts over. */
  reset() {
    this.watching?.disconnect();
    this.watching = null;
    this.evidence = null;
    this.details.open = false;
    fill(this.body);
    fill(this.named);
    fill(this.node);
  }

  async load() {
    const { watching } = this;
    watching.disconnect();
    try {
      const evidence = await fetchJson(`/api/runs/${encodeURIComponent(this.run)}/evidence`);
      if (watching === this.watching) this.take(evidence);
    } catch (error) {
      if (watching === this.watching) fill(this.named, el('span.st-error', { role: 'alert' }, `cannot be read: ${error.message}`));
    }
  }

  take(evidence) {
    this.evidence = evidence;
    if (!evidence.length) { fill(this.node); return; }
    fill(this.named, evidence.map((each) => each.title).join(' · '));
    this.toggled();
  }

  toggled() {
    if (!this.details.open || !this.evidence || this.body.childElementCount) return;
    fill(this.body, ...this.evidence.map((each) => shown(each, this.go)));
  }
}

function shown({ title, reading, figure, table }, go) {
  return el('section', { ariaLabel: title }, el('h4', {}, title), el('p.st-dim', {}, reading),
    figure ? figureBox(figure, title) : null, table ? new EvidenceTable(table, title, go).node : null);
}

function figureBox(figure, title) {
  const box = el('div.st-plot', { role: 'figure', ariaLabel: title });
  const drawing = new Figure(box);
  drawing.show(figure).catch((error) => drawing.clear(`The figure cannot be drawn: ${error.message}`));
  return box;
}
