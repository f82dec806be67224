/** The report's looks: one column, system fonts, numbers of equal width; on paper A4 without links. */
export const STYLE = `
:root{color-scheme:light;--ink:#1d1d1f;--soft:#55565a;--rule:#d9d9de;--accent:#00528a}
*{box-sizing:border-box}
html{font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;color:var(--ink);background:#fff}
body{margin:0 auto;max-width:66rem;padding:1.5rem 1.25rem 4rem}
h1{font-size:2rem;line-height:1.2;margin:.5rem 0}
h2{font-size:1.4rem;line-height:1.25;margin:3rem 0 .75rem;padding-top:.75rem;border-top:2px solid var(--ink)}
h3{font-size:1.02rem;margin:1.75rem 0 .5rem}
p,ul,ol,dl{margin:.6rem 0;max-width:46rem}
li{margin:.25rem 0}
a{color:var(--accent)}
a:focus-visible,.scroll:focus-visible{outline:3px solid #e69f00;outline-offset:2px}
.lead{font-size:1.05rem;color:var(--soft)}
.lead-list li{font-size:1.08rem;margin:.5rem 0}
.none{color:var(--soft);font-style:italic}
nav ol{columns:2;column-gap:2rem;padding-left:1.4rem}
figure{margin:1.5rem 0}
figcaption{color:var(--soft);max-width:46rem;margin-top:.4rem}
.csv{font-size:.85rem;white-space:nowrap}
svg{max-width:100%;height:auto;display:block}
.many{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,17rem),1fr));gap:.75rem 1.25rem}
.many.wide{grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr))}
.many h4{font-size:.9rem;font-weight:600;margin:0}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.92rem}
table.small{font-size:.82rem}
table.small th,table.small td{padding:.22rem .4rem}
table.matrix{font-size:.74rem}
table.matrix th,table.matrix td{padding:.15rem .26rem}
table.matrix tbody th{white-space:nowrap}
th,td{padding:.28rem .6rem;border-bottom:1px solid var(--rule);text-align:left;vertical-align:top}
thead th{border-bottom:1.5px solid var(--ink);vertical-align:bottom;font-weight:600}
tbody th{font-weight:500}
.n{text-align:right}
td.n{white-space:nowrap}
.muted{color:var(--soft)}
.key{display:inline-block;width:.75em;height:.75em;margin-right:.45em;border-radius:2px}
.person{border-left:4px solid var(--rule);padding:.1rem 0 .1rem 1rem;margin:1.25rem 0}
.person h3{margin:.2rem 0}
dt{font-weight:600;margin-top:.6rem}
dd{margin:0}
code{font:.9em ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
pre{background:#f5f5f7;padding:.75rem 1rem;white-space:pre-wrap}
footer{margin-top:3rem;border-top:1px solid var(--rule);color:var(--soft);font-size:.9rem}
.vh{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;background:#fff;padding:.5rem}
@page{size:A4;margin:16mm 15mm}
@media print{
html{font-size:10pt}
body{max-width:none;padding:0}
h2{margin-top:1.6rem}
h2,h3,h4{break-after:avoid}
figure,.person,tr{break-inside:avoid}
svg{max-height:115mm;width:auto}
.many{grid-template-columns:repeat(3,1fr);gap:.4rem .8rem}
.many.wide{grid-template-columns:repeat(2,1fr)}
.scroll{overflow:visible}
table.small{font-size:7.5pt}
table.matrix{font-size:6.2pt}
th,td{padding:.15rem .35rem}
.csv,.skip{display:none}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
}
`
