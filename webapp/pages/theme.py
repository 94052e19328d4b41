"""Colours and type of every page: system fonts only, one blue accent, quiet surfaces in light and dark."""

from __future__ import annotations

import gradio as gr
from gradio.themes.utils import colors, fonts, sizes

SANS = tuple(fonts.Font(name) for name in ("system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif"))
MONO = tuple(fonts.Font(name) for name in ("ui-monospace", "Consolas", "DejaVu Sans Mono", "monospace"))


class SecondThoughts(gr.themes.Base):
    """The theme; nothing is loaded from outside the machine."""

    def __init__(self) -> None:
        super().__init__(
            primary_hue=colors.blue, secondary_hue=colors.slate, neutral_hue=colors.slate,
            spacing_size=sizes.spacing_sm, radius_size=sizes.radius_md, text_size=sizes.text_md,
            font=SANS, font_mono=MONO,
        )  # fmt: skip
        self.name = "second-thoughts"
        super().set(
            body_background_fill="*neutral_50",
            body_background_fill_dark="*neutral_950",
            background_fill_primary="white",
            background_fill_primary_dark="*neutral_900",
            block_background_fill="*background_fill_primary",
            block_background_fill_dark="*background_fill_primary",
            block_radius="10px",
            block_border_width="1px",
            block_shadow="none",
            block_label_text_weight="600",
            block_title_text_weight="600",
            input_background_fill="white",
            input_border_width="1px",
            input_border_color="*neutral_300",
            input_border_color_dark="*neutral_600",
            input_border_color_focus="*primary_500",
            input_background_fill_dark="*neutral_800",
            button_primary_background_fill="*primary_700",
            button_primary_background_fill_hover="*primary_800",
            button_primary_background_fill_dark="*primary_600",
            button_primary_background_fill_hover_dark="*primary_500",
            button_primary_text_color="white",
            link_text_color="*primary_700",
            link_text_color_dark="*primary_300",
        )
