"""Colours, sizes and the style sheet: one light and one dark set, text readable on every ground.

A widget never names a colour: it asks `of(self.palette())`. Security colours (good, caution,
danger) are used for security and for faults alone. Where the system asks for high contrast its own
palette stays, and the tokens are taken from it.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from mailclient.resources import resource

GRID = 4
ROW_HEIGHT = 56
ICON = 18
RADIUS = 6
PADDING = 12


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours by what they are for, as #RRGGBB."""

    name: str
    ground: str
    panel: str
    line: str
    text: str
    secondary: str
    accent: str
    on_accent: str
    good: str
    caution: str
    danger: str
    selection: str
    hover: str

    def color(self, role: str) -> QColor:
        """The colour for `role`, a field's name."""
        return QColor(str(getattr(self, role)))


LIGHT = Theme(
    name="light",
    ground="#FFFFFF",
    panel="#F6F7F9",
    line="#E3E6EA",
    text="#1C2126",
    secondary="#57616B",
    accent="#1F5FD6",
    on_accent="#FFFFFF",
    good="#17714A",
    caution="#8A5A00",
    danger="#B42318",
    selection="#E3ECFC",
    hover="#ECEFF3",
)
DARK = Theme(
    name="dark",
    ground="#16181B",
    panel="#1D2024",
    line="#2B3036",
    text="#E7EAED",
    secondary="#9AA4AE",
    accent="#7AA9FF",
    on_accent="#10151C",
    good="#4CC38A",
    caution="#E0A43B",
    danger="#F2777A",
    selection="#24324A",
    hover="#282D33",
)

TEXT_ROLES = ("text", "secondary", "accent", "good", "caution", "danger")
GROUND_ROLES = ("ground", "panel", "selection", "hover")


def luminance(color: QColor) -> float:
    """The relative luminance of a colour, 0 to 1 (WCAG 2.2)."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in (color.redF(), color.greenF(), color.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: QColor, other: QColor) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def palette(theme: Theme) -> QPalette:
    """The Qt palette that shows `theme`."""
    roles = QPalette.ColorRole
    colors = {
        roles.Window: theme.panel,
        roles.WindowText: theme.text,
        roles.Base: theme.ground,
        roles.AlternateBase: theme.panel,
        roles.Text: theme.text,
        roles.PlaceholderText: theme.secondary,
        roles.Button: theme.panel,
        roles.ButtonText: theme.text,
        roles.BrightText: theme.danger,
        roles.Highlight: theme.selection,
        roles.HighlightedText: theme.text,
        roles.Link: theme.accent,
        roles.LinkVisited: theme.accent,
        roles.ToolTipBase: theme.panel,
        roles.ToolTipText: theme.text,
        roles.Mid: theme.line,
        roles.Midlight: theme.line,
        roles.Light: theme.ground,
        roles.Dark: theme.line,
        roles.Accent: theme.accent,
    }
    made = QPalette()
    for role, color in colors.items():
        made.setColor(role, QColor(color))
    for role in (roles.WindowText, roles.Text, roles.ButtonText, roles.HighlightedText):
        faint = QColor(theme.secondary)
        faint.setAlphaF(0.6)
        made.setColor(QPalette.ColorGroup.Disabled, role, faint)
    return made


def of(palette: QPalette) -> Theme:
    """The tokens that belong to `palette`: ours, or made from a high-contrast one of the system."""
    ground = palette.color(QPalette.ColorRole.Base)
    for theme in (LIGHT, DARK):
        if ground == QColor(theme.ground) or ground == QColor(theme.panel):
            return theme
    text = palette.color(QPalette.ColorRole.Text).name()
    window = palette.color(QPalette.ColorRole.Window).name()
    near = DARK if luminance(ground) < 0.2 else LIGHT
    return Theme(
        name="system",
        ground=ground.name(),
        panel=window,
        line=text,
        text=text,
        secondary=text,
        accent=palette.color(QPalette.ColorRole.Link).name(),
        on_accent=ground.name(),
        good=near.good,
        caution=near.caution,
        danger=near.danger,
        selection=palette.color(QPalette.ColorRole.Highlight).name(),
        hover=window,
    )


def scaled(base: QFont, factor: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """`base` made larger or smaller: 0.9 is secondary, 1.2 a subject, 1.5 a page's title."""
    font = QFont(base)
    if base.pointSizeF() > 0:
        font.setPointSizeF(base.pointSizeF() * factor)
    else:
        font.setPixelSize(round(base.pixelSize() * factor))
    font.setWeight(weight)
    return font


def sheet(theme: Theme) -> str:
    """The style sheet of the whole program; screens mark widgets by the property `look`."""
    return _bare(theme) + _controls(theme) + _lists(theme)


