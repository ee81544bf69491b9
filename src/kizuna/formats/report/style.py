"""How the report looks: colours of the day and night themes, and the style sheet.

The night theme dims everything, markings included. Texts reach a contrast of 4.5 to 1 on every ground that they stand
on, shapes and lines that carry meaning 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11; a test computes both from ``TOKENS``).
Print always takes the day colours. Fonts are those of the reader's system, with the usual names for Chinese, Japanese
and Korean ones behind.
"""

from __future__ import annotations

from typing import Final

from kizuna.events.table import LEVEL_WORDS
from kizuna.formats.report.marks import KINDS

TOKENS: Final[dict[str, tuple[str, str]]] = {
    # day, night
    "bg": ("#f4f6f8", "#0a0e12"),
    "card": ("#ffffff", "#10161c"),
    "ink": ("#15202a", "#cdd6de"),
    "soft": ("#4c5c6a", "#8c9ba8"),
    "line": ("#d8e0e6", "#222d37"),
    "link": ("#0b558f", "#7db4e0"),
    "sea": ("#dde8ef", "#0d161e"),
    "land": ("#f3eee2", "#1e262d"),
    "coast": ("#a59c88", "#46535f"),
    "grat": ("#c3d1db", "#1d2a35"),
    "way": ("#37627f", "#6d93ad"),
    "halo": ("#ffffff", "#0a0e12"),
    "zone": ("#2f3e4a", "#9aa9b5"),
    "gap": ("#a8281e", "#ec8a78"),
    "encounter": ("#6429a3", "#b79bf0"),
    "loitering": ("#755000", "#d8b25c"),
    "zone_visit": ("#00605f", "#5cc4b6"),
    "port_visit": ("#234a8c", "#93b4ea"),
    "dark_detection": ("#7a1f5c", "#e08fc6"),
    "other": ("#3d4a55", "#a9b6c1"),
    "held": ("#1f6b34", "#7cc492"),
    "failed": ("#8a4b00", "#dba765"),
    "warn": ("#fff6dc", "#241d0c"),
    "mark-bg": ("#ffc400", "#4a3a00"),
    "mark-ink": ("#1b1500", "#ffdc73"),
    "mark-stripe": ("#1b1500", "#1c1600"),
    "plain-bg": ("#e3e9ee", "#161e26"),
}
"""Custom properties of the page; types of events have their key as name."""

_CJK: Final = '"Noto Sans CJK JP","Noto Sans CJK TC","Hiragino Sans","PingFang TC","Microsoft JhengHei","Yu Gothic"'

