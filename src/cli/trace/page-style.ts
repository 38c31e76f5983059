// The style of the page that html.ts writes.
import { colours, darkColours } from './svg.js'

export const style = `:root{${colours};color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{${darkColours}}}
*{box-sizing:border-box}
html,body{height:100%;margin:0}
body{display:flex;flex-direction:column;background:var(--back);color:var(--ink);font:14px system-ui,sans-serif}
header{display:flex;flex-wrap:wrap;gap:6px 18px;align-items:center;padding:8px 12px;border-bottom:1px solid var(--line)}
h1{font-size:15px;margin:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;max-width:60ch}
header p{margin:4px 0}
input[type=search]{width:14em;font:inherit;color:inherit;background:var(--back);border:1px solid var(--faint);border-radius:4px;padding:2px 6px}
main{flex:1;display:flex;min-height:0}
#ladder{flex:1;overflow:auto;position:relative;outline-offset:-2px}
#ladder:focus-visible{outline:2px solid var(--bytes)}
#names{min-width:100%;position:sticky;top:0;height:42px;background:var(--back);border-bottom:1px solid var(--line);z-index:1}
#names span{position:absolute;top:4px;font-weight:bold;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
#names small{display:block;font-weight:normal;color:var(--faint)}
#space{position:relative}
#picture{position:absolute;left:0;top:0;overflow:visible}
#picture text,pre,code{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
#picture text{fill:var(--ink);paint-order:stroke;stroke:var(--back);stroke-width:4px;stroke-linejoin:round;white-space:pre}
#picture .time{fill:var(--faint);text-anchor:end}
#picture .lane{stroke:var(--line);stroke-width:2}
#picture .wait{stroke:var(--wait);stroke-width:6;stroke-linecap:round}
#picture circle{fill:var(--ink)}
#picture .bad,#picture text.bad{fill:var(--bad)}
#picture text.state,#picture .state{fill:var(--state);font-weight:bold}
#picture .bytes,#picture .connection,#picture .end{stroke:var(--bytes);stroke-width:1.5}
#picture .connection{stroke:var(--state)}
#picture .end{stroke:var(--faint);stroke-dasharray:5 3}
#picture text.label{fill:var(--bytes);text-anchor:middle}
#picture [role=option]{cursor:pointer}
#picture .chosen rect{fill:var(--bytes);fill-opacity:.18}
#picture .found rect{fill:var(--wait);fill-opacity:.25}
#picture rect{fill:transparent}
#details{width:min(46ch,45%);overflow:auto;border-left:1px solid var(--line);padding:8px 14px}
#details h2{font:bold 14px ui-monospace,monospace;overflow-wrap:anywhere;margin:6px 0}
#details dl{display:grid;grid-template-columns:auto 1fr;gap:3px 10px;margin:8px 0}
#details dt{color:var(--faint)}
#details dd{margin:0;overflow-wrap:anywhere}
#details pre{overflow:auto;background:color-mix(in srgb,var(--line) 35%,transparent);padding:6px;border-radius:4px}
button{font:inherit;color:var(--bytes);background:none;border:1px solid var(--line);border-radius:4px;cursor:pointer}
kbd{border:1px solid var(--faint);border-radius:3px;padding:0 4px}
@media (max-width:700px){main{flex-direction:column}#details{width:auto;max-height:55%;border-left:0;border-top:1px solid var(--line)}h1{max-width:100%}}`