def _picture(name: str, t: Theme) -> str:
    """The file of a small picture that a style sheet can only take from a file."""
    return resource(f"{name}-{'dark' if t.name == 'dark' else 'light'}.svg").as_posix()


def _bare(t: Theme) -> str:
    """Panes, labels and buttons."""
    return f"""
    QToolTip {{ background: {t.panel}; color: {t.text}; border: 1px solid {t.line};
        padding: 4px 6px; }}
    QFrame[look="pane"], QWidget[look="pane"] {{ background: {t.ground}; }}
    QFrame[look="panel"], QWidget[look="panel"] {{ background: {t.panel}; }}
    QFrame[look="hairline"] {{ background: {t.line}; border: none; }}
    QLabel[look="secondary"] {{ color: {t.secondary}; }}
    QLabel[look="danger"] {{ color: {t.danger}; }}
    QToolButton {{ border: 1px solid transparent; border-radius: {RADIUS}px;
        padding: 5px 8px; background: transparent; color: {t.text}; }}
    QToolButton:hover {{ background: {t.hover}; }}
    QToolButton:focus {{ border-color: {t.accent}; }}
    QToolButton:checked {{ background: {t.selection}; color: {t.accent}; }}
    QToolButton:pressed {{ background: {t.selection}; }}
    QToolButton:disabled {{ color: {t.secondary}; }}
    QToolButton[popupMode="1"] {{ padding-right: 16px; }}
    QToolButton::menu-button {{ border: none; width: 14px; }}
    QToolButton::menu-indicator {{ image: none; width: 0; }}
    QPushButton {{ border: 1px solid {t.line}; border-radius: {RADIUS}px; padding: 5px 14px;
        background: {t.ground}; color: {t.text}; }}
    QPushButton:hover {{ background: {t.hover}; }}
    QPushButton:focus {{ border-color: {t.accent}; }}
    QPushButton:disabled {{ color: {t.secondary}; background: {t.panel}; }}
    QPushButton:default, QPushButton[look="primary"], QToolButton[look="primary"] {{
        background: {t.accent}; color: {t.on_accent}; border-color: {t.accent}; }}
    QPushButton:default:focus, QPushButton[look="primary"]:focus,
    QToolButton[look="primary"]:focus {{ border-color: {t.text}; }}
    QPushButton:default:disabled, QPushButton[look="primary"]:disabled {{
        background: {t.panel}; color: {t.secondary}; border-color: {t.line}; }}
    QPushButton[look="link"] {{ border-color: transparent; background: transparent;
        color: {t.accent}; padding: 2px 6px; }}
    QPushButton[look="link"]:hover {{ background: {t.hover}; }}
    QPushButton[look="link"]:focus {{ border-color: {t.accent}; }}
    """


