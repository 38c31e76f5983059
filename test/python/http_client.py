"""Requests METHOD PATH and prints the status, the headers and the body as JSON, a line for each request."""

import http.client
import json
import sys

port, *requests = sys.argv[1:]
for request in requests:
    method, path = request.split(' ')
    connection = http.client.HTTPConnection('localhost', int(port), timeout=10)
    connection.request(method, path)
    response = connection.getresponse()
    headers = {name.lower(): value for name, value in response.getheaders()}
    print(json.dumps({'status': response.status, 'headers': headers, 'body': response.read().decode()}))