_BASE: Final = """
*{box-sizing:border-box}
html{font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",FONTS,sans-serif;
 background:var(--bg);color:var(--ink);-webkit-text-size-adjust:100%;scroll-padding-top:3.2rem}
body{margin:0;font-variant-numeric:tabular-nums}
code,.pos,.hash{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"Noto Sans Mono","DejaVu Sans Mono",monospace}
code{font-size:.86em;overflow-wrap:anywhere}
h1,h2,h3,h4,h5,p,ul,dl,dd,figure{margin:0;padding:0}
h1{font-size:1.9rem;line-height:1.2;font-weight:650;letter-spacing:-.01em;text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:1.25rem;font-weight:650;margin:2.6rem 0 .9rem}
.tiles+section h2{margin-top:1.6rem}
h3{font-size:1.05rem;font-weight:650}
h4{font-size:1.02rem;font-weight:650}
h5{font-size:.86rem;font-weight:650;color:var(--soft);margin:.1rem 0 .25rem}
a{color:var(--link);text-underline-offset:.15em}
a:focus-visible,summary:focus-visible,input:focus-visible+label{outline:2px solid var(--link);outline-offset:2px}
small,.note,figcaption,.none{color:var(--soft);font-size:.86rem}
bdi{overflow-wrap:anywhere}
.skip{position:absolute;left:-99rem}
.skip:focus{left:.5rem;top:.5rem;background:var(--card);padding:.4rem .8rem;z-index:9}
.quiet{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.sheet{position:absolute}
.page{width:min(100% - 2rem,1240px);margin:0 auto;padding:1.6rem 0 4rem}
.banner{position:sticky;top:0;z-index:5;text-align:center;font-weight:700;padding:.38rem 5.4rem;
 background:var(--plain-bg);color:var(--ink);border-bottom:1px solid var(--line);letter-spacing:.02em;font-size:.9rem}
.banner.marked{background:var(--mark-bg);color:var(--mark-ink);border:0;letter-spacing:.06em;font-size:1rem}
.banner.marked::before,.banner.marked::after{content:"";position:absolute;top:0;bottom:0;width:4.6rem;
 background:repeating-linear-gradient(135deg,var(--mark-stripe) 0 12px,transparent 12px 24px)}
.banner.marked::before{left:0}.banner.marked::after{right:0}
.foot-mark{display:none}
.brand{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;align-items:baseline;justify-content:space-between;
 color:var(--soft);font-size:.86rem;margin-bottom:1.2rem}
.brand b{color:var(--ink);font-size:1rem;letter-spacing:.01em}
.lead{color:var(--soft);margin:.4rem 0 1rem;max-width:110ch}
.warn{background:var(--warn);border-left:4px solid var(--failed);padding:.6rem .9rem;margin:1.2rem 0 0;
 border-radius:0 6px 6px 0}
.warn h2{font-size:.9rem;margin:0}.warn ul{padding-left:1.1rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(165px,1fr));gap:.8rem;margin:1.2rem 0 0;padding:0;
 list-style:none}
.tiles li{display:flex;align-items:center;gap:.7rem;background:var(--card);border:1px solid var(--line);
 border-radius:8px;padding:.55rem .9rem;line-height:1.3}
.tiles .n{font-size:1.8rem;font-weight:650;line-height:1}
.tiles .of{color:var(--soft);font-size:.86rem}
.icon{vertical-align:-.22em;flex:none}
.maps{display:grid;grid-template-columns:repeat(6,minmax(0,1fr));gap:1rem;align-items:start}
.maps>*{grid-column:1/-1}.m2>:not(.main){grid-column:span 3}.m3>:not(.main){grid-column:span 2}
.map,.when{background:var(--card);border:1px solid var(--line);border-radius:8px;overflow:hidden}
.map figcaption,.when figcaption{display:flex;flex-wrap:wrap;gap:.1rem 1rem;justify-content:space-between;
 padding:.45rem .8rem;
 border-top:1px solid var(--line)}
.map figcaption b{color:var(--ink);font-weight:600}
.when{margin-top:1rem}.when svg{padding:.6rem .8rem 0}
.scroll{overflow-x:auto}
.chart{display:block;width:100%;height:auto}
.chart text,.mini text,.plot text{font-family:inherit;fill:var(--soft);font-size:12px}
.map.main .chart,.when .chart{min-width:760px}
.sea{fill:var(--sea)}.land{fill:var(--land);stroke:var(--coast);stroke-width:.7;vector-effect:non-scaling-stroke}
.grat{stroke:var(--grat);fill:none;stroke-width:1;vector-effect:non-scaling-stroke}
.tick text,text.tick{paint-order:stroke;stroke:var(--sea);stroke-width:3px;stroke-linejoin:round}
.when .tick text{stroke:none}.when .day{font-weight:650;fill:var(--ink)}
.way{fill:none;stroke:var(--way);stroke-width:.9;stroke-opacity:.62;stroke-linecap:round;stroke-linejoin:round;
 vector-effect:non-scaling-stroke}
.dense{fill:var(--way)}
.zone{fill:none;stroke:var(--zone);stroke-width:1.4;vector-effect:non-scaling-stroke;stroke-dasharray:7 5}
.z1{stroke-dasharray:2 4}.z2{stroke-dasharray:12 4 2 4}.z3{stroke-dasharray:4 3}.z4{stroke-dasharray:14 6}
.zone-name{font-style:italic;font-size:14px!important;fill:var(--zone)!important;paint-order:stroke;
 stroke:var(--sea);stroke-width:4px}
.unseen{fill:none;stroke:currentColor;stroke-width:1.5;stroke-dasharray:3 4;stroke-opacity:.85;
 vector-effect:non-scaling-stroke}
.mark{color:inherit}
.mark text{font-size:13px;font-weight:700;fill:var(--ink);paint-order:stroke;stroke:var(--halo);stroke-width:3.4px;
 stroke-linejoin:round}
.mark .more{font-weight:500;font-size:11px}
.mark:hover text,.mark:focus text{text-decoration:underline}
.bar path{fill:none;stroke:var(--ink);stroke-width:1.6}
.bar text{fill:var(--ink);paint-order:stroke;stroke:var(--sea);stroke-width:3px}
.bars{fill:var(--way);fill-opacity:.55}.rail{stroke:var(--line)}
.stroke{fill:currentColor;fill-opacity:.75}
.when .lane{font-size:13px;fill:var(--ink)}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.4rem;margin:.8rem 0 0;font-size:.86rem;
 color:var(--soft)}
.pick{display:flex;flex-wrap:wrap;gap:.5rem 1.6rem;margin:0 0 1rem;font-size:.9rem;border:0;padding:0}
.pick fieldset,.themes{border:0;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.2rem .9rem;align-items:center}
.pick legend,.themes legend{float:left;color:var(--soft);margin-right:.7rem;padding:0}
.pick input,.themes input{accent-color:var(--link);margin:0 .3rem 0 0;vertical-align:-.1em}
@supports not selector(:has(a)){.pick,.themes{display:none}}
details.type{background:var(--card);border:1px solid var(--line);border-radius:8px;margin:0 0 1rem;overflow:hidden}
details.type>summary{padding:.7rem 1rem;cursor:pointer}
summary h3{display:inline}
details.type>summary span{color:var(--soft);margin-left:.5rem}
details.type .note{padding:0 1rem .7rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;font-weight:650;padding:0 0 .35rem}
.cap{font-size:.9rem;font-weight:650;padding:0 0 .35rem;margin:1.6rem 0 0}
summary .cap{display:inline;margin:0}
th,td{text-align:left;padding:.34rem .7rem .34rem 0;
 border-bottom:1px solid var(--line);vertical-align:top;font-weight:400}
thead th{color:var(--soft);font-size:.82rem;font-weight:500;white-space:nowrap}
.num,.list td{white-space:nowrap}
table:not(.list) .num{text-align:right}
.list th:first-child,.list td:first-child{padding-left:1rem}
.list tbody th a{font-weight:700;display:inline-block;min-width:1.6rem}
.list td b,.who b{font-weight:600}
.list tr:target{background:var(--warn)}
.list td i,.who i{font:normal .86em ui-monospace,"SF Mono",Menlo,Consolas,"Noto Sans Mono","DejaVu Sans Mono",monospace;
 color:var(--soft)}
.list td:last-child::before,.level::before{content:"";display:inline-block;width:3.2rem;height:.45rem;
 margin-right:.5rem;border:1px solid var(--soft);border-radius:3px;
 background:linear-gradient(90deg,var(--soft) var(--c,0%),transparent 0)}
.list .chip{margin-left:.4rem}
details.rest>summary{padding:.6rem 1rem;color:var(--link);cursor:pointer}
.over td,.over th{color:var(--soft)}
.level{white-space:nowrap}
.rod{display:inline-block;width:3.2rem;height:.45rem;border:1px solid var(--soft);border-radius:3px;overflow:hidden;
 flex:none}
.rod i{display:block;height:100%;background:var(--soft)}
.chip{display:inline-block;border:1px solid currentColor;border-radius:1rem;padding:0 .55rem;font-size:.78rem;
 font-weight:600;color:var(--soft)}
.chip.marking{background:var(--mark-bg);color:var(--mark-ink);border-color:transparent}
.cards{display:grid;grid-template-columns:minmax(0,1fr);gap:1.2rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:1rem 1.2rem;
 content-visibility:auto;
 contain-intrinsic-size:auto 560px}
.card:target{border-color:var(--link);box-shadow:0 0 0 2px var(--link)}
.card header{display:flex;flex-wrap:wrap;gap:.3rem .7rem;align-items:center;margin-bottom:.8rem}
.card .no{font-weight:700;font-size:1.15rem;min-width:1.4rem}
.card h4{flex:1 1 16rem}
.card .who{font-weight:400;margin-left:.5rem}
.chips{display:inline-flex;flex-wrap:wrap;gap:.3rem .6rem;align-items:center;font-size:.9rem}
.two{display:grid;grid-template-columns:minmax(0,380px) minmax(0,1fr);gap:1.4rem}
.pictures svg{display:block;width:100%;height:auto;border-radius:6px}
.pictures figcaption{font-size:.78rem;margin:.35rem 0 .2rem;line-height:1.4}
.mini{border:1px solid var(--line)}
.mini .tick text,.plot .tick text,.mini .bar text{font-size:10px}
.plot .tick text{stroke:none}
.sum{font-size:1.06rem;line-height:1.45;margin-bottom:.8rem;text-wrap:pretty;overflow-wrap:anywhere}
.way0{color:inherit}.way1{color:var(--ink)}
.before,.after,.during,.speed{fill:none;stroke:currentColor;stroke-linecap:round;stroke-linejoin:round;
 vector-effect:non-scaling-stroke}
.before{stroke-width:1.2}.after{stroke-width:1.6;
 stroke-dasharray:.1 3.6}.during{stroke-width:2.6}.speed{stroke-width:1.3}
.letter{font-weight:700;fill:var(--ink)!important;paint-order:stroke;stroke:var(--sea);stroke-width:3px}
.start{fill:currentColor;stroke:var(--halo);stroke-width:1.5}
.end{fill:var(--halo);stroke:currentColor;stroke-width:2.4}
.span{fill:currentColor;fill-opacity:.13}.axis{stroke:var(--line);fill:none}
.card dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(11.5rem,1fr));gap:.45rem 1.2rem;
 margin-bottom:1rem;font-size:.9rem}
dt{color:var(--soft);font-size:.8rem}
dd .pos{font-size:.88em;white-space:nowrap}
.tests{margin-bottom:1rem}
.tests td,.tests thead th:not(:first-child){width:1%;white-space:nowrap}
.tests :is(th,td):last-child{padding-left:1.2rem}
.rel{text-align:center!important;padding-left:0;width:1.6rem}
.held{color:var(--held);white-space:nowrap}.failed{color:var(--failed);white-space:nowrap;font-weight:600}
.reading{display:grid;grid-template-columns:repeat(auto-fit,minmax(14rem,1fr));gap:.6rem 1.4rem;font-size:.9rem}
.reading ul{padding-left:1.1rem}
.card footer{border-top:1px solid var(--line);margin-top:1rem;padding-top:.7rem;font-size:.86rem}
.card footer dl{margin-bottom:.5rem;font-size:.86rem;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr))}
.card details{margin:.2rem 0 .6rem}
.card summary{cursor:pointer;color:var(--link)}
.card .wide{grid-column:span 2}
.pairs dt{overflow-wrap:anywhere}
.back{font-size:.82rem}
.cite{color:var(--soft)}.cite code{color:var(--ink);user-select:all}
.side{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr));gap:1.6rem 2.4rem;
 margin-top:1.6rem;align-items:start}
.plain{padding-left:1.1rem}
.box{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:1.1rem 1.2rem}
.hash{font-size:.74rem;color:var(--soft)}
.tight{margin-top:.6rem}
.box>*+*{margin-top:1.5rem}.box>.cap:first-child{margin-top:0}.box .cap+*{margin-top:0}
.box>details .cap{margin:0}
.total td,.total th{font-weight:650}
.part{width:4rem}
details>summary{cursor:pointer}
.end-note{color:var(--soft);font-size:.86rem;margin-top:2.4rem}
@media (min-width:1720px){.page{width:1640px}.cards{grid-template-columns:repeat(2,minmax(0,1fr))}
 .two{grid-template-columns:minmax(0,340px) minmax(0,1fr)}}
@media (max-width:820px){.maps>:not(.main){grid-column:1/-1}
 html{font-size:14px}.two{grid-template-columns:minmax(0,1fr)}.banner{padding:.38rem 1rem}
 .banner.marked::before,.banner.marked::after{width:.8rem}.page{width:min(100% - 1.2rem,1240px)}}
"""

