const light =
  '--paper:#fdfdfb;--wash:#f4f4f1;--ink:#15171c;--ink-2:#454a55;--ink-3:#636975;--edge:#858a95;--rule:#e3e3df;--s1:#2a57c4;--s2:#b65a0b;--s3:#0f7d72;--s4:#4d2270;--s0:#7a7f8a;--good:#0b6b5d;--warn:#8a6200;--bad:#a3142e';
const dark =
  '--paper:#111317;--wash:#181b20;--ink:#ebedf0;--ink-2:#b8bdc7;--ink-3:#969ca8;--edge:#6c727e;--rule:#2a2e35;--s1:#86a9ff;--s2:#ec9a57;--s3:#4bbfae;--s4:#f0e39a;--s0:#8b919d;--good:#5cc9b4;--warn:#e3b25f;--bad:#ff8d7c';

const font = '"Inter",system-ui,sans-serif';

const base = `
:root{color-scheme:light;${light}}
@media (prefers-color-scheme:dark){:root{color-scheme:dark;${dark}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:400 14px/20px ${font};font-variant-numeric:tabular-nums;overflow-wrap:break-word}
h1,h2,h3,h4,p,ul,ol,dl,dd,figure{margin:0;padding:0}
ul,ol{list-style:none}
h1{font-size:34px;line-height:40px;font-weight:600;letter-spacing:-.024em;text-wrap:balance}
h2{font-size:18px;line-height:24px;font-weight:600;letter-spacing:-.012em;text-wrap:balance}
h3,h4{font-size:14px;line-height:20px;font-weight:600}
p{text-wrap:pretty}
b,strong{font-weight:600}
code{font-family:ui-monospace,monospace;font-size:.93em;overflow-wrap:anywhere}
pre{margin:4px 0 0;white-space:pre-wrap;background:var(--wash);border-radius:6px;padding:12px 16px;font:13px/20px ui-monospace,monospace;overflow-wrap:anywhere}
a{color:inherit;text-decoration:underline 1px var(--edge);text-underline-offset:3px}
a:hover{text-decoration-color:currentColor}
a.bare{text-decoration:none}
a.bare:hover{text-decoration:underline 1px var(--edge)}
:focus-visible{outline:2px solid var(--s1);outline-offset:2px;border-radius:2px}
.wrap{max-width:1200px;margin:0 auto;padding:0 24px}
.hide{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:24px;top:-60px}
.skip:focus{top:8px;z-index:2;background:var(--paper);padding:8px 12px}
.s{font-size:12px;line-height:16px}
.m{color:var(--ink-2)}.f{color:var(--ink-3)}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}
.right{text-align:right}.whole{white-space:nowrap}
.kick{font-size:12px;line-height:16px;font-weight:500;letter-spacing:0;color:var(--ink-3);margin-bottom:12px}
svg{display:block;max-width:100%;overflow:visible}
svg text{font:400 12px ${font};fill:var(--ink-3);font-variant-numeric:tabular-nums}
svg .k2{fill:var(--ink-2)}svg .b{font-weight:600}
svg .halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.panel svg .halo{stroke:var(--wash)}
svg.narrow{display:none}
table{border-collapse:collapse;width:100%}
th{text-align:left;vertical-align:bottom;font-weight:500;font-size:12px;line-height:16px;color:var(--ink-3);padding:0 16px 8px 0}
td,tbody th{vertical-align:top;padding:10px 16px 10px 0;border-top:1px solid var(--rule)}
tbody th{font:600 14px/20px ${font};color:var(--ink)}
th:last-child,td:last-child{padding-right:0}
th.right,td.right{text-align:right}
summary{cursor:pointer;list-style:none;display:inline-flex;align-items:center;gap:7px;min-height:24px;font-size:12px;line-height:16px;color:var(--ink-3)}
summary::-webkit-details-marker{display:none}
summary::before{content:"";width:5px;height:5px;margin:0 1px;border:solid;border-width:0 1.5px 1.5px 0;transform:rotate(-45deg)}
[open]>summary::before{transform:translateY(-1px) rotate(45deg)}
summary:hover,[open]>summary{color:var(--ink)}
.tag i{display:inline-block;width:10px;height:10px;margin-right:5px;vertical-align:-1px;outline:1px solid var(--edge);outline-offset:-1px;background:repeating-linear-gradient(135deg,var(--ink-3) 0 1px,transparent 1px 3.5px)}
`;

