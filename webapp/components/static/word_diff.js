// A word-level difference of two texts in the browser, for texts of different runs that nobody compared before.

const WORDS = /\s*\S+|\s+$/gu; // a word goes with the space before it
const CELLS = 4_000_000; // longer pairs are shown as replaced as a whole, so that the page stays responsive

/** The difference as [[op, text], ...] with op one of =, -, +; joined without "-" it is `after`. */
export function wordDiff(before, after) {
  const a = before.match(WORDS) || [];
  const b = after.match(WORDS) || [];
  const head = common(a, b, (list, i) => list[i]);
  const tail = Math.min(common(a, b, (list, i) => list[list.length - 1 - i]), Math.min(a.length, b.length) - head);
  const middle = changes(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return joined([...a.slice(0, head).map((word) => ['=', word]), ...middle, ...a.slice(a.length - tail).map((word) => ['=', word])]);
}

function common(a, b, at) {
  let n = 0;
  while (n < a.length && n < b.length && at(a, n) === at(b, n)) n += 1;
  return n;
}

/** The longest common subsequence by the usual table. */
function changes(a, b) {
  if (a.length * b.length > CELLS) return [['-', a.join('')], ['+', b.join('')]];
  const width = b.length + 1;
  const best = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const at = i * width + j;
      best[at] = a[i] === b[j] ? best[at + width + 1] + 1 : Math.max(best[at + width], best[at + 1]);
    }
  }
  return walk(a, b, best, width);
}

function walk(a, b, best, width) {
  const operations = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { operations.push(['=', a[i]]); i += 1; j += 1; }
    else if (j >= b.length || (i < a.length && best[(i + 1) * width + j] >= best[i * width + j + 1])) { operations.push(['-', a[i]]); i += 1; }
    else { operations.push(['+', b[j]]); j += 1; }
  }
  return operations;
}

function joined(operations) {
  const groups = [];
  for (const [op, text] of operations) {
    if (groups.at(-1)?.[0] === op) groups.at(-1)[1] += text;
    else if (text) groups.push([op, text]);
  }
  return groups;
}
