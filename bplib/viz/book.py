"""Alt text in the book: a plug-in for MyST-NB, which by itself takes it only from a cell's static metadata.

Announced in pyproject.toml as an entry point of the group ``myst_nb.mime_renderers``. MyST-NB is not
imported.
"""

from __future__ import annotations

from typing import Any, ClassVar


class AltText:
    """Renders a notebook's PNG as MyST-NB does, then adds the alt text that the figure wrote about itself.

    An alt text in the cell's metadata (``mystnb: {image: {alt: …}}``) wins: an author's sentence beats ours.
    """

    mime_priority_overrides: ClassVar[tuple[Any, ...]] = ()

    @staticmethod
    def handle_mime(renderer: Any, data: Any, inline: bool) -> list[Any] | None:
        """``data``: MyST-NB's MimeData. None means "not mine"."""
        alt = data.output_metadata.get(data.mime_type, {}).get("alt")
        if data.mime_type != "image/png" or not alt:
            return None
        found = renderer.render_image_inline(data) if inline else renderer.render_image(data)
        for image in found:
            if not image.get("alt"):
                image["alt"] = alt
        return found
