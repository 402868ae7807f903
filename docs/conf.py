"""How Sphinx makes the pages; packaging/docs.py runs it over a copy of the Markdown."""

project = "Planner"
project_copyright = "Apache-2.0. Not a medical device"
extensions = ["myst_parser"]
root_doc = "docs/index"
source_suffix = {".md": "markdown"}
exclude_patterns: list[str] = []
myst_heading_anchors = 6
myst_enable_extensions: list[str] = []
html_theme = "alabaster"
html_theme_options = {
    "description": "Ablation and augmentation of spinal metastases on CT. Not a medical device.",
    "fixed_sidebar": True,
    "page_width": "1120px",
    "sidebar_width": "260px",
    "font_family": "system-ui, sans-serif",
    "font_size": "16px",
    "show_powered_by": False,
    "sidebar_collapse": True,
}
html_sidebars = {"**": ["about.html", "searchfield.html", "navigation.html"]}
html_show_sourcelink = False
html_copy_source = False
suppress_warnings = ["misc.highlighting_failure"]
