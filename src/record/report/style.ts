import type { Markup } from './markup.ts';

/** One page for the screen and for paper. */
export const STYLE: Markup = {
  markup: `
:root{--ink:#17212b;--soft:#5a6673;--line:#dde3e9;--ground:#f5f7f9;--paper:#fff;--accent:#2c1266;--find:#c2410c;--warn:#8a5a00;--warn-soft:#fff6e0;--bad:#a4161a;--bad-soft:#fdecec}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1120px;margin:0 auto;padding:36px 28px 64px}
.eyebrow{margin:0;color:var(--soft);font-size:13px}
h1{margin:4px 0 10px;font-size:32px;line-height:1.2;letter-spacing:-.015em;text-wrap:balance}
h2{margin:0 0 14px;font-size:19px;letter-spacing:-.005em}
h3{margin:22px 0 8px;font-size:14px;color:var(--soft);font-weight:600}
p{margin:0 0 10px}
.lede{max-width:86ch;margin-bottom:22px}
.lede p:first-child{font-size:17px}
.notice{padding:10px 14px;border-radius:8px;border:1px solid #ecd9a8;background:var(--warn-soft);color:#5c3d00;margin-bottom:14px}
.notice.bad{border-color:#f0bcbc;background:var(--bad-soft);color:var(--bad)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(165px,1fr));border:1px solid var(--line);border-radius:12px;background:var(--paper);margin:0 0 26px;overflow:hidden}
.figures div{padding:14px 18px;box-shadow:-1px -1px 0 var(--line)}
.figures dt{color:var(--soft);font-size:13px;order:2}
.figures dd{margin:0;text-align:left;font-size:23px;font-weight:650;letter-spacing:-.01em;white-space:nowrap}
.figures div{display:flex;flex-direction:column}
section{background:var(--paper);border:1px solid var(--line);border-radius:12px;padding:22px 24px 24px;margin:0 0 20px}
.finds{display:grid;grid-template-columns:repeat(auto-fill,minmax(236px,1fr));gap:20px;list-style:none;margin:0;padding:0}
.finds li{break-inside:avoid;min-width:0}
.micrograph{display:block;width:100%;height:auto;border-radius:8px;background:#0b1118}
.micrograph text{font-family:system-ui,sans-serif;font-weight:600}
.missing{display:grid;place-items:center;aspect-ratio:4/3;border-radius:8px;background:#e8ecf0;color:var(--soft);font-size:13px;text-align:center;padding:12px}
.finds h3{display:flex;align-items:center;gap:8px;margin:10px 0 6px;color:var(--ink);font-size:15px}
.number{display:inline-grid;place-items:center;min-width:22px;height:22px;padding:0 5px;border-radius:11px;background:var(--find);color:#fff;font-size:12px;font-weight:700}
.sure{margin-left:auto;font-weight:650}
.meter{height:4px;border-radius:2px;background:#e8e5f2;overflow:hidden;margin-bottom:8px}
.meter i{display:block;height:100%;background:var(--accent)}
dl{margin:0}
dl div{display:flex;gap:12px;justify-content:space-between;padding:3px 0}
dt{color:var(--soft);flex:none}
dd{margin:0;text-align:right;min-width:0;overflow-wrap:anywhere}
.finds dl{font-size:13.5px}
.finds dl div{padding:1px 0}
.wide dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(310px,1fr));gap:0 44px}
.wide dl div{border-bottom:1px solid #eef1f4;padding:5px 0}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(310px,1fr));gap:8px 44px;align-items:start}
.columns dl div{border-bottom:1px solid #eef1f4;padding:5px 0}
figure{margin:0;min-width:0}
figure+figure{margin-top:22px}
.maps{display:grid;grid-template-columns:repeat(auto-fit,minmax(320px,1fr));gap:26px;align-items:start}
.maps figure{margin:0}
figure>svg{display:block;width:100%;height:auto;overflow:visible}
.map>svg{max-height:560px}
svg image{image-rendering:pixelated}
.micrograph image{image-rendering:auto}
figcaption{margin-top:8px;color:var(--soft);font-size:13.5px}
figcaption b{color:var(--ink);font-weight:600}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;margin:8px 0 0;font-size:12.5px;color:var(--soft)}
.legend span{display:inline-flex;align-items:center;gap:6px}
.legend i{width:13px;height:13px;border-radius:3px;box-shadow:inset 0 0 0 1px rgba(23,33,43,.14)}
.legend .line{height:0;border-radius:0;box-shadow:none;border-top:1.5px solid #17212b}
.tick{font-size:11px;fill:#5a6673}
.axis{stroke:#98a3af;stroke-width:1}
.rule{stroke:#e6eaee;stroke-width:1}
.edge{fill:none;stroke:#98a3af}
.region{fill:none;stroke:#17212b;stroke-width:1.3}
.keep-out{fill:#b3261e;fill-opacity:.1;fill-rule:evenodd;stroke:#b3261e;stroke-width:1.2;stroke-dasharray:5 3}
.legend i.region{box-shadow:none;border:1.3px solid #17212b;background:none}
.legend i.keep-out{box-shadow:none;border:1.2px dashed #b3261e;background:rgba(179,38,30,.1)}
.path{fill:none;stroke:#17212b;stroke-width:.9;stroke-opacity:.55;stroke-linejoin:round}
.marker circle{fill:var(--find);stroke:#fff;stroke-width:1.6}
.marker text{fill:#fff;font-size:10px;font-weight:700;text-anchor:middle}
.found{fill:none;stroke:var(--find);stroke-width:2.2}
.dot{fill:var(--find);stroke:#fff;stroke-width:1.5}
.missed{fill:none;stroke:#7c8896;stroke-width:1.6;stroke-dasharray:5 3}
.series{font-size:12.5px;fill:#3a4653}
.survey{fill:#8fb0cf}
.inspect{fill:#6b4fb8;fill-opacity:.75}
.confirm{fill:var(--find)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{padding:6px 10px;text-align:right;border-bottom:1px solid #eef1f4;white-space:nowrap;font-weight:400}
th:first-child{white-space:normal}
tr>:first-child{text-align:left;padding-left:0}
thead th{color:var(--soft);font-size:12.5px;border-bottom-color:var(--line);vertical-align:bottom}
tbody th{font-weight:500}
tfoot th,tfoot td{border-bottom:0;font-weight:650}
.faults{margin:0 0 10px;padding-left:18px}
.note{color:var(--soft);font-size:13.5px;margin:14px 0 0;max-width:86ch}
code{font:12.5px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
footer{color:var(--soft);font-size:13px;padding:4px 2px}
@media (max-width:620px){main{padding:22px 14px 40px}section{padding:18px 16px}h1{font-size:25px}}
@media print{
@page{margin:14mm 12mm}
body{background:#fff;font-size:10.5pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{max-width:none;padding:0}
section{border:0;border-top:1px solid var(--line);border-radius:0;padding:14px 0 6px;margin:0}
.figures{border-radius:0;grid-template-columns:repeat(5,1fr)}
.figures div{padding:8px 10px}
.figures dd{font-size:15pt}
.finds{grid-template-columns:repeat(3,1fr);gap:14px}
.maps{grid-template-columns:1fr 1fr}
figure,.columns>div,tr{break-inside:avoid}
h2{break-after:avoid}
table{font-size:9.5pt}th,td{padding:4px 6px}
}`,
};
