// Colour scales: how a token's number becomes a share of the colour, clipped at a stated value.

/**
 * The modes of colouring. `fill` and `line` name the share that the background and the underline follow;
 * `ticks` are [value, label] pairs of the legend, from nothing to full colour.
 */
export const MODES = {
  entropy: { label: 'Entropy', title: 'How undecided the model was about this token', unit: 'nats' },
  chosen: { label: 'Chosen token', title: 'How probable the token was that it took', unit: 'probability' },
  certainty: { label: 'Self-certainty', title: 'How far the distribution is from uniform', unit: 'nats' },
  both: { label: 'Both', title: 'Background: entropy. Underline: the chosen token was improbable', unit: '' },
  off: { label: 'Off', title: 'Plain text', unit: '' },
};

const ENTROPY_FULL = 4; // nats: a choice among about 55 equally likely tokens
const SURPRISE_FULL = 5; // nats: a token of probability 0.7%
const CERTAIN_NONE = 16; // nats of KL(uniform || p) at and above which nothing is coloured
const CERTAIN_FULL = 4; // and at and below which the colour is full

const share = (value) => Math.round(100 * Math.min(1, Math.max(0, value))) / 100;
/** Whether a number is known: what is not, is marked instead of coloured like a 0. */
export const known = (value) => typeof value === 'number' && Number.isFinite(value);

/** The share of full colour for an entropy in nats. */
export const entropyShare = (nats) => (known(nats) ? share(nats / ENTROPY_FULL) : 0);
/** The share of full colour for a chosen token's log-probability. */
export const surpriseShare = (logprob) => (known(logprob) ? share(-logprob / SURPRISE_FULL) : 0);
/** The share of full colour for a self-certainty: more colour is less certain. */
export const doubtShare = (nats) =>
  (known(nats) ? share((CERTAIN_NONE - nats) / (CERTAIN_NONE - CERTAIN_FULL)) : 0);

const tick = (value, label) => [share(value), label];

/** The legend of a mode: rows of [caption, channel, [[share, label], ...]]. */
export function legend(mode) {
  const entropy = [0, 1, 2, 3].map((x) => tick(x / ENTROPY_FULL, `${x}`));
  entropy.push(tick(1, `≥${ENTROPY_FULL}`));
  const chosen = [1, 0.5, 0.2, 0.05].map((p) => tick(-Math.log(p) / SURPRISE_FULL, `${100 * p}%`));
  chosen.push(tick(1, '≤0.7%'));
  const certainty = [16, 13, 10, 7].map((x) => tick((CERTAIN_NONE - x) / (CERTAIN_NONE - CERTAIN_FULL), `${x}`));
  certainty[0][1] = `≥${CERTAIN_NONE}`;
  certainty.push(tick(1, `≤${CERTAIN_FULL}`));
  return {
    entropy: [['entropy in nats', 'fill line', entropy]],
    chosen: [['probability of the chosen token', 'fill line', chosen]],
    certainty: [['self-certainty in nats', 'fill line', certainty]],
    both: [['entropy in nats', 'fill', entropy], ['chosen token', 'line', chosen]],
    off: [],
  }[mode];
}
