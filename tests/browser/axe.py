"""axe-core in a page: what it finds serious or critical, in a line each."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

SCRIPT = (Path(__file__).parent / "vendor/axe.min.js").read_text(encoding="utf-8")
GRAVE = ("serious", "critical")
RUN = """async rules => {
  const options = {resultTypes: ["violations"], ...(rules.length && {runOnly: {type: "rule", values: rules}})};
  const found = await axe.run(document, options);
  return found.violations.map(one => ({id: one.id, impact: one.impact, nodes: one.nodes.map(node =>
    node.target.join(" ") + " " + node.html.slice(0, 160) + " " + (node.any[0]?.message ?? "").slice(0, 200))}));
}"""
COLOURS = ["color-contrast"]
# What another theme can make worse.


async def bring(page: Page) -> None:
    """Make axe known to a page, past its policy: the test may what the page may not."""
    await page.evaluate(SCRIPT)


async def findings(page: Page, *, rules: list[str]) -> list[str]:
    """What is serious or critical; all rules without any named."""
    found: list[dict[str, Any]] = await page.evaluate(RUN, rules)
    grave = [one for one in found if one["impact"] in GRAVE]
    return [f"{one['id']} ({one['impact']}): {node}" for one in grave for node in one["nodes"][:3]]
