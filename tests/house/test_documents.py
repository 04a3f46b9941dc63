"""What is written from the code is committed as the code would write it now."""

from __future__ import annotations

from pathlib import Path

from server import settings


def test_the_readme_has_every_setting_as_it_is(root: Path) -> None:
    readme = (root / "README.md").read_text("utf-8")
    assert settings.in_readme(readme) == readme, "run `python3 run.py docs`"
    assert all(f"| `{one.name}` |" in readme for one in settings.rows())


def test_every_link_inside_the_documents_leads_somewhere(root: Path) -> None:
    pages = [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("bench/*.md")]
    assert pages
    for page in pages:
        text = page.read_text("utf-8")
        for part in text.split("](")[1:]:
            target = part.partition(")")[0].partition("#")[0]
            if target and "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} points at {target}"
