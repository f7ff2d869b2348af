"""An S3 server in memory, with the bucket of compose.yaml."""

import os
import threading
import urllib.request

from moto.server import ThreadedMotoServer

ThreadedMotoServer(ip_address="0.0.0.0", port=8333, verbose=False).start()
bucket = f"http://127.0.0.1:8333/{os.environ['S3_BUCKET']}"
urllib.request.urlopen(urllib.request.Request(bucket, method="PUT"))
threading.Event().wait()
