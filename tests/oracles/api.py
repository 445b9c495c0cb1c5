"""Runs schemathesis over every operation of a running server and prints a line that counts.

Usage: api.py URL SCHEMATHESIS EXAMPLES. The run signs up a company of its own and acts with an API key that holds every right,
so each operation is reached. A failure is a status of 500 or above, or an answer that the description does not know.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
import uuid
import xml.etree.ElementTree as ElementTree

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
SEED = "7"


def call(url, path, body=None, cookie=None):
    headers = {"content-type": "application/json", "origin": url, "x-switchyard-csrf": "1"}
    if cookie:
        headers["cookie"] = cookie
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url + path, data=data, headers=headers)) as answer:
        set_cookie = (answer.headers.get("set-cookie") or "").split(";")[0]
        return json.loads(answer.read() or "null"), set_cookie


def api_key(url):
    name = "oracle-" + uuid.uuid4().hex[:10]
    session, cookie = call(url, "/api/v1/sign-up", {
        "tenant_name": name, "slug": name, "country": "VN", "currency": "VND", "time_zone": "Asia/Ho_Chi_Minh", "locale": "en",
        "name": "Oracle", "email": name + "@example.com", "password": "correct horse battery",
    })
    key, _ = call(url, "/api/v1/api-keys", {"name": "oracle", "scopes": session["rights"]}, cookie)
    return key["secret"]


def main():
    url, schemathesis, examples = sys.argv[1:4]
    schemathesis = os.path.abspath(schemathesis)
    secret = api_key(url)
    # It leaves a cache where it runs.
    folder = tempfile.mkdtemp()
    report = os.path.join(folder, "junit.xml")
    run = subprocess.run([
        schemathesis, "run", url + "/openapi.json", "--url", url, "--header", "Authorization: Bearer " + secret,
        "--checks", CHECKS, "--max-examples", examples, "--seed", SEED, "--phases", "examples,coverage,fuzzing", "--workers", "2",
        # What never ends, or ends the session of the run itself.
        "--exclude-path-regex", "/orders/events$|/oidc/",
        "--generation-database", "none", "--suppress-health-check", "all", "--no-color",
        "--report", "junit", "--report-junit-path", report,
    ], cwd=folder)
    suite = ElementTree.parse(report).getroot()
    cases = list(suite.iter("testcase"))
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    for case in failed:
        print("failed:", case.get("name"))
    if run.returncode != 0 and not failed:
        print("schemathesis ended with", run.returncode)
        print(f"{len(cases)} passed, 1 failed")
        return 1
    print(f"{len(cases) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
