"""A correct receiver in Flask: `python correct_flask.py SECRET` prints its port and serves."""

import hashlib
import hmac
import json
import logging
import sys
from threading import Lock

from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

SECRET = sys.argv[1].encode()
app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 500_000
done: set[tuple[str, str]] = set()
lock = Lock()


@app.post("/hook")
def hook() -> Response:
    """Verify a delivery, and let it have its effect once."""
    body = request.get_data()
    expected = hmac.new(SECRET, body, hashlib.sha256).hexdigest().encode()
    given = request.headers.get("X-Content-Integration-Signature", "").encode("latin-1")
    if not hmac.compare_digest(expected, given):
        return Response(status=401)
    try:
        job_id = json.loads(body)["jobId"]
    except (ValueError, TypeError, KeyError):
        return Response(status=400)
    event = request.headers.get("X-Content-Integration-Event", "")
    if event in {"content.completed", "content.failed"}:
        with lock:
            done.add((str(job_id), event))
    return Response("ok")


@app.get("/count")
def count() -> Response:
    """Say how many effects there were."""
    return jsonify(len(done))


if __name__ == "__main__":
    logging.getLogger("werkzeug").disabled = True
    server = make_server("127.0.0.1", 0, app, threaded=True)
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    server.serve_forever()
