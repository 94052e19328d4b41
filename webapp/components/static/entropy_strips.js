// Entropies of two texts under each other, word under word: asked for when they come into sight, kept over redraws.

import { counted, el, fetchJson, fill, number } from './dom.js';
import { entropyShare, known } from './scale.js';

const NEAR = '300px'; // how far below the window they are asked for

/** The strips that were made, by their texts. */
export class StripShelf {
  constructor() {
    this.strips = new Map();
  }

  /** The strips of two stored texts with the names of their runs. */
  strip(first, second, above, below) {
    const key = `${first} ${second}`;
    if (!this.strips.has(key)) this.strips.set(key, made(first, second, above, below));
    return this.strips.get(key);
  }
}

function made(first, second, above, below) {
  const body = el('div.st-strips', { tabIndex: 0, role: 'group', ariaLabel: `Entropies of ${above} over those of ${below}`, data: { focus: `strips ${first} ${second}` } }, el('span.st-dim', { role: 'status' }, '…'));
  const about = el('p.st-dim.st-contained', {}, `Above ${above}, below ${below}.`);
  const watching = new IntersectionObserver((seen) => {
    if (!seen.some((each) => each.isIntersecting)) return;
    watching.disconnect();
    show(body, about, first, second);
  }, { rootMargin: NEAR });
  watching.observe(body);
  return el('div.st-stripbox', {}, about, body);
}

async function show(body, about, first, second) {
  try {
    const query = new URLSearchParams({ first, second });
    const { columns, total, lower_bound: bound } = await fetchJson(`/api/texts/aligned?${query}`);
    fill(body, ...columns.map((column) => columnBox(column, bound)));
    about.append(` A bar is as high as the largest entropy in its word, full at 4 nats${bound ? ', at least: only the likeliest tokens are known' : ''}. Framed words differ.`,
      columns.length < total ? ` The first ${counted(columns.length)} of ${counted(total)} words.` : '');
    body.dataset.done = '1';
  } catch (error) {
    fill(body, el('span.st-error', { role: 'alert' }, error.message));
  }
}

function columnBox([above, high, below, low, same], bound) {
  return el(same ? 'span.st-pair' : 'span.st-pair.st-apart', {}, wordBox(above, high, bound), wordBox(below, low, bound));
}

function wordBox(word, entropy, bound) {
  if (word === null) return el('span.st-word.st-none', { title: 'This text has no word here' }, '\u00a0');
  const told = known(entropy) ? `${bound ? '≥ ' : ''}${number(entropy)} nats` : 'entropy unknown';
  return el(known(entropy) ? 'span.st-word' : 'span.st-word.st-unknown', { title: told, style: { '--e': entropyShare(entropy) } }, el('span.st-contained', {}, word.trim() || '↵'));
}
