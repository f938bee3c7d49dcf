/** Rules of the overview beside the common ones: the rows of the keys, the table of teams, the facts. */
export const overviewCss = `
.heads,.key{display:grid;grid-template-columns:minmax(0,1fr) 172px 192px 188px;gap:0 16px}
.heads{padding-bottom:8px;font-size:12px;line-height:16px;font-weight:500;color:var(--ink-3)}
.factor{padding:28px 0 8px;font-size:12px;line-height:16px;font-weight:500;color:var(--ink-3)}
.factor.said{display:none}
.key{grid-template-rows:auto 1fr;padding:14px 0 8px;border-top:1px solid var(--rule)}
.key .s{display:block;color:var(--ink-3)}
.key .what{grid-area:1/1}.key .why{grid-area:2/1}.key .why[open]{grid-area:3/1/4/-1}
.key .fig{grid-area:1/2/3/3}.key .than{grid-area:1/3/3/4;line-height:24px}.key .spark{grid-area:1/4/3/5;align-self:start;margin-top:-2px}
.fig .v{font-size:20px;line-height:24px;font-weight:600;letter-spacing:-.014em}
.fig .v a{text-decoration:none}.fig .v a:hover{text-decoration:underline 1px var(--edge)}
.fig .v small{font-size:13px;font-weight:500;letter-spacing:0}
.fig .grey,.grey{color:var(--ink-3)}
.grey::before{content:"";display:inline-block;width:7px;height:7px;margin-right:6px;border:1.5px solid var(--ink-3);border-radius:50%;vertical-align:.12em}
.spark{color:var(--ink-3);font-size:12px;line-height:16px}
.spark span{display:block;margin-top:1px}
.teams{table-layout:fixed}
.teams td,.teams tbody th{padding:12px 14px 12px 0}
.teams th:first-child{width:15%}
.teams .v{display:block;font-weight:600;text-decoration:none}.teams a.v:hover{text-decoration:underline 1px var(--edge)}
.teams .s{display:block;color:var(--ink-3)}
.teams .s.good{color:var(--good)}.teams .s.bad{color:var(--bad)}
.teams svg{margin:6px 0 2px;width:120px;height:36px}
.teams .than{min-height:16px}
.facts th{width:280px;font-weight:400!important}.facts td:nth-child(2){width:104px;font-weight:600;white-space:nowrap}
.weeks{width:auto;min-width:min(480px,100%)}.weeks td,.weeks th,.rows .right,.rows td:last-child{white-space:nowrap}.weeks td:first-of-type{font-weight:600}.why details table{margin-top:8px}.weeks tbody th{font-weight:400}
.rows td{overflow-wrap:anywhere}
@media screen and (max-width:900px){.heads{display:none}.factor.said{display:block;padding-top:0}.key{grid-template-columns:minmax(0,1fr) minmax(0,1fr);grid-template-rows:none;gap:6px 16px}.key .what{grid-area:1/1/2/-1}.key .fig{grid-area:2/1}.key .than{grid-area:2/2}.key .spark{grid-area:3/1/4/-1;margin-top:4px}.key .why,.key .why[open]{grid-area:4/1/5/-1}.key .spark svg{width:100%;max-width:380px;height:auto}.key path{vector-effect:non-scaling-stroke}}
@media screen and (max-width:760px){.teams th:first-child{width:auto}.teams tr{display:grid!important;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:14px 16px}.teams tbody th{grid-column:1/-1}.teams td[data-l]::before{display:block;font-size:12px;line-height:16px}.facts tr{display:grid!important;grid-template-columns:minmax(0,1fr) auto;gap:2px 16px}.facts th{width:auto}.facts td:nth-child(2){width:auto}.facts td:nth-child(3){grid-column:1/-1}}
@media print{.heads,.key{grid-template-columns:minmax(0,1fr) 130px 150px 150px;gap:0 12px}.key{padding:8pt 0 4pt}.teams .s{font-size:8pt;line-height:10pt}}
`;