const frame = `
.top{border-bottom:1px solid var(--rule)}
.top .wrap{display:flex;align-items:center;gap:0 32px;min-height:56px}
.brand{display:flex;align-items:center;gap:10px;font-weight:600;font-size:15px;letter-spacing:-.01em;text-decoration:none}
.top li a{display:block;padding:18px 0 16px;margin-bottom:-1px;border-bottom:2px solid transparent;color:var(--ink-2);text-decoration:none}
.top li a:hover{color:var(--ink)}
.top li a[aria-current]{color:var(--ink);font-weight:500;border-color:var(--ink)}
.top nav.across ul{display:flex;gap:22px}
.top .org{margin-left:auto;color:var(--ink-3)}
.menu,.folded{display:none}
.filters{border-bottom:1px solid var(--rule)}
.filters form{display:flex;flex-wrap:wrap;align-items:center;gap:8px 10px;padding-top:10px;padding-bottom:10px}
.filters label{display:flex;align-items:center;gap:6px;font-size:12px;color:var(--ink-3)}
.filters .own{display:none}
.filters .own.shown,.filters form:has(option[value=own]:checked) .own{display:flex}
select,input,button{font:500 13px/18px ${font};color:var(--ink);background:var(--paper);border:1px solid var(--edge);border-radius:6px;padding:5px 10px;min-height:30px;max-width:100%}
input{width:140px}input[name=as_of]{width:72px}input[name=as_of]:not(:placeholder-shown){width:108px}select[name=tz]{width:124px}select[name=team],select[name=service]{width:110px}
select{appearance:none;max-width:220px;padding-right:26px;background:var(--paper) linear-gradient(45deg,transparent 50%,var(--ink-3) 50%) right 14px center/4px 4px no-repeat;background-image:linear-gradient(45deg,transparent 50%,var(--ink-3) 50%),linear-gradient(-45deg,transparent 50%,var(--ink-3) 50%);background-position:right 14px center,right 10px center}
::placeholder{color:var(--ink);opacity:1}
button{background:var(--ink);color:var(--paper);border-color:var(--ink);padding-inline:14px}
.banner{border-bottom:1px solid var(--rule);padding:10px 0;color:var(--warn);font-weight:500}
.lead{display:grid;grid-template-columns:minmax(0,1fr) 440px;gap:32px 72px;padding:48px 0 56px}
.lead.alone{grid-template-columns:minmax(0,820px)}
.lede{margin-top:16px;max-width:62ch;font-size:15px;line-height:24px;color:var(--ink-2)}
.decide li{display:grid;grid-template-columns:20px 1fr;padding:12px 0;border-top:1px solid var(--rule);color:var(--ink-2)}
.decide li:last-child{padding-bottom:0}
.decide li>span:first-child{color:var(--ink-3)}.decide b{color:var(--ink)}
.part{display:grid;grid-template-columns:256px minmax(0,1fr);gap:24px 48px;padding:20px 0 64px;border-top:1px solid var(--ink)}
.says>*+*{margin-top:12px}.says p{color:var(--ink-2)}.says b{color:var(--ink)}.says p.f{color:var(--ink-3)}
.says .big{font-size:24px;line-height:32px;font-weight:600;letter-spacing:-.018em;color:var(--ink)}
.foot{display:flex;flex-wrap:wrap;gap:4px 24px;padding:20px 0 40px;border-top:1px solid var(--rule);font-size:12px;line-height:18px;color:var(--ink-3)}
.foot span:last-child{margin-left:auto}
figcaption{margin-bottom:12px}figcaption .s{display:block;color:var(--ink-3)}
.panel{background:var(--wash);border-radius:6px;padding:20px 24px 24px;margin:8px 0 4px;font-size:13px}
.panel dl{display:grid;grid-template-columns:88px minmax(0,1fr);gap:6px 16px}
.panel dt{color:var(--ink-3)}.panel dd{color:var(--ink-2)}
.panel td,.panel tbody th{padding-top:6px;padding-bottom:6px;font-size:13px}
.panel details{margin-top:12px}
.duo{display:grid;grid-template-columns:minmax(0,1fr) 340px;gap:20px 40px;align-items:start}
.duo>.span{grid-column:1/-1}
`;

