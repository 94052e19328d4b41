"""Text that would do harm if it were ever more than text, and where it may not go."""

from __future__ import annotations

from playwright.async_api import Page

PIECES = [
    "<script>window.hit=1</script>", "${window.hit=2}", "{{value}}", "<img src=x onerror='window.hit=3'>", "&amp;",
    "\u202eabc", "$x^2$ \\u1",
]  # fmt: skip
HOSTILE = "".join(PIECES)
MARKS = "a" + "\u0301\u0336\u0489" * 3334  # 10,000 combining characters on one letter

# Elements below `root` with text of many marks that nothing clips before the component ends.
SPILLING = """(root) => {
  const clips = (node) => {
    const { overflowX, overflowY, contain, display, clipPath } = getComputedStyle(node);
    if (display.startsWith('inline') && display !== 'inline-block' && display !== 'inline-flex') return false;
    const scrolls = overflowX !== 'visible' && overflowY !== 'visible';
    return scrolls || /paint|content|strict/.test(contain) || clipPath !== 'none';
  };
  const held = (node) => {
    for (let at = node; at && !at.matches(root); at = at.parentElement) if (clips(at)) return true;
    return false;
  };
  const own = (node) => [...node.childNodes].some((each) => each.nodeType === 3 && /\\p{M}{100}/u.test(each.data));
  return [...document.querySelectorAll(`${root} *`)]
    .filter((node) => own(node) && node.checkVisibility() && !node.matches('option') && !held(node))
    .map((node) => `${node.tagName}.${node.className}`);
}"""


async def harm(page: Page) -> object:
    """Return what hostile text managed to run or to insert."""
    return await page.evaluate("() => window.hit ?? document.querySelector('img[src=x]')?.outerHTML ?? null")


async def spilling(page: Page, root: str) -> list[str]:
    """Return the elements below `root` whose stacked marks would be painted over what is around them."""
    found: list[str] = await page.evaluate(SPILLING, root)
    return found
