"""How plots of flights look: fonts, lines and colours of Matplotlib."""

PLOT_STYLE: dict[str, float | str | bool] = {
    "font.size": 9.0,
    "axes.titlesize": 9.0,
    "axes.labelsize": 9.0,
    "axes.edgecolor": "#9aa4b2",
    "axes.linewidth": 0.8,
    "axes.grid": True,
    "grid.color": "#e7eaef",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": "#4a5565",
    "ytick.color": "#4a5565",
    "axes.labelcolor": "#2b3442",
    "text.color": "#1c2530",
}
"""Values for ``matplotlib.rc_context``."""