def _controls(t: Theme) -> str:
    """Fields, groups and tabs."""
    return f"""
    QLineEdit, QPlainTextEdit, QTextEdit, QComboBox, QSpinBox, QDateTimeEdit {{
        border: 1px solid {t.line};
        border-radius: {RADIUS}px; padding: 5px 8px; background: {t.ground}; color: {t.text};
        selection-background-color: {t.selection}; selection-color: {t.text}; }}
    QCheckBox::indicator {{ border: 1px solid {t.secondary}; border-radius: 3px;
        background: {t.ground}; width: 13px; height: 13px; }}
    QCheckBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent};
        image: url("{_picture("check", t)}"); }}
    QRadioButton::indicator {{ border: 1px solid {t.secondary}; border-radius: 7px;
        background: {t.ground}; width: 13px; height: 13px; }}
    QRadioButton::indicator:checked {{ border: 4px solid {t.accent}; width: 7px; height: 7px;
        background: {t.on_accent}; }}
    QRadioButton::indicator:disabled {{ border-color: {t.line}; background: {t.panel}; }}
    QRadioButton:focus {{ color: {t.accent}; }}
    QCheckBox::indicator:focus {{ border-color: {t.accent}; }}
    QCheckBox::indicator:disabled {{ border-color: {t.line}; background: {t.panel}; }}
    QSpinBox::up-button, QSpinBox::down-button {{ width: 0; border: none; }}
    QComboBox QLineEdit {{ border: none; padding: 0 2px; }}
    QSpinBox QLineEdit {{ border: none; }}
    QComboBox::drop-down, QDateTimeEdit::drop-down {{ border: none; width: 24px; }}
    QComboBox::down-arrow, QDateTimeEdit::down-arrow {{
        image: url("{_picture("arrow", t)}"); width: 12px; height: 12px; }}
    QComboBox QAbstractItemView {{ background: {t.ground}; border: 1px solid {t.line};
        padding: 4px; }}
    QTextEdit[look="page"] {{ border: none; border-radius: 0; padding: 8px; }}
    QFrame[look="field"] {{ border: 1px solid {t.line}; border-radius: {RADIUS}px;
        background: {t.ground}; padding: 2px; }}
    QWidget[look="field"] {{ background: {t.ground}; }}
    QLineEdit[look="entry"] {{ border: none; padding: 3px 4px; background: {t.ground}; }}
    QFrame[look="chip"] {{ background: {t.panel}; border: 1px solid {t.line};
        border-radius: {RADIUS}px; }}
    QFrame[look="chip"]:focus {{ border-color: {t.accent}; }}
    QToolButton[look="small"] {{ padding: 0; }}
    QTableView[look="rows"] {{ outline: none; }}
    QTableView[look="rows"] QHeaderView::section {{ padding: 6px 11px; }}
    QTableView[look="rows"]::item {{ padding: 0 8px; border: none; }}
    QTableView[look="rows"]::item:selected {{ background: {t.selection}; color: {t.text}; }}
    QGroupBox {{ border: 1px solid {t.line}; border-radius: {RADIUS}px; margin-top: 18px;
        padding: 8px; }}
    QGroupBox::title {{ subcontrol-origin: margin; left: 2px; color: {t.secondary}; }}
    QHeaderView::section {{ background: {t.ground}; color: {t.secondary}; border: none;
        border-bottom: 1px solid {t.line}; padding: 6px 4px; }}
    QTreeView::item, QListView::item {{ padding: 4px 2px; }}
    QTabWidget::pane {{ border: none; border-top: 1px solid {t.line}; }}
    QTabBar::tab {{ background: transparent; color: {t.secondary}; padding: 7px 14px;
        border: none; border-bottom: 2px solid transparent; }}
    QTabBar::tab:selected {{ color: {t.text}; border-bottom-color: {t.accent}; }}
    QTabBar::tab:focus {{ color: {t.accent}; }}
    QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus, QSpinBox:focus,
    QDateTimeEdit:focus {{
        border-color: {t.accent}; }}
    """


def _lists(t: Theme) -> str:
    """Lists, menus, bars."""
    return f"""
    QTextBrowser {{ padding: 0; border-radius: 0; }}
    QTableView, QTreeView, QTextBrowser, QListView {{ border: none; background: {t.ground};
        selection-background-color: {t.selection}; selection-color: {t.text}; }}
    QMenu {{ background: {t.ground}; color: {t.text}; border: 1px solid {t.line};
        padding: 4px; }}
    QMenu::item {{ padding: 5px 24px 5px 12px; border-radius: 4px; }}
    QMenu::icon {{ padding-left: 8px; }}
    QMenu::item:selected {{ background: {t.selection}; }}
    QMenu::item:disabled {{ color: {t.secondary}; }}
    QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 8px; }}
    QSplitter::handle {{ background: {t.line}; }}
    QScrollBar:vertical {{ width: 10px; background: transparent; margin: 0; }}
    QScrollBar:horizontal {{ height: 10px; background: transparent; margin: 0; }}
    QScrollBar::handle {{ background: {t.line}; border-radius: 3px; margin: 2px;
        min-height: 28px; min-width: 28px; }}
    QScrollBar::handle:hover {{ background: {t.secondary}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QProgressBar {{ border: none; border-radius: 2px; background: {t.line}; max-height: 4px; }}
    QProgressBar::chunk {{ background: {t.accent}; border-radius: 2px; }}
    """


class Look(QObject):
    """Gives the program its style and colours, and follows the system."""

    def __init__(self, application: QApplication, choice: str = "system") -> None:
        super().__init__(application)
        self._application = application
        self._choice = choice
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._follow)
        self._apply()

    def choose(self, choice: str) -> None:
        """Show "light", "dark", or "system": as the system has it."""
        self._choice = choice
        self._apply()

    def _follow(self) -> None:
        if self._choice == "system":
            self._apply()

    def _apply(self) -> None:
        if high_contrast():
            self._application.setStyleSheet("")
            return
        scheme = QGuiApplication.styleHints().colorScheme()
        dark = self._choice == "dark" or (
            self._choice == "system" and scheme == Qt.ColorScheme.Dark
        )
        theme = DARK if dark else LIGHT
        self._application.setPalette(palette(theme))
        self._application.setStyleSheet(sheet(theme))


def high_contrast() -> bool:
    """Whether the system asks for high contrast (known from Qt 6.10 on)."""
    hints = QGuiApplication.styleHints()
    accessibility = getattr(hints, "accessibility", None)
    if accessibility is None:
        return False
    return str(accessibility().contrastPreference().name) == "HighContrast"
