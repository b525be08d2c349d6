"""The curves of learning, one chart each."""

from nicegui import ui

from untether_nodes.console.learning_curves import CURVES, LearningCurves

_COLORS = ("#2563c8", "#2a8a4f", "#c26a00", "#8b46c9", "#0e8a93")
_GREY = "#7d8794"  # is read on light and on dark
_SHARES = ("success", "intervention rate")  # from 0 to 1
_TITLES = {"success": "success, mean of 20", "q": "Q"}


class LearningCharts:
    """Charts in a row, or in rows where there is little room."""

    def __init__(self, curves: LearningCurves) -> None:
        """Create them where elements are being made.

        Args:
            curves: What they show.
        """
        self._curves = curves
        self._shown = 0
        with ui.element("div").classes("arm-curves"):
            self._charts = {
                name: ui.echart(_make_options(name, color)).mark(f"curve {name}")
                for name, color in zip(CURVES, _COLORS, strict=True)
            }
        self.refresh()

    def refresh(self) -> None:
        """Show what is new."""
        revision = self._curves.revision
        if revision == self._shown:
            return
        self._shown = revision
        for name, points in self._curves.read().items():
            chart = self._charts[name]
            chart.options["series"][0]["data"] = points
            chart.update()


def _make_options(name: str, color: str) -> dict[str, object]:
    """Return ECharts' options of an empty chart."""
    axis = {
        "axisLabel": {"color": _GREY},
        "axisLine": {"lineStyle": {"color": _GREY}},
        "splitLine": {"lineStyle": {"color": _GREY, "opacity": 0.25}},
    }
    limits = {"min": 0, "max": 1} if name in _SHARES else {"scale": True}
    style = {"color": _GREY, "fontSize": 13}
    return {
        "animation": False,
        "title": {"text": _TITLES.get(name, name), "left": "center", "top": 3, "textStyle": style},
        "grid": {"left": 8, "right": 14, "top": 34, "bottom": 6, "containLabel": True},
        "xAxis": {"type": "value", "minInterval": 1, "scale": True, **axis},
        "yAxis": {"type": "value", **limits, **axis},
        "tooltip": {"trigger": "axis"},
        "series": [
            {"type": "line", "name": name, "data": [], "color": color, "symbolSize": 5},
        ],
    }
