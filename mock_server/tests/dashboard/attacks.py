"""Twenty things that a page of another origin may try; each is JavaScript with `TARGET`, the mock's address, in it."""

_NO_CORS = "await fetch(TARGET + '/__admin%s', {method: 'POST', mode: 'no-cors', body: '%s'})"
_JSON = """await fetch(TARGET + '/__admin%s', {
    method: '%s', headers: {'Content-Type': 'application/json'}, credentials: 'include', body: '%s'})"""

_FORM = """
const form = document.createElement('form'); form.method = 'post'; form.target = 'hidden'; %s
const frame = document.createElement('iframe'); frame.name = 'hidden';
document.body.append(frame, form); form.submit();
await new Promise(done => { frame.onload = done; setTimeout(done, 2000) });
"""

_FRAME = """
const frame = document.createElement('iframe'); frame.src = TARGET + '/__admin/ui/jobs';
document.body.append(frame); await new Promise(done => { frame.onload = done; setTimeout(done, 2000) });
"""

ATTACKS = {
    "reset by text/plain": _NO_CORS % ("/reset", "{}"),
    "reset without a body": "await fetch(TARGET + '/__admin/reset', {method: 'POST', mode: 'no-cors'})",
    "reset all by JSON": _JSON % ("/reset", "POST", '{"all": true}'),
    "reset with keepalive": """
        await fetch(TARGET + '/__admin/reset', {method: 'POST', mode: 'no-cors', keepalive: true})""",
    "clock by PUT": _JSON % ("/clock", "PUT", '{"action": "resume"}'),
    "job by POST": _NO_CORS % ("/jobs/JOB/transition", '{"to": "failed"}'),
    "job by JSON": _JSON % ("/jobs/JOB/transition", "POST", '{"to": "failed"}'),
    "session by POST": _NO_CORS % ("/sessions", '{"id": "evil"}'),
    "session by DELETE": "await fetch(TARGET + '/__admin/sessions/kept', {method: 'DELETE'})",
    "journal by DELETE": "await fetch(TARGET + '/__admin/requests', {method: 'DELETE', credentials: 'include'})",
    "fault by XHR": """
        const x = new XMLHttpRequest(); x.open('POST', TARGET + '/__admin/faults'); x.withCredentials = true;
        x.setRequestHeader('Content-Type', 'application/json'); x.send('{"fault": "INTERNAL_ERROR"}');
        await new Promise(done => { x.onloadend = done })""",
    "trigger by beacon": """
        navigator.sendBeacon(TARGET + '/__admin/webhooks/trigger', '{"event": "content.failed"}')""",
    "beacon of JSON": """
        navigator.sendBeacon(TARGET + '/__admin/reset', new Blob(['{}'], {type: 'application/json'}))""",
    "form": _FORM % "form.action = TARGET + '/__admin/reset';",
    "form of text/plain": _FORM
    % """
        form.action = TARGET + '/__admin/sessions'; form.enctype = 'text/plain';
        const field = document.createElement('input'); field.name = '{"id": "evil", "x'; field.value = '": 1}';
        form.append(field);""",
    "form with a method in it": _FORM
    % """
        form.action = TARGET + '/__admin/behaviours/job.body?_method=PUT';
        const field = document.createElement('input'); field.name = 'value'; field.value = 'nested';
        form.append(field);""",
    "picture": """
        const image = new Image(); image.src = TARGET + '/__admin/reset?all=true';
        await new Promise(done => { image.onerror = image.onload = done })""",
    "script": """
        const script = document.createElement('script'); script.src = TARGET + '/__admin/sessions';
        document.body.append(script); await new Promise(done => { script.onerror = script.onload = done })""",
    "frame": f"{_FRAME} frame.contentWindow.document.querySelector('.act').click()",
    "window": """
        const other = window.open(TARGET + '/__admin/ui/jobs'); await new Promise(done => setTimeout(done, 500));
        other.document.querySelector('.act').click()""",
}