const screens = `
@media screen and (max-width:1180px){.part{grid-template-columns:minmax(0,1fr)}.says{max-width:64ch}}
@media screen and (max-width:1080px){.lead{grid-template-columns:minmax(0,1fr)}.top nav.across,.top .org{display:none}.top .wrap{flex-wrap:wrap}.menu{display:block;margin-left:auto}.menu summary{min-height:44px;font-size:14px;color:var(--ink)}.menu[open]{flex:1 0 100%}.menu[open] summary{float:right}.menu ul{clear:both;columns:2;padding-bottom:16px}.top .menu li a{padding:12px 0;border:0}}
@media screen and (max-width:860px){svg.wide-only{display:none}svg.narrow{display:block;width:100%;height:auto;max-width:460px}}
@media screen and (max-width:760px){.duo{grid-template-columns:minmax(0,1fr)}.stack thead{display:none}.stack tr{display:block;border-top:1px solid var(--rule);padding:10px 0}.stack td,.stack tbody th{display:block;border:0;padding:0}.stack td.right{text-align:left}.stack td[data-l]::before{content:attr(data-l) " ";color:var(--ink-3)}}
@media screen and (max-width:640px){.wrap{padding:0 16px}h1{font-size:24px;line-height:30px}.lead{padding:28px 0 40px}.part{padding-bottom:48px}.filters .unfolded{display:none}.folded{display:block}.folded summary{width:100%;min-height:44px;font-size:13px;color:var(--ink-2)}.folded input,.folded select{width:100%!important}.filters .folded form{gap:8px 12px;padding:0 0 16px}.folded label,.folded button{flex:1 1 calc(50% - 6px);min-width:0}.folded label{flex-direction:column;align-items:stretch;gap:4px}.folded button{align-self:flex-end}select,input{width:100%;max-width:none}select,input,button{min-height:44px}.panel{margin-inline:-16px;border-radius:0;padding:16px}.panel dl{grid-template-columns:minmax(0,1fr);gap:0}.panel dd{margin-bottom:8px}.foot span:last-child{margin-left:0}summary{min-height:32px}}
@media print{@page{size:A4;margin:14mm}:root{color-scheme:light;${light};--paper:#fff;--wash:#fff}body{font-size:9.5pt;line-height:13pt}.wrap{max-width:none;padding:0}.across,.menu,.filters,.skip,details:not([open]){display:none!important}.lead,.part{grid-template-columns:minmax(0,1fr);gap:12pt;padding:14pt 0}.lead.alone{grid-template-columns:minmax(0,1fr)}.part{border:0;padding-top:0}.says{max-width:none;padding-top:10pt;border-top:1px solid var(--ink);break-inside:avoid}.duo{grid-template-columns:minmax(0,1fr) 250px;gap:12pt 16pt}h1{font-size:18pt;line-height:22pt}.panel{border:1px solid var(--rule)}tr,figure,.key:not(:has([open])),.decide li,.promise{break-inside:avoid}h2,h3,h4,.says,figcaption,thead,.heads,.factor{break-after:avoid}a{text-decoration:none}}
`;

/** The style sheet of every page: tokens, type, frame and screens (pages.md §1, §2, §9). A page adds its own rules to it. */
export function styleSheet(own: string): string {
  return (base + frame + own + screens).replace(/\n/g, '');
}

/** Hatch patterns that charts refer to: `ht` provisional, `hb` overspent, `h1` out of range. */
export const patterns = [
  ['ht', 'edge', 1.6],
  ['hb', 'bad', 2.4],
  ['h1', 's1', 2],
]
  .map(
    ([id, colour, width]) =>
      `<pattern id="${id}" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V4" stroke="var(--${colour})" stroke-width="${width}"/></pattern>`,
  )
  .join('');
