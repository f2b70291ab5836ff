"""Local Azure as a program that also writes down the bodies of what Resource Manager is asked and answers, one JSON document a line.

Run: python recorder.py STATE_FOLDER RECORD_FILE. Local Azure itself keeps no bodies.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import uvloop

from local_azure import pipeline, server
from local_azure.http import Reply


def main() -> None:
    walk = pipeline.walk

    def recording(passage: pipeline.Passage) -> Reply:
        reply, call = walk(passage), passage.call
        if call.host == "management.azure.com":
            row = {"method": call.method, "path": call.path, "version": call.query.get("api-version", ""), "status": reply.status}
            record.write(json.dumps({**row, "sent": json.loads(call.body) if call.body else None, "answer": reply.body}) + "\n")
        return reply

    pipeline.walk = recording
    with open(sys.argv[2], "a", buffering=1, encoding="utf-8") as record:
        uvloop.run(server.serve(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