_PRINT: Final = """
@page{margin:12mm}
@media print{
html{font-size:9.6px;background:#fff}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{display:table;width:100%}
.banner,.banner.marked{display:table-header-group;position:static;break-inside:avoid;background:none}
.banner.marked::before,.banner.marked::after{display:none}
.banner>span{display:block;padding:1.5mm 3mm;margin-bottom:4mm;text-align:center;background:var(--plain-bg)}
.banner.marked>span{background:var(--mark-bg);border:2px solid var(--mark-ink)}
.foot-mark{display:table-footer-group;break-inside:avoid;text-align:center;font-weight:700}
.foot-mark>span{display:block;padding-top:3mm}
.page{width:100%;padding:0}
.pick,.themes,.skip,.back{display:none}
.card{content-visibility:visible;break-inside:avoid;border-color:#999}
tr,figure,.tiles li{break-inside:avoid}
.scroll{overflow:visible}.map.main .chart,.when .chart{min-width:0}
h2,h3,caption{break-after:avoid}
.card details{display:none}
.two{grid-template-columns:minmax(0,250px) minmax(0,1fr);gap:5mm}
.cards{display:block}.card{margin-bottom:5mm}
details::details-content{content-visibility:visible;block-size:auto}
}
"""


def _tokens(night: int) -> str:
    return ";".join(f"--{name}:{values[night]}" for name, values in TOKENS.items())


def style_sheet() -> str:
    """The whole style sheet of the page."""
    kinds = [*(k.key for k in KINDS), "other"]
    colours = "".join(f".c-{k}{{color:var(--{k})}}" for k in kinds)
    gone = "".join(f"body:has(#f-{k.key}:not(:checked)) .t-{k.key}{{display:none}}" for k in KINDS)
    gone += "".join(f"body:has(#l-{w}:not(:checked)) .l-{w}{{display:none}}" for w in LEVEL_WORDS)
    day, night = _tokens(0), _tokens(1)
    themes = (
        f":root{{color-scheme:light;{day}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{color-scheme:dark;{night}}}}}"
        f"@media screen{{:root:has(#t-day:checked){{color-scheme:light;{day}}}"
        f":root:has(#t-night:checked){{color-scheme:dark;{night}}}}}"
    )
    return themes + _BASE.replace("FONTS", _CJK) + colours + f"@media screen{{{gone}}}" + _PRINT
